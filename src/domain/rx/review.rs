//! 处方点评: the 28 codes of 医院处方点评管理规范, and a period's prescriptions counted by them, by doctor and by rates.
use std::collections::BTreeMap;

use super::{
    Checked, Prescription, infusion,
    name::RxIndex,
    order::Order,
    signa::{is_injection, is_local},
};
use crate::domain::{
    age::Day,
    catalog::{
        Catalog,
        formulary::{DrugKind, Tier},
    },
    visit::{AlertShown, AlertTier, SecondSignature},
};

/// One of the 28 codes, in own short words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code {
    pub id: &'static str,
    pub zh: &'static str,
    /// Why the program cannot find it in what a prescription holds; empty = it can. Never counted as none.
    pub why_not: &'static str,
}

impl Code {
    pub const fn is_judged(&self) -> bool {
        self.why_not.is_empty()
    }
}

const fn code(id: &'static str, zh: &'static str) -> Code {
    Code { id, zh, why_not: "" }
}

const fn unjudged(id: &'static str, zh: &'static str, why_not: &'static str) -> Code {
    Code { id, zh, why_not }
}

/// In the order of the rule: 1 不规范, 2 用药不适宜, 3 超常.
pub const CODES: [Code; 28] = [
    code("1-1", "前记、正文、后记缺项或书写不规范"),
    unjudged(
        "1-2",
        "医师签名、签章不规范或与留样不一致",
        "签名由登录口令代替，程序里每张都有；纸上的签章与留样要人比对",
    ),
    unjudged("1-3", "药师未做适宜性审核", "审核、调配、核对、发药签在纸上，程序没有这一步的记录"),
    code("1-4", "新生儿、婴幼儿未写日龄、月龄"),
    code("1-5", "西药、中成药与饮片未分别开方"),
    code("1-6", "未用药品规范名称"),
    code("1-7", "剂量、规格、数量、单位不规范或不清楚"),
    code("1-8", "用法用量用“遵医嘱”“自用”等含糊字句"),
    code("1-9", "修改未签名，或超剂量未注明原因并再次签名"),
    code("1-10", "未写临床诊断或书写不全"),
    code("1-11", "单张门急诊处方超过5种药"),
    code("1-12", "无特殊情况门诊超7日、急诊超3日用量，延长未注明理由"),
    code("1-13", "麻醉、精神、毒性等特殊管理药品未按规定"),
    code("1-14", "未按抗菌药物管理规定开具"),
    code("1-15", "饮片未按君臣佐使排列或未注明特殊煎煮"),
    code("2-1", "适应证不适宜"),
    code("2-2", "遴选的药品不适宜（有禁忌）"),
    code("2-3", "剂型或给药途径不适宜"),
    code("2-4", "无正当理由不首选国家基本药物"),
    code("2-5", "用法、用量不适宜"),
    code("2-6", "联合用药不适宜"),
    code("2-7", "重复给药"),
    code("2-8", "配伍禁忌或不良相互作用"),
    unjudged("2-9", "其他用药不适宜", "其余情形没有固定的判断标准"),
    code("3-1", "无适应证用药"),
    unjudged("3-2", "无正当理由开高价药", "高价没有法定的标准，程序也没有价格"),
    unjudged(
        "3-3",
        "无正当理由超说明书用药",
        "理由与知情同意写在病历里；超量、超年龄、超途径本身按2-2、2-3、2-5列出",
    ),
    code("3-4", "无正当理由开两种以上药理作用相同的药（三种起；两种按2-7计）"),
];

/// What a prescription is before it is checked again.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sheet {
    /// Sheet number, visit number or the id of the input.
    pub id: String,
    pub day: Option<Day>,
    pub doctor: String,
    pub lines: Vec<String>,
}

/// One alert of today's check, as a finding of the review.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    pub code: String,
    pub tier: Tier,
    pub rule: String,
    pub message: String,
    /// The doctor gave a reason when signing.
    pub answered: bool,
    /// Who signed a 禁 over when it was prescribed, when and why; empty = nobody.
    pub second: String,
}

