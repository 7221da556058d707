//! Values as people write them: `150/95`, `"7.2 mmol/L"`, 有/无, codes of the form.
use serde_json::Value;

use crate::domain::age::{Day, half_width};
use crate::domain::catalog::follow_up::plain;

/// Numbers of one place; a glucose waits for its kind.
#[derive(Default)]
pub(super) struct Numbers {
    set: Vec<(String, f64)>,
    glucose: Option<f64>,
    kind: Option<&'static str>,
}

impl Numbers {
    pub fn set(&mut self, id: &str, value: f64) {
        self.set.push((id.to_owned(), value));
    }

    /// `"150/95"`, `[150, 95]`, `{"sbp":150,"dbp":95}`.
    pub fn pressure(&mut self, name: &str, value: &Value) -> Result<(), String> {
        let bad = || format!("{name} 写法不认识：{value}（写成 150/95）");
        let pair = match value {
            Value::Array(two) if two.len() == 2 => (two[0].as_f64(), two[1].as_f64()),
            Value::Object(two) => {
                let get = |names: [&str; 3]| {
                    names.into_iter().find_map(|n| two.get(n)).and_then(Value::as_f64)
                };
                (get(["sbp", "systolic", "收缩压"]), get(["dbp", "diastolic", "舒张压"]))
            }
            Value::String(text) => {
                let text: String = text.chars().map(half_width).collect();
                let (upper, lower) = text.split_once('/').ok_or_else(bad)?;
                (leading(upper), leading(lower))
            }
            _ => return Err(bad()),
        };
        let (Some(upper), Some(lower)) = pair else { return Err(bad()) };
        self.set("sbp", upper);
        self.set("dbp", lower);
        Ok(())
    }

    pub fn glucose(
        &mut self,
        name: &str,
        value: &Value,
        doubts: &mut Vec<String>,
    ) -> Result<(), String> {
        if let Value::Object(object) = value {
            for (key, value) in object {
                match key.as_str() {
                    "value" => self.glucose = number(name, value)?,
                    "kind" | "type" => self.glucose_kind(&word(value))?,
                    "unit" => doubts.push(format!("{name} 单位 {}：一律按 mmol/L 读", word(value))),
                    other => {
                        self.glucose_kind(other)?;
                        if let (Some(kind), Some(v)) = (self.kind.take(), number(name, value)?) {
                            self.set(kind, v);
                        }
                    }
                }
            }
            return Ok(());
        }
        self.glucose = number(name, value)?;
        Ok(())
    }

    pub fn glucose_kind(&mut self, text: &str) -> Result<(), String> {
        self.kind = Some(match plain(text).as_str() {
            "fasting" | "空腹" | "空腹血糖" | "fbg" | "fpg" | "餐前" => "fbg",
            "postprandial" | "postmeal" | "餐后" | "餐后2h" | "餐后2小时" | "2h" | "ppg"
            | "餐后血糖" | "postprandial2h" | "2hpp" => "ppg",
            "random" | "随机" | "随机血糖" | "rbg" | "其他" | "nonfasting" => {
                "random-glucose"
            }
            _ => {
                return Err(format!(
                    "血糖类型不认识：{text}（fasting 空腹 | postprandial 餐后 | random 随机）"
                ));
            }
        });
        Ok(())
    }

    /// All numbers; a glucose without its kind is taken for a fasting one, and that is said.
    pub fn settle(&mut self, doubts: &mut Vec<String>) -> Vec<(String, f64)> {
        if let Some(value) = self.glucose.take() {
            let kind = self.kind.unwrap_or_else(|| {
                doubts.push("血糖没有写类型，按空腹计".to_owned());
                "fbg"
            });
            self.set(kind, value);
        }
        std::mem::take(&mut self.set)
    }
}

fn leading(text: &str) -> Option<f64> {
    let text = text.trim().trim_start_matches(|c: char| !c.is_ascii_digit());
    let end = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
    text[..end].parse().ok()
}

