//! A printed name with form, salt and strength taken off step by step, from most to least literal.
use super::super::units::half_width;

/// Words for forms; cut off the end of a name, longest first.
const FORMS: &[&str] = &[
    "注射用无菌粉末",
    "吸入用溶液",
    "外用溶液",
    "煎膏",
    "肠溶干混悬剂",
    "口服混悬液",
    "干粉吸入剂",
    "粉吸入剂",
    "吸入喷雾剂",
    "鼻用喷雾剂",
    "凝胶贴膏",
    "巴布膏",
    "口服乳剂",
    "滴鼻液",
    "涂膜剂",
    "口含片",
    "吸入粉雾剂",
    "吸入气雾剂",
    "雾化吸入溶液",
    "雾化混悬液",
    "吸入用混悬液",
    "吸入混悬液",
    "混悬滴剂",
    "阴道软胶囊",
    "阴道泡腾片",
    "双释放肠溶胶囊",
    "肠溶缓释片",
    "肠溶胶囊",
    "肠溶微丸",
    "缓释胶囊",
    "控释胶囊",
    "缓释微丸",
    "缓释颗粒",
    "缓释混悬液",
    "双层片",
    "软胶囊",
    "硬胶囊",
    "胶囊剂",
    "胶囊",
    "胶丸",
    "干混悬剂",
    "混悬液",
    "混悬剂",
    "口服乳",
    "口服溶液剂",
    "口服溶液",
    "口服液",
    "分散片",
    "咀嚼片",
    "泡腾片",
    "肠溶片",
    "控释片",
    "缓释片",
    "口崩片",
    "口腔崩解片",
    "舌下片",
    "含片",
    "薄膜衣片",
    "糖衣片",
    "阴道片",
    "泡腾颗粒",
    "颗粒剂",
    "颗粒",
    "冲剂",
    "散剂",
    "散",
    "丸",
    "滴丸",
    "蜜丸",
    "水丸",
    "大蜜丸",
    "小蜜丸",
    "浓缩丸",
    "水蜜丸",
    "注射用粉末",
    "注射用浓溶液",
    "小水针",
    "注射液",
    "注射剂",
    "粉针剂",
    "粉针",
    "冻干粉",
    "针剂",
    "针",
    "乳状注射液",
    "脂肪乳",
    "滴眼液",
    "滴眼剂",
    "眼用凝胶",
    "眼药水",
    "眼膏",
    "眼凝胶",
    "滴耳液",
    "滴耳剂",
    "滴鼻液",
    "滴鼻剂",
    "鼻喷雾剂",
    "喷鼻剂",
    "鼻喷剂",
    "喷雾剂",
    "气雾剂",
    "粉雾剂",
    "吸入剂",
    "雾化液",
    "雾化溶液",
    "吸入溶液",
    "乳膏剂",
    "乳膏",
    "软膏剂",
    "软膏",
    "凝胶剂",
    "凝胶",
    "乳胶剂",
    "搽剂",
    "洗剂",
    "酊剂",
    "酊",
    "贴剂",
    "贴膏",
    "贴片",
    "贴",
    "膏药",
    "橡胶膏",
    "透皮贴剂",
    "栓剂",
    "栓",
    "灌肠剂",
    "灌肠液",
    "涂剂",
    "溶液剂",
    "溶液",
    "糖浆剂",
    "糖浆",
    "滴剂",
    "合剂",
    "煎膏",
    "饮片",
    "片剂",
    "片",
    "输液",
    "霜",
    "胶浆",
    "膜剂",
    "口溶膜",
];

/// Salts before the base name that may be left away; `左旋` and such change the drug and are not here.
const DROP_SALTS: &[&str] = &[
    "注射用",
    "吸入用",
    "盐酸",
    "硫酸氢",
    "硫酸",
    "马来酸",
    "富马酸",
    "苯磺酸",
    "甲磺酸",
    "对甲苯磺酸",
    "枸橼酸",
    "柠檬酸",
    "重酒石酸",
    "酒石酸",
    "琥珀酸",
    "磷酸",
    "醋酸",
    "丙酸",
    "糠酸",
    "氢溴酸",
    "门冬氨酸",
    "乳酸",
];
const METALS: &[&str] = &["钠", "钾", "钙", "镁", "二钠", "精氨酸盐", "酯"];

