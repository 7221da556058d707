//! What is known of the patient, worked out once for all checks: diagnoses with codes and negation, kidneys, pregnancy.
mod codes;

use super::{RxPatient, calc, name::RxIndex};
use crate::domain::age::{Age, Sex};
use codes::CHRONIC;
pub(super) use codes::diagnosis_names;

/// One diagnosis or history that holds.
#[derive(Clone, Debug, Default)]
pub(super) struct Illness {
    pub text: String,
    pub codes: Vec<String>,
}

#[derive(Debug)]
pub(super) struct Person<'a> {
    pub patient: &'a RxPatient,
    pub illnesses: Vec<Illness>,
    /// Allergy words, for `says` limits such as 阿司匹林哮喘.
    pub allergy_text: Vec<String>,
    /// ml/min, given or computed.
    pub egfr: Option<f64>,
    pub egfr_how: &'static str,
    /// 0, 1, 2.
    pub trimester: Option<usize>,
}

const NEGATIONS: &[&str] =
    &["否认", "无", "没有", "未见", "未发现", "未提示", "排除", "除外", "已除外", "不伴", "不考虑"];
/// Words that begin like a denial and are none.
const NOT_NEGATIONS: &[&str] =
    &["无痛", "无症状", "无排卵", "无精", "无力", "无黄疸", "无尿", "无脉", "无名"];
const RELATIVES: &[&str] =
    &["父", "母", "家族", "兄", "弟", "姐", "妹", "祖", "子女", "其子", "其女"];

/// In the family they forbid drugs to the patient too.
const HERITABLE: &[&str] = &["耳聋", "恶性高热", "长qt", "甲状腺髓样癌"];

fn plain(text: &str) -> String {
    text.chars()
        .map(super::units::half_width)
        .filter(|c| !c.is_whitespace())
        .flat_map(char::to_lowercase)
        .map(|c| match c {
            'Ⅰ' | 'ⅰ' => '1',
            'Ⅱ' | 'ⅱ' => '2',
            'Ⅲ' | 'ⅲ' => '3',
            'Ⅳ' | 'ⅳ' => '4',
            other => other,
        })
        .collect()
}

fn denied(part: &str) -> bool {
    NEGATIONS.iter().any(|n| part.starts_with(n))
        && !NOT_NEGATIONS.iter().any(|n| part.starts_with(n))
}

/// Clauses and enumerations of a history that hold: `否认高血压、糖尿病，有哮喘` gives 有哮喘.
fn holding_parts(text: &str) -> Vec<String> {
    let mut parts = vec![];
    for clause in text.split([',', ';', '；', '。', '\n', '，']) {
        let mut off = false;
        for part in clause.split(['、', '/']) {
            let part = part.trim();
            let key = plain(part);
            if part.is_empty() {
                continue;
            }
            off = off || denied(&key);
            let relative = RELATIVES.iter().any(|r| key.starts_with(r))
                && !HERITABLE.iter().any(|h| key.contains(h));
            let negative = key.ends_with("(-)") || key.ends_with("阴性") || key.ends_with("已排除");
            if !off && !negative && !relative {
                parts.push(part.to_owned());
            }
        }
    }
    parts
}

/// ICD-10 codes written out in a text: `J45.9`, `N18`.
fn written_codes(text: &str) -> Vec<String> {
    let bytes = text.as_bytes();
    let mut codes = vec![];
    for at in 0..bytes.len().saturating_sub(2) {
        let before_ok = at == 0 || !bytes[at - 1].is_ascii_alphanumeric();
        if before_ok
            && bytes[at].is_ascii_uppercase()
            && bytes[at + 1].is_ascii_digit()
            && bytes[at + 2].is_ascii_digit()
        {
            let mut end = at + 3;
            if bytes.get(end) == Some(&b'.') && bytes.get(end + 1).is_some_and(u8::is_ascii_digit) {
                end += 2;
                while bytes.get(end).is_some_and(u8::is_ascii_alphanumeric) {
                    end += 1;
                }
            } else if bytes.get(end).is_some_and(u8::is_ascii_alphanumeric) {
                continue;
            }
            codes.push(text[at..end].to_owned());
        }
    }
    codes
}

fn codes_of(index: &RxIndex, part: &str) -> Vec<String> {
    let mut codes = written_codes(part);
    let key = plain(part);
    let key = key.trim_end_matches(['?', '？']);
    for end in ["病史", "史", "后遗症期", "急性发作", "待查", "可能"] {
        if let Some(base) = key.strip_suffix(end)
            && let Some((_, found)) = index.diagnoses.iter().find(|(name, _)| name == base)
        {
            codes.extend(found.iter().cloned());
            return codes;
        }
    }
    if let Some((_, found)) = index.diagnoses.iter().find(|(name, _)| name == key) {
        codes.extend(found.iter().cloned());
        return codes;
    }
    // Longest names inside, without overlap.
    let mut rest = key.to_owned();
    for (name, found) in &index.diagnoses {
        if rest.contains(name.as_str()) {
            codes.extend(found.iter().cloned());
            rest = rest.replace(name.as_str(), "\u{1}");
        }
    }
    codes
}