/// A number, also as text with its unit; empty text is none.
pub(super) fn number(name: &str, value: &Value) -> Result<Option<f64>, String> {
    let bad = || format!("{name} 不是数：{value}");
    match value {
        Value::Number(n) => n.as_f64().map(Some).ok_or_else(bad),
        Value::String(text) => {
            let text: String = text.chars().map(half_width).collect();
            if text.trim().is_empty() || plain_is(&text, &["未测", "无", "-", "na", "n/a", "未查"])
            {
                return Ok(None);
            }
            leading(&text).map(Some).ok_or_else(bad)
        }
        Value::Object(object) => match object.get("value") {
            Some(inner) if !inner.is_object() => number(name, inner),
            _ => Err(bad()),
        },
        _ => Err(bad()),
    }
}

/// `20`, `"20+3"`, `"20周"` -> days.
pub(super) fn weeks(name: &str, value: &Value) -> Result<f64, String> {
    let text = word(value);
    let (weeks, days) = text.split_once('+').unwrap_or((&text, "0"));
    match (leading(weeks), leading(days)) {
        (Some(weeks), Some(days)) if (0.0..=45.0).contains(&weeks) => {
            Ok((weeks * 7.0).floor() + days)
        }
        _ => Err(format!("{name} 孕周不可能或写法不认识：{value}")),
    }
}

pub(super) fn day(name: &str, value: &Value) -> Result<Day, String> {
    let text = word(value);
    let date = text.split(['T', ' ']).next().unwrap_or(&text);
    let date = date.replace(['年', '月'], "-").replace('日', "");
    Day::parse(&date)
        .ok_or_else(|| format!("{name} 日期不存在或写法不认识：{text}（写成 2026-11-24）"))
}

pub(super) fn word(value: &Value) -> String {
    match value {
        Value::String(text) => text.trim().to_owned(),
        other => other.to_string(),
    }
}

/// One word or a list of words; an object gives the keys that hold.
pub(super) fn list(value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) => items.iter().flat_map(list).collect(),
        Value::Object(object) => match object.get("name").or_else(|| object.get("zh")) {
            Some(name) => vec![word(name)],
            None => object.iter().filter(|(_, v)| holds(v)).map(|(k, _)| k.clone()).collect(),
        },
        Value::String(text) => text
            .split(['、', '，', ',', ';', '；', '\n'])
            .map(str::trim)
            .filter(|t| !t.is_empty())
            .map(str::to_owned)
            .collect(),
        other => vec![word(other)],
    }
}

/// As [`list`]; `{"name":"头痛","severity":"剧烈"}` is 剧烈头痛.
pub(super) fn symptom_list(value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) => items.iter().flat_map(symptom_list).collect(),
        Value::Object(object) => {
            let severity = object.get("severity").map(word).unwrap_or_default();
            let severe = plain_is(&severity, &["severe", "剧烈", "重", "重度", "严重"]);
            let name = object.get("name").or_else(|| object.get("zh")).or_else(|| object.get("id"));
            match name.map(word) {
                Some(name) if severe => {
                    let latin = name.is_ascii();
                    vec![if latin { format!("severe {name}") } else { format!("剧烈{name}") }]
                }
                Some(name) => vec![name],
                None => list(value),
            }
        }
        // A phrase of several symptoms is taken apart by the vocabulary, which knows 头痛、头晕 as one box.
        Value::String(text) => vec![text.clone()],
        Value::Bool(_) => vec![],
        other => vec![word(other)],
    }
}

/// true, 有, yes, a code 2, or any words; not false, 无, no, 0, an empty list.
pub(super) fn holds(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(yes) => *yes,
        Value::Number(n) => n.as_f64().is_some_and(|n| n > 0.0),
        Value::String(text) => !denied(text),
        Value::Array(items) => items.iter().any(holds),
        Value::Object(object) => !object.is_empty(),
    }
}

/// The form's field: 1 none, 2 yes.
pub(super) fn adverse(value: &Value) -> bool {
    match value {
        Value::Number(n) => n.as_f64().is_some_and(|n| n > 1.0),
        Value::String(text) if text.trim() == "1" => false,
        other => holds(other),
    }
}