/// What counts towards the rates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traits {
    /// Kinds of drugs, without carrier fluids and single herbs.
    pub drugs: usize,
    pub essential: usize,
    pub unknown: usize,
    pub antibacterial: bool,
    pub injection: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Reviewed {
    pub sheet: Sheet,
    pub traits: Traits,
    pub findings: Vec<Finding>,
}

impl Reviewed {
    /// 警 or 禁: the prescription is not rational as it stands.
    pub fn is_flagged(&self) -> bool {
        self.findings.iter().any(|f| f.tier >= Tier::Warn)
    }

    pub fn is_stopped(&self) -> bool {
        self.findings.iter().any(|f| f.tier == Tier::Stop)
    }
}

/// Today's answer for one prescription. What could not be checked is no finding against the doctor.
pub fn reviewed(
    sheet: Sheet,
    traits: Traits,
    checked: &Checked,
    answered: &[AlertShown],
) -> Reviewed {
    let findings = checked
        .alerts
        .iter()
        .filter(|a| a.category != "unchecked" && a.tier > Tier::Log)
        .map(|a| Finding {
            code: a.review_code.clone(),
            tier: a.tier,
            rule: a.rule.clone(),
            message: a.message.clone(),
            answered: answered
                .iter()
                .any(|s| s.rule == a.rule && s.tier >= AlertTier::Warn && s.answer.is_some()),
            second: answered
                .iter()
                .filter(|s| s.rule == a.rule)
                .find_map(|s| s.second.as_ref())
                .map(SecondSignature::words)
                .unwrap_or_default(),
        })
        .collect();
    Reviewed { sheet, traits, findings }
}

/// Kinds, essential drugs, antibacterials and injections of a prescription.
pub fn traits(catalog: &Catalog, index: &RxIndex, rx: &Prescription) -> Traits {
    let mut traits = Traits::default();
    for (n, item) in rx.items.iter().enumerate() {
        let order = Order::new(&catalog.formulary, index, Some(n), item);
        let herb = order.herb || order.drug.is_some_and(|d| d.kind == DrugKind::Herb);
        if herb || order.drug.is_some_and(|d| infusion::is_carrier(&d.id)) {
            continue;
        }
        traits.drugs += 1;
        traits.unknown += usize::from(order.drug.is_none());
        traits.essential += usize::from(order.drug.is_some_and(|d| d.essential));
        traits.antibacterial |= order.in_class("antibacterial") && !is_local(order.route);
        traits.injection |= is_injection(order.route);
    }
    traits
}

/// A share of a whole, with its 95 % Wilson interval.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rate {
    pub part: usize,
    pub whole: usize,
}

impl Rate {
    pub const fn of(part: usize, whole: usize) -> Self {
        Self { part, whole }
    }

    /// 0 to 1; 0 of nothing is 0.
    pub fn share(self) -> f64 {
        if self.whole == 0 { 0.0 } else { self.part as f64 / self.whole as f64 }
    }

    pub fn interval(self) -> (f64, f64) {
        const Z: f64 = 1.96;
        if self.whole == 0 {
            return (0.0, 1.0);
        }
        let (n, p) = (self.whole as f64, self.share());
        let middle = p + Z * Z / (2.0 * n);
        let half = Z * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
        let scale = 1.0 + Z * Z / n;
        (((middle - half) / scale).max(0.0), ((middle + half) / scale).min(1.0))
    }
}

/// One doctor's or the whole station's figures.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figures {
    pub sheets: usize,
    pub flagged: usize,
    pub stopped: usize,
    pub antibacterial: usize,
    pub injection: usize,
    pub drugs: usize,
    pub essential: usize,
    pub unknown: usize,
}

impl Figures {
    fn add(&mut self, one: &Reviewed) {
        self.sheets += 1;
        self.flagged += usize::from(one.is_flagged());
        self.stopped += usize::from(one.is_stopped());
        self.antibacterial += usize::from(one.traits.antibacterial);
        self.injection += usize::from(one.traits.injection);
        self.drugs += one.traits.drugs;
        self.essential += one.traits.essential;
        self.unknown += one.traits.unknown;
    }