pub(super) fn icd_matches(code: &str, prefix: &str) -> bool {
    code.starts_with(prefix)
        || (prefix.contains('.') && code.replace('.', "").starts_with(&prefix.replace('.', "")))
}

impl<'a> Person<'a> {
    pub fn new(index: &RxIndex, patient: &'a RxPatient) -> Self {
        let illnesses = patient
            .diagnoses
            .iter()
            .flat_map(|d| holding_parts(d))
            .map(|text| Illness { codes: codes_of(index, &text), text: plain(&text) })
            .collect();
        let years = patient.age.map(Age::years);
        let computed = || {
            let creatinine = patient.creatinine_umol?;
            calc::egfr_ckd_epi(creatinine, years?, patient.sex)
        };
        let clearance = || {
            let creatinine = patient.creatinine_umol?;
            calc::cockcroft_gault(creatinine, years?, patient.weight_kg?, patient.sex)
        };
        let (egfr, egfr_how) =
            match (patient.egfr.filter(|e| e.is_finite() && *e >= 0.0), computed()) {
                (Some(given), _) => (Some(given), "eGFR"),
                // The lower of both: dosing limits are written in either, and caution costs a look only.
                (None, Some(computed)) => match clearance() {
                    Some(crcl) if crcl < computed && years.is_some_and(|y| y >= 75.0) => {
                        (Some(crcl), "肌酐清除率（Cockcroft-Gault）")
                    }
                    _ => (Some(computed), "eGFR（CKD-EPI 2021）"),
                },
                (None, None) => (None, ""),
            };
        let trimester = patient.pregnant_weeks.map(|weeks| match weeks {
            0..14 => 0,
            14..28 => 1,
            _ => 2,
        });
        let joined = |a: &str| plain(a).replace(['(', ')'], "");
        let allergy_text =
            patient.allergies.iter().flat_map(|a| holding_parts(a)).map(|a| joined(&a)).collect();
        Self { patient, illnesses, allergy_text, egfr, egfr_how, trimester }
    }

    /// The illness that an ICD prefix or a word asks for, if one holds.
    pub fn illness(&self, icd: &[String], says: &[String]) -> Option<&str> {
        let by_code = |i: &Illness| icd.iter().any(|p| i.codes.iter().any(|c| icd_matches(c, p)));
        let by_word = |text: &str| says.iter().any(|w| says_so(text, &plain(w)));
        // 青霉素（休克） is no shock now, 阿司匹林（哮喘） is an aspirin asthma.
        let by_allergy = |text: &str| {
            says.iter().any(|w| !REACTIONS.contains(&w.as_str()) && says_so(text, &plain(w)))
        };
        self.illnesses
            .iter()
            .find(|i| by_code(i) || by_word(&i.text))
            .map(|i| i.text.as_str())
            .or_else(|| self.allergy_text.iter().find(|t| by_allergy(t)).map(String::as_str))
    }

    pub fn has_code(&self, prefixes: &[&str]) -> bool {
        self.illnesses
            .iter()
            .any(|i| i.codes.iter().any(|c| prefixes.iter().any(|p| icd_matches(c, p))))
    }

    pub fn says(&self, words: &[&str]) -> bool {
        self.illnesses.iter().any(|i| words.iter().any(|w| says_so(&i.text, w)))
    }

    pub fn is_chronic(&self) -> bool {
        self.has_code(CHRONIC)
            || self.says(&[
                "慢性",
                "长期",
                "术后",
                "后遗症",
                "维持",
                "慢病",
                "恢复期",
                "妊娠",
                "早孕",
                "孕妇",
            ])
    }

    pub fn has_diagnosis(&self) -> bool {
        self.patient.diagnoses.iter().any(|d| !d.trim().is_empty())
    }

    /// A woman who may be pregnant without anybody having asked.
    pub fn may_be_pregnant(&self) -> bool {
        let years = self.patient.age.map(Age::years);
        self.patient.sex == Sex::Female
            && self.patient.pregnant_weeks.is_none()
            && !self.patient.lactating
            && years.is_none_or(|y| (12.0..50.0).contains(&y))
    }

    pub fn age_days(&self) -> Option<u32> {
        self.patient.age.map(Age::days)
    }

    /// A laboratory value or vital sign by any of its names.
    pub fn lab(&self, name: &str) -> Option<f64> {
        let wanted = lab_key(name);
        self.patient.labs.iter().find(|(n, _)| lab_key(n) == wanted).map(|(_, v)| *v)
    }
}