fn denied(text: &str) -> bool {
    const DENIALS: [&str; 15] = [
        "",
        "无",
        "没有",
        "否",
        "未见",
        "none",
        "no",
        "false",
        "0",
        "无明显",
        "未发生",
        "n",
        "未出现",
        "absent",
        "negative",
    ];
    plain_is(text, &DENIALS)
}

pub(super) fn plain_is(text: &str, words: &[&str]) -> bool {
    let text = plain(text);
    words.iter().any(|word| plain(word) == text)
}

pub(super) fn class(name: &str, value: &Value) -> Result<u8, String> {
    let text = word(value);
    let class = match text.trim() {
        "控制满意" | "满意" | "satisfied" | "controlled" => 1,
        "控制不满意" | "不满意" | "unsatisfied" | "uncontrolled" => 2,
        "不良反应" | "adr" => 3,
        "并发症" | "complication" => 4,
        other => leading(other).map_or(0, |n| n as u8),
    };
    if (1..=4).contains(&class) { Ok(class) } else { Err(format!("{name} 应为 1–4：{text}")) }
}

pub(super) fn adherence(value: &Value, signs: &mut Vec<String>, not_understood: &mut Vec<String>) {
    let text = word(value);
    let sign = match plain(&text).as_str() {
        "1" | "规律" | "规律服药" | "regular" | "good" | "良好" | "好" => {
            "adherence-regular"
        }
        "2" | "间断" | "间断服药" | "intermittent" | "interrupted" | "irregular" | "partial"
        | "差" | "poor" | "不规律" | "occasional" => "adherence-interrupted",
        "3" | "不服药" | "不服" | "none" | "never" | "未服药" | "notaking" | "nottaking" => {
            "adherence-none"
        }
        _ => {
            not_understood.push(text);
            return;
        }
    };
    signs.push("answered-adherence".to_owned());
    signs.push(sign.to_owned());
}

pub(super) fn hypoglycaemia(value: &Value, signs: &mut Vec<String>) {
    signs.push("answered-hypoglycaemia".to_owned());
    let sign = match plain(&word(value)).as_str() {
        "3" | "频繁" | "frequent" | "often" => "hypoglycaemia-frequent",
        "2" | "偶尔" | "rare" | "occasional" | "true" | "有" | "yes" => "hypoglycaemia-rare",
        _ => "hypoglycaemia-none",
    };
    signs.push(sign.to_owned());
}

pub(super) fn salt(value: &Value, signs: &mut Vec<String>) {
    let heavy = ["3", "重", "high", "heavy", "高", "高盐", "偏咸", "咸", "true"];
    if plain_is(&word(value), &heavy) {
        signs.push("salt-high".to_owned());
    }
}

/// An amount needs its unit: 2 may be liang or glasses.
pub(super) fn alcohol(value: &Value, numbers: &mut Numbers, not_understood: &mut Vec<String>) {
    let text = word(value);
    let lower = text.to_lowercase();
    match leading(&text) {
        Some(amount) if lower.contains("ml") || text.contains("毫升") => {
            numbers.set("liquor-ml", amount);
        }
        Some(amount) if text.contains('两') => numbers.set("liquor", amount),
        Some(amount) if amount > 0.0 => {
            not_understood.push(format!("饮酒 {text}：没有单位，未采用"));
        }
        _ => {}
    }
}

/// A list of diseases in the family, or just yes.
pub(super) fn family(value: &Value, signs: &mut Vec<String>) {
    let both = matches!(value, Value::Bool(true));
    let text = list(value).join(" ").to_lowercase();
    let denied = denied(&text) || text.starts_with('无') || text.starts_with("否认");
    for (sign, words) in [
        ("family-hypertension", ["高血压", "hypertension", "htn"]),
        ("family-diabetes", ["糖尿病", "diabetes", "dm"]),
    ] {
        if both || (!denied && words.iter().any(|word| text.contains(word))) {
            signs.push(sign.to_owned());
        }
    }
}