    /// 平均品种数
    pub fn drugs_a_sheet(&self) -> f64 {
        if self.sheets == 0 { 0.0 } else { self.drugs as f64 / self.sheets as f64 }
    }
}

/// How often one code was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodeCount {
    pub code: Code,
    /// Prescriptions with a 警 or 禁 of this code.
    pub sheets: usize,
    /// Prescriptions with only a 提 of this code.
    pub reminders: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    pub from: Option<Day>,
    pub to: Option<Day>,
    pub all: Figures,
    pub codes: Vec<CodeCount>,
    pub doctors: Vec<(String, Figures)>,
    /// Prescriptions with a 警 or 禁, in their order.
    pub flagged: Vec<Reviewed>,
}

/// Counts a period.
pub fn report(days: (Option<Day>, Option<Day>), sheets: &[Reviewed]) -> Report {
    let mut all = Figures::default();
    let mut doctors: BTreeMap<&str, Figures> = BTreeMap::new();
    for one in sheets {
        all.add(one);
        doctors.entry(&one.sheet.doctor).or_default().add(one);
    }
    let codes = CODES
        .into_iter()
        .map(|code| {
            let worst = |r: &Reviewed| {
                r.findings.iter().filter(|f| f.code == code.id).map(|f| f.tier).max()
            };
            let tiers: Vec<Tier> = sheets.iter().filter_map(worst).collect();
            let loud = tiers.iter().filter(|t| **t >= Tier::Warn).count();
            CodeCount { code, sheets: loud, reminders: tiers.len() - loud }
        })
        .collect();
    let mut doctors: Vec<(String, Figures)> =
        doctors.into_iter().map(|(name, figures)| (name.to_owned(), figures)).collect();
    doctors.sort_by(|(a, x), (b, y)| y.sheets.cmp(&x.sheets).then_with(|| a.cmp(b)));
    Report {
        from: days.0,
        to: days.1,
        all,
        codes,
        doctors,
        flagged: sheets.iter().filter(|r| r.is_flagged()).cloned().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(doctor: &str, findings: &[(&str, Tier)]) -> Reviewed {
        Reviewed {
            sheet: Sheet { doctor: doctor.to_owned(), ..Sheet::default() },
            traits: Traits { drugs: 2, essential: 1, ..Traits::default() },
            findings: findings
                .iter()
                .map(|(code, tier)| Finding {
                    code: (*code).to_owned(),
                    tier: *tier,
                    rule: String::new(),
                    message: String::new(),
                    answered: false,
                    second: String::new(),
                })
                .collect(),
        }
    }

    #[test]
    fn a_sheet_counts_once_for_a_code_and_reminders_do_not_flag_it() {
        let sheets = [
            one("王", &[("2-5", Tier::Warn), ("2-5", Tier::Stop), ("1-12", Tier::Note)]),
            one("王", &[("2-5", Tier::Note)]),
            one("李", &[]),
        ];
        let report = report((None, None), &sheets);
        let of = |id: &str| report.codes.iter().find(|c| c.code.id == id).copied().unwrap();
        assert_eq!((of("2-5").sheets, of("2-5").reminders), (1, 1));
        assert_eq!((of("1-12").sheets, of("1-12").reminders), (0, 1));
        assert_eq!((report.all.sheets, report.all.flagged, report.all.stopped), (3, 1, 1));
        assert_eq!(report.flagged.len(), 1);
        assert_eq!(report.doctors[0].0, "王");
        assert!((report.all.drugs_a_sheet() - 2.0).abs() < 1e-9);
    }

    #[test]
    fn the_codes_are_the_twenty_eight_of_the_rule() {
        let of = |group: char| CODES.iter().filter(|c| c.id.starts_with(group)).count();
        assert_eq!((of('1'), of('2'), of('3')), (15, 9, 4));
    }

    #[test]
    fn intervals_are_wilsons() {
        let (low, high) = Rate::of(8, 100).interval();
        assert!((low - 0.0411).abs() < 0.001 && (high - 0.1500).abs() < 0.001, "{low} {high}");
        assert_eq!(Rate::of(0, 0).interval(), (0.0, 1.0));
    }
}
