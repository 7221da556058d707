//! The review as one HTML page that needs nothing else: no script, no picture, no address.
use std::fmt::Write as _;

use crate::domain::{
    age::Day,
    rx::review::{Figures, Rate, Report, Reviewed},
};

/// What stands in the page's head beside the figures.
#[derive(Clone, Debug, Default)]
pub struct Heading {
    pub clinic: String,
    pub made_on: Option<Day>,
    pub knowledge: String,
}

const STYLE: &str = "body{font:15px/1.6 system-ui,'Noto Sans SC','Microsoft YaHei',sans-serif;max-width:60em;margin:2em auto;padding:0 1em;color:#222}\
table{border-collapse:collapse;width:100%;margin:.6em 0 1.4em}th,td{border:1px solid #bbb;padding:.25em .6em;text-align:left;vertical-align:top}\
th{background:#f1f1f1}td.n{text-align:right}.stop{color:#a00;font-weight:bold}.warn{color:#850}.muted{color:#666}\
@media print{body{margin:0;max-width:none}tr{break-inside:avoid}}";

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

fn percent(rate: Rate) -> String {
    let (low, high) = rate.interval();
    format!(
        "{:.1}%（{}/{}；95%区间 {:.1}–{:.1}%）",
        rate.share() * 100.0,
        rate.part,
        rate.whole,
        low * 100.0,
        high * 100.0
    )
}

fn days(report: &Report) -> String {
    let text = |day: Option<Day>| day.map(|d| d.to_string()).unwrap_or_default();
    match (report.from, report.to) {
        (None, None) => "未注明日期".to_owned(),
        (from, to) => format!("{} 至 {}", text(from), text(to)),
    }
}

pub fn html(report: &Report, heading: &Heading) -> String {
    let mut out = String::new();
    let _begun = write!(
        out,
        "<!doctype html>\n<html lang=\"zh-CN\"><head><meta charset=\"utf-8\"><title>处方点评</title><style>{STYLE}</style></head><body>\n\
         <h1>处方点评</h1><p>{} · {} · 知识库 {}{}</p>\n",
        escaped(&heading.clinic),
        escaped(&days(report)),
        escaped(&heading.knowledge),
        heading.made_on.map(|d| format!(" · 制表 {d}")).unwrap_or_default(),
    );
    out.push_str(
        "<p class=\"muted\">由程序按今天的规则重新核对，供药师点评；规则为试用，结论由点评人定。列入“不合理”的是有“警”或“禁”的处方，只有“提”的另计。</p>\n",
    );
    rates(&mut out, &report.all);
    codes(&mut out, report);
    doctors(&mut out, report);
    out.push_str("<h2>列出的处方</h2>\n");
    if report.flagged.is_empty() {
        out.push_str("<p>没有。</p>\n");
    }
    for one in &report.flagged {
        sheet(&mut out, one);
    }
    out.push_str("</body></html>\n");
    out
}

/// Name and figure of each rate, as page and terminal show them.
pub fn rates_of(all: &Figures) -> Vec<(&'static str, String)> {
    vec![
        ("处方数", all.sheets.to_string()),
        ("不合理处方率（有警或禁）", percent(Rate::of(all.flagged, all.sheets))),
        ("其中有禁", percent(Rate::of(all.stopped, all.sheets))),
        ("抗菌药物使用率", percent(Rate::of(all.antibacterial, all.sheets))),
        ("注射剂使用率", percent(Rate::of(all.injection, all.sheets))),
        ("基本药物占用药品种", percent(Rate::of(all.essential, all.drugs))),
        ("平均用药品种数", format!("{:.2}", all.drugs_a_sheet())),
        ("知识库不认识的品种（未核对）", percent(Rate::of(all.unknown, all.drugs))),
    ]
}

fn rates(out: &mut String, all: &Figures) {
    out.push_str("<h2>总表</h2>\n<table>");
    for (name, figure) in rates_of(all) {
        let _row = write!(out, "<tr><th>{name}</th><td>{figure}</td></tr>");
    }
    out.push_str("</table>\n<p class=\"muted\">平均金额没有计算：程序没有价格。</p>\n");
}

fn codes(out: &mut String, report: &Report) {
    out.push_str("<h2>按28项编码</h2>\n<table><tr><th>编码</th><th>项目</th><th>处方（警、禁）</th><th>只有提示</th></tr>");
    for count in &report.codes {
        let (loud, reminders) = if count.code.is_judged() {
            (count.sheets.to_string(), count.reminders.to_string())
        } else {
            ("程序不判".to_owned(), count.code.why_not.to_owned())
        };
        let _row = write!(
            out,
            "<tr><td>{}</td><td>{}</td><td class=\"n\">{loud}</td><td class=\"n\">{reminders}</td></tr>",
            count.code.id, count.code.zh
        );
    }
    out.push_str("</table>\n");
}

fn doctors(out: &mut String, report: &Report) {
    out.push_str("<h2>按医师</h2>\n<table><tr><th>医师</th><th>处方</th><th>不合理</th><th>有禁</th><th>抗菌药物</th><th>注射剂</th><th>品种数</th></tr>");
    for (name, f) in &report.doctors {
        let share =
            |part: usize| format!("{part}（{:.1}%）", Rate::of(part, f.sheets).share() * 100.0);
        let _row = write!(
            out,
            "<tr><td>{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{:.2}</td></tr>",
            escaped(if name.is_empty() { "（未注明）" } else { name }),
            f.sheets,
            share(f.flagged),
            share(f.stopped),
            share(f.antibacterial),
            share(f.injection),
            f.drugs_a_sheet()
        );
    }
    out.push_str("</table>\n");
}

fn sheet(out: &mut String, one: &Reviewed) {
    let day = one.sheet.day.map(|d| d.to_string()).unwrap_or_default();
    let _head = write!(
        out,
        "<h3>{} <span class=\"muted\">{day} {}</span></h3><ol>",
        escaped(&one.sheet.id),
        escaped(&one.sheet.doctor)
    );
    for line in &one.sheet.lines {
        let _line = write!(out, "<li>{}</li>", escaped(line));
    }
    out.push_str("</ol><ul>");
    for finding in &one.findings {
        let class = finding.tier.id();
        let answered = match finding.second.as_str() {
            "" if finding.answered => "（开方时已写理由）".to_owned(),
            "" => String::new(),
            second => format!("（双签 {}）", escaped(second)),
        };
        let _finding = write!(
            out,
            "<li class=\"{class}\">〔{}〕{} {}{answered}</li>",
            finding.tier.zh(),
            escaped(&finding.code),
            escaped(&finding.message)
        );
    }
    out.push_str("</ul>\n");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        catalog::formulary::Tier,
        rx::review::{Finding, Sheet, Traits, report},
    };

    #[test]
    fn what_was_typed_is_text_and_never_markup() {
        let one = Reviewed {
            sheet: Sheet {
                id: "<script>".to_owned(),
                doctor: "王\"&".to_owned(),
                lines: vec!["<b>".to_owned()],
                ..Sheet::default()
            },
            traits: Traits::default(),
            findings: vec![Finding {
                code: "2-5".to_owned(),
                tier: Tier::Warn,
                rule: String::new(),
                message: "<img>".to_owned(),
                answered: true,
                second: String::new(),
            }],
        };
        let page = html(&report((None, None), &[one]), &Heading::default());
        assert!(!page.contains("<script") && !page.contains("<b>") && !page.contains("<img"));
        assert!(page.contains("&lt;script&gt;") && page.contains("王&quot;&amp;"));
        assert!(!page.contains("http"), "needs nothing from elsewhere");
    }
}