/// What an allergy did once; alone they are no illness of today.
const REACTIONS: &[&str] = &[
    "休克",
    "哮喘",
    "支气管哮喘",
    "皮疹",
    "荨麻疹",
    "水肿",
    "喉头水肿",
    "血管性水肿",
    "呼吸困难",
    "低血压",
    "腹泻",
    "呕吐",
    "发热",
    "昏迷",
    "抽搐",
    "心衰",
    "黄疸",
    "肝损害",
    "肾损害",
];

/// Words that stand inside others without meaning them: 麻疹 in 荨麻疹.
const INSIDE_OTHERS: &[(&str, &[&str])] = &[
    ("麻疹", &["荨"]),
    ("高血压", &["肺动脉", "门静脉", "门脉"]),
    ("哮喘", &["心源性", "类"]),
    ("溃疡", &["口腔", "阿弗他", "复发性", "角膜", "压力性", "外阴"]),
    ("糖尿病", &["非"]),
    ("肝炎", &["脂肪性"]),
];

/// `word` stands in `text` and is not denied just before it.
fn says_so(text: &str, word: &str) -> bool {
    let others =
        INSIDE_OTHERS.iter().find(|(w, _)| *w == word).map_or(&[][..], |(_, before)| before);
    text.match_indices(word).any(|(at, _)| {
        if others.iter().any(|b| text[..at].ends_with(b)) {
            return false;
        }
        let before: String =
            text[..at].chars().rev().take(5).collect::<Vec<_>>().into_iter().rev().collect();
        !NEGATIONS.iter().any(|n| {
            before.find(n).is_some_and(|p| {
                let rest = &before[p..];
                !rest.contains('的') && !NOT_NEGATIONS.iter().any(|w| rest.starts_with(w))
            })
        })
    })
}

fn lab_key(name: &str) -> String {
    let name = plain(name);
    let bare = name.trim_start_matches("血清").trim_start_matches("血浆");
    let bare = if bare.chars().count() > 2
        || matches!(bare, "血钾" | "血钠" | "血钙" | "血糖" | "血磷" | "血镁")
    {
        if matches!(bare, "血糖") {
            bare
        } else {
            bare.strip_prefix('血').filter(|r| r.chars().count() == 1).unwrap_or(bare)
        }
    } else {
        bare
    };
    match bare {
        "k" | "k+" | "potassium" => "钾",
        "na" | "na+" | "sodium" => "钠",
        "ca" | "ca2+" | "calcium" => "钙",
        "glu" | "glucose" | "空腹血糖" | "随机血糖" => "血糖",
        "plt" | "血小板计数" | "platelets" => "血小板",
        "wbc" | "白细胞计数" => "白细胞",
        "anc" | "neut" | "中性粒细胞绝对值" | "中性粒细胞计数" => "中性粒细胞",
        "hb" | "hgb" | "血红蛋白浓度" => "血红蛋白",
        "alt" | "gpt" | "丙氨酸氨基转移酶" => "谷丙转氨酶",
        "ast" | "got" | "天冬氨酸氨基转移酶" => "谷草转氨酶",
        "tg" => "甘油三酯",
        "sbp" | "systolic" => "收缩压",
        "dbp" | "diastolic" => "舒张压",
        "hr" | "pulse" | "脉搏" | "心率次" => "心率",
        "t" | "temp" | "temperature" => "体温",
        other => other,
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn denied_and_family_histories_do_not_hold() {
        assert_eq!(holding_parts("否认高血压、糖尿病，有哮喘"), ["有哮喘"]);
        assert_eq!(holding_parts("无哮喘史"), Vec::<String>::new());
        assert_eq!(holding_parts("父亲高血压；胃溃疡"), ["胃溃疡"]);
        assert_eq!(holding_parts("无痛性血尿"), ["无痛性血尿"]);
        assert_eq!(holding_parts("乙肝表面抗原阴性"), Vec::<String>::new());
        assert!(says_so("支气管哮喘", "哮喘"));
        assert!(!says_so("慢性咳嗽无哮喘", "哮喘"));
        assert!(says_so("无并发症的高血压", "高血压"));
        assert!(!says_so("急性荨麻疹", "麻疹") && says_so("麻疹", "麻疹"));
    }

    #[test]
    fn written_codes_are_found() {
        assert_eq!(written_codes("2型糖尿病 E11.9"), ["E11.9"]);
        assert_eq!(written_codes("J45"), ["J45"]);
        assert_eq!(written_codes("B12缺乏、VB12"), ["B12"]);
        assert!(icd_matches("K92.2", "K92") && !icd_matches("K9", "K92"));
    }

    #[test]
    fn laboratory_names_meet() {
        assert_eq!(lab_key("血钾"), lab_key("K+"));
        assert_eq!(lab_key("血清钾"), "钾");
        assert_eq!(lab_key("血糖"), "血糖");
        assert_eq!(lab_key("血小板"), "血小板");
    }
}
