//! What could not be checked, said once for each kind.
use super::Alert;
use crate::domain::catalog::formulary::Tier;

/// Kinds of missing knowledge; each becomes one line, however many drugs it touches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Missing {
    Drug,
    Age,
    Weight,
    Renal,
    Hepatic,
    Pregnancy,
    PregnancyData,
    Allergy,
    AllergyWord,
    Unit,
    DoseData,
    Dose,
    Frequency,
    Route,
    Solvent,
    Diagnosis,
    Sex,
}

impl Missing {
    const fn rule(self) -> &'static str {
        match self {
            Self::Drug => "unchecked-drug",
            Self::Age => "unchecked-age",
            Self::Weight => "unchecked-weight",
            Self::Renal => "unchecked-renal",
            Self::Hepatic => "unchecked-hepatic",
            Self::Pregnancy => "unchecked-pregnancy",
            Self::PregnancyData => "unchecked-pregnancy-data",
            Self::Allergy => "unchecked-allergy",
            Self::AllergyWord => "unchecked-allergy-word",
            Self::Unit => "unchecked-unit",
            Self::DoseData => "unchecked-dose-data",
            Self::Dose => "unchecked-dose",
            Self::Frequency => "unchecked-frequency",
            Self::Route => "unchecked-route",
            Self::Solvent => "unchecked-solvent",
            Self::Diagnosis => "unchecked-diagnosis",
            Self::Sex => "unchecked-sex",
        }
    }

    /// What is missing, and what would cure it.
    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Drug => ("知识库没有此药，未作任何检查", "核对药名；确为此药则自行核对说明书"),
            Self::Age => ("没有年龄，年龄限制与剂量未检查", "补年龄"),
            Self::Weight => ("没有体重，按体重的剂量未检查", "补体重（kg）"),
            Self::Renal => ("没有肌酐或eGFR，肾功能限制未检查", "补近期肌酐"),
            Self::Hepatic => ("有肝病但没有Child-Pugh分级，肝功能限制未检查", "补分级"),
            Self::Pregnancy => ("育龄女性妊娠情况未记录，妊娠限制未检查", "问末次月经，必要时验孕"),
            Self::PregnancyData => ("妊娠安全性资料不明", "核对说明书，首选资料明确的药"),
            Self::Allergy => ("没有问过敏史，过敏未检查", "问并记录过敏史（无也要记）"),
            Self::AllergyWord => ("过敏史对不上知识库的药品或类别，未检查", "核对过敏药名"),
            Self::Unit => ("剂量单位换算不了（缺规格），剂量未检查", "写规格，或按mg/g写剂量"),
            Self::DoseData => ("知识库没有此人群或途径的剂量，剂量未检查", "核对说明书"),
            Self::Dose => ("没有写剂量，剂量未检查", "补单次剂量和单位"),
            Self::Frequency => ("频次没写或看不懂，日剂量未检查", "补频次，如 tid、每日3次"),
            Self::Route => ("途径没写或看不懂，按常用途径检查", "补给药途径"),
            Self::Solvent => ("没有写溶媒，溶媒未检查", "补溶媒和用量"),
            Self::Diagnosis => ("没有写诊断，适应证与疾病禁忌未检查", "补诊断"),
            Self::Sex => ("没有性别，性别限制未检查", "补性别"),
        }
    }
}

/// What was left out, by kind, with the lines it concerns.
#[derive(Debug, Default)]
pub(super) struct Gaps(Vec<(Missing, Option<usize>, String)>);

impl Gaps {
    pub fn say(&mut self, kind: Missing, line: Option<usize>, what: &str) {
        if !self.0.iter().any(|(k, l, w)| *k == kind && *l == line && w == what) {
            self.0.push((kind, line, what.to_owned()));
        }
    }

    pub fn alerts(mut self) -> Vec<Alert> {
        self.0.sort_by_key(|(kind, line, _)| (*kind, *line));
        let mut alerts: Vec<Alert> = vec![];
        for (kind, line, what) in self.0 {
            let (words, cure) = kind.words();
            // Sorted by kind, so the alert of this kind is the last one or does not exist yet.
            if alerts.last().is_none_or(|a| a.rule != kind.rule()) {
                alerts.push(
                    Alert::new(Tier::Note, kind.rule(), "unchecked", "2-9")
                        .saying(format!("未检查：{words}"), cure)
                        .citing("xinglin")
                        .because(kind.rule()),
                );
            }
            let Some(alert) = alerts.last_mut() else { continue };
            if let Some(line) = line.filter(|l| !alert.items.contains(l)) {
                alert.items.push(line);
            }
            if !what.is_empty() && !alert.message.contains(&what) {
                alert.message.push_str(
                    if alert.message.contains('：') && alert.message.matches('：').count() > 1 {
                        "、"
                    } else {
                        "："
                    },
                );
                alert.message.push_str(&what);
            }
        }
        alerts
    }
}
