//! Small readers shared by the compilers: the fenced head, sections, ages, amounts.
use serde::de::DeserializeOwned;

use super::{
    files::SourceFile,
    lint::{LintId, Lints},
};
use crate::domain::{
    age::Age,
    catalog::{condition::Section, formulary::Amount},
};

/// The TOML head of a Markdown entry, the line it starts on, and the prose below.
pub fn split_fence(text: &str) -> Option<(&str, usize, &str)> {
    let start = text.find("```toml")?;
    let head_at = start + text[start..].find('\n')? + 1;
    let end = head_at + text[head_at..].find("\n```")?;
    let prose_at = end + 4;
    let first_line = text[..head_at].lines().count();
    Some((&text[head_at..=end], first_line, text[prose_at..].trim_start_matches('\n')))
}

/// Parses TOML and turns its error into a lint with the right line.
pub fn parse<T: DeserializeOwned>(
    file: &SourceFile,
    head: &str,
    line_offset: usize,
    lints: &mut Lints,
) -> Option<T> {
    match toml::from_str(head) {
        Ok(value) => Some(value),
        Err(error) => {
            let line =
                error.span().map_or(1, |s| head[..s.start.min(head.len())].lines().count().max(1));
            lints.push(
                LintId::Syntax,
                &file.path,
                line + line_offset,
                error.message().replace('\n', " "),
                "对照 STYLE.md 改写法或删去多余的键",
            );
            None
        }
    }
}

/// Parses the fenced head of a Markdown entry.
pub fn parse_entry<'a, T: DeserializeOwned>(
    file: &'a SourceFile,
    lints: &mut Lints,
) -> Option<(T, &'a str)> {
    let Some((head, offset, prose)) = split_fence(&file.text) else {
        lints.push(
            LintId::Syntax,
            &file.path,
            1,
            "没有 ```toml 头".into(),
            "条目以 ```toml 块开头",
        );
        return None;
    };
    parse(file, head, offset, lints).map(|value| (value, prose))
}

/// `## 标题` sections of the prose.
pub fn sections(prose: &str) -> Vec<Section> {
    let mut found: Vec<Section> = vec![];
    for line in prose.lines() {
        if let Some(title) = line.strip_prefix("## ") {
            found.push(Section { title: title.trim().to_owned(), text: String::new() });
        } else if let Some(section) = found.last_mut()
            && (!section.text.is_empty() || !line.trim().is_empty())
        {
            section.text.push_str(line);
            section.text.push('\n');
        }
    }
    for section in &mut found {
        section.text = section.text.trim_end().to_owned();
    }
    found
}

/// `18岁` → days; empty → `None`.
pub fn age_days(text: &str) -> Result<Option<u32>, String> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    Age::parse(text).map(|a| Some(a.days())).ok_or_else(|| format!("年龄写法不认识：{text}"))
}

/// `3月-12岁`, `12岁-`, `-28天` → half-open days.
pub fn age_range(text: &str) -> Result<(u32, u32), String> {
    if text.trim().is_empty() {
        return Ok((0, u32::MAX));
    }
    let (from, to) =
        text.split_once('-').ok_or_else(|| format!("年龄段要写成 下限-上限：{text}"))?;
    let range = (age_days(from)?.unwrap_or(0), age_days(to)?.unwrap_or(u32::MAX));
    if range.0 >= range.1 {
        return Err(format!("年龄段上限不大于下限：{text}"));
    }
    Ok(range)
}

/// Units that a dose may be written in.
pub const DOSE_UNITS: &[&str] = &[
    "g", "mg", "ug", "ng", "IU", "万IU", "U", "万U", "ml", "L", "片", "粒", "袋", "滴", "支", "喷",
    "吸", "贴", "枚", "丸", "mmol", "mol", "cm", "瓶", "次", "kcal", "MBq", "J", "μg", "mEq", "块",
    "包", "颗", "揿", "张", "盒", "剂", "单位", "mg/m2", "ug/h", "条", "ppm", "%", "BU", "mCi",
    "Bq", "kBq", "剂量", "cp", "万CFU", "亿CFU", "AXaIU", "KIU",
];

/// `0.25-1 g`, `500 mg` → range in one unit; empty → `None`.
pub fn amount(text: &str) -> Result<Option<Amount>, String> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let bad = || format!("剂量写法不认识：{text}（应为 下限-上限 单位）");
    let split = text
        .find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '-' | '–' | '~' | ' ')))
        .ok_or_else(bad)?;
    let (numbers, unit) = text.split_at(split);
    let mut parts = numbers.trim().split(['-', '–', '~']).map(|n| n.trim().parse::<f64>());
    let min = parts.next().ok_or_else(bad)?.map_err(|_| bad())?;
    let max = match parts.next() {
        None => min,
        Some(n) => n.map_err(|_| bad())?,
    };
    let unit = unit.trim().replace("μg", "ug").replace("µg", "ug").replace("万单位", "万IU");
    let unit = unit.split('/').next().unwrap_or(&unit).to_owned();
    if min > max || min < 0.0 || !DOSE_UNITS.contains(&unit.as_str()) {
        return Err(bad());
    }
    Ok(Some(Amount { min, max, unit }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fenced_head_and_its_sections_come_apart() {
        let text = "```toml\nid = \"a\"\n```\n## 要点\n一句。\n\n## 处理\n二句。\n";
        let (head, line, prose) = split_fence(text).unwrap();
        assert_eq!((head, line), ("id = \"a\"\n", 1));
        let titles: Vec<_> = sections(prose).into_iter().map(|s| (s.title, s.text)).collect();
        assert_eq!(titles, [("要点".into(), "一句。".into()), ("处理".into(), "二句。".into())]);
    }

    #[track_caller]
    fn check(text: &str, want: Option<(f64, f64, &str)>) {
        let got = amount(text).ok().flatten().map(|a| (a.min, a.max, a.unit));
        assert_eq!(got, want.map(|(a, b, u)| (a, b, u.to_owned())), "{text}");
    }

    #[test]
    fn amounts_are_read_with_their_unit() {
        check("0.25-1 g", Some((0.25, 1.0, "g")));
        check("500 mg", Some((500.0, 500.0, "mg")));
        check("80-240万IU", Some((80.0, 240.0, "万IU")));
        check("1-2 片", Some((1.0, 2.0, "片")));
        check("1-2", None);
        check("3-2 g", None);
        check("1 匙", None);
    }

    #[test]
    fn age_ranges_are_half_open() {
        assert_eq!(age_range("3月-12岁"), Ok((91, 4383)));
        assert_eq!(age_range("12岁-"), Ok((4383, u32::MAX)));
        assert!(age_range("12岁-3岁").is_err());
    }
}