/// Half width, lower case, no blanks, dots or hyphens between words.
pub fn plain_name(text: &str) -> String {
    text.chars()
        .map(half_width)
        .filter(|c| {
            !c.is_whitespace()
                && !matches!(c, '·' | '•' | '®' | '™' | '"' | '“' | '”' | '\'' | '-' | '－' | '—')
        })
        .flat_map(char::to_lowercase)
        .collect()
}

fn without_brackets(name: &str) -> String {
    let mut depth = 0;
    name.chars()
        .filter(|c| match c {
            '(' | '[' => {
                depth += 1;
                false
            }
            ')' | ']' => {
                depth = (depth - 1).max(0);
                false
            }
            _ => depth == 0,
        })
        .collect()
}

/// What stands in the first pair of brackets.
pub(super) fn in_brackets(name: &str) -> Option<&str> {
    let from = name.find('(')? + 1;
    let to = from + name[from..].find(')')?;
    (to > from).then(|| &name[from..to])
}

/// Cuts `0.25g×24片`, `10ml:1g`, `5%` at the end of a printed name; digits inside a name stay.
pub(super) fn without_strength(name: &str) -> &str {
    let mut end = name.len();
    for (at, c) in name.char_indices() {
        if !c.is_ascii_digit() || at == 0 {
            continue;
        }
        let before = name[..at].chars().next_back();
        if before.is_some_and(|b| b.is_ascii_alphanumeric() || b == '.') {
            continue;
        }
        let tail = &name[at..];
        let rest = tail.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
        let unit = ["mg", "ml", "ug", "μg", "g", "iu", "万", "%", "u", "片", "粒", "袋", "支", "l"];
        if unit.iter().any(|u| rest.starts_with(u)) {
            end = at;
            break;
        }
    }
    &name[..end]
}

/// The strength inside a printed name; empty when there is none.
pub(in crate::domain::rx) fn printed_strength(printed: &str) -> &str {
    let printed = printed.trim();
    if let Some((_, rest)) = super::super::units::number(printed)
        && let Some(sign) = rest.chars().next().filter(|c| matches!(c, '%' | '％'))
    {
        return &printed[..printed.len() - rest.len() + sign.len_utf8()];
    }
    let blank = printed.char_indices().skip(1).find(|(at, c)| {
        c.is_ascii_digit()
            && printed[..*at].ends_with(|b: char| b.is_whitespace() || matches!(b, '(' | '（'))
    });
    if let Some((at, _)) = blank {
        return &printed[at..];
    }
    let cut = without_strength(printed);
    &printed[cut.len()..]
}

fn without_leading_percent(name: &str) -> &str {
    match super::super::units::number(name) {
        Some((_, rest)) if rest.starts_with('%') => &rest[1..],
        _ => name,
    }
}

pub(super) fn without_form(name: &str) -> &str {
    let mut name = name;
    for _ in 0..3 {
        // 缓释片剂 is 缓释片.
        let open = name.strip_suffix('剂').unwrap_or(name);
        let longest =
            |text: &str| FORMS.iter().filter(|f| text.ends_with(**f)).map(|f| f.len()).max();
        let base = match (longest(name), longest(open)) {
            (Some(len), _) => &name[..name.len() - len],
            (None, Some(len)) => &open[..open.len() - len],
            (None, None) => break,
        };
        if base.chars().count() < 2 {
            break;
        }
        name = base;
    }
    name
}

fn without_salt(name: &str) -> &str {
    let mut name = name;
    for _ in 0..3 {
        let Some(rest) = DROP_SALTS
            .iter()
            .filter_map(|s| name.strip_prefix(s))
            .find(|rest| rest.chars().count() >= 2)
        else {
            break;
        };
        name = rest;
    }
    name
}

fn without_metal(name: &str) -> &str {
    METALS
        .iter()
        .filter_map(|m| name.strip_suffix(m))
        .find(|rest| rest.chars().count() >= 3)
        .unwrap_or(name)
}

/// The spellings of a name from most to least literal; the first that is known decides.
pub(super) fn ladder(name: &str) -> Vec<String> {
    let whole = plain_name(name);
    let open = without_brackets(&whole);
    // 精蛋白人胰岛素混合注射液(30R) is 精蛋白人胰岛素混合30R.
    let joined = match (whole.find('('), in_brackets(&whole)) {
        (Some(at), Some(inner)) => format!("{}{inner}", without_form(&whole[..at])),
        _ => String::new(),
    };
    let bare = without_strength(&open).to_owned();
    let bare = if bare.is_empty() { open.clone() } else { bare };
    let percent = without_leading_percent(&bare).to_owned();
    let formless = without_form(&percent).to_owned();
    let saltless = without_salt(&formless).to_owned();
    let metalless = without_metal(&saltless).to_owned();
    let kept_form_saltless = without_salt(&percent).to_owned();
    let metal_only = without_metal(&formless).to_owned();
    let injection = percent.strip_prefix("注射用").map(str::to_owned).unwrap_or_default();
    // 左氧氟沙星氯化钠注射液 is the drug in a ready bag.
    let bagged = ["氯化钠", "葡萄糖"]
        .iter()
        .find_map(|fluid| formless.strip_suffix(fluid))
        .filter(|base| base.chars().count() >= 3)
        .map(|base| without_salt(base).to_owned())
        .unwrap_or_default();
    let mut rungs: Vec<String> = vec![];
    for rung in [
        whole,
        joined,
        open,
        bare,
        percent,
        injection,
        kept_form_saltless,
        formless,
        metal_only,
        saltless,
        metalless,
        bagged,
    ] {
        if rung.chars().count() >= 2 && !rungs.contains(&rung) {
            rungs.push(rung);
        }
    }
    rungs
}

/// Where a base name may begin: at once, behind a percentage, behind salts.
pub(in crate::domain::rx) fn beginnings(plain: &str) -> Vec<usize> {
    let percent = plain.len() - without_leading_percent(plain).len();
    let mut starts = vec![0];
    let mut at = percent;
    if at > 0 {
        starts.push(at);
    }
    while let Some(salt) = DROP_SALTS.iter().find(|s| plain[at..].starts_with(**s)) {
        at += salt.len();
        starts.push(at);
    }
    starts
}

/// Ready bags: behind a name they are its form, not a solvent.
const BAGS: &[&str] = &["氯化钠注射液", "葡萄糖注射液"];

/// Bytes of salt endings, form words and a bracket that follow a name.
pub(in crate::domain::rx) fn skip_form(text: &str) -> usize {
    let mut at = 0;
    loop {
        let rest = &text[at..];
        let word = METALS
            .iter()
            .chain(FORMS)
            .chain(BAGS)
            .filter(|w| rest.starts_with(**w))
            .map(|w| w.len())
            .max();
        if let Some(len) = word {
            at += len;
            continue;
        }
        if rest.starts_with('(')
            && !rest.starts_with(|c: char| c.is_ascii_digit())
            && let Some(close) = rest.find(')')
        {
            let inner = &rest[1..close];
            if !inner.is_empty()
                && !inner.contains(|c: char| c.is_ascii_digit())
                && inner.chars().count() <= 8
                && !inner.contains("皮试")
            {
                at += close + 1;
                continue;
            }
        }
        return at;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn printed_names_lose_strength_form_and_salt_in_turn() {
        let rungs = ladder("盐酸氨溴索口服溶液（沐舒坦）100ml:0.6g");
        assert!(rungs.contains(&"氨溴索".to_owned()), "{rungs:?}");
        assert!(ladder("注射用头孢曲松钠").contains(&"头孢曲松".to_owned()));
        assert!(ladder("0.9%氯化钠注射液").contains(&"氯化钠".to_owned()));
        assert!(ladder("维生素B12片").contains(&"维生素b12".to_owned()));
        assert!(!ladder("维生素B12片").contains(&"维生素b".to_owned()));
        assert!(!ladder("氯化钠").contains(&"氯化".to_owned()));
    }
}
