//! The clinical guidelines beside the programme: one visit may be 满意 for the programme and 未达标 for treatment, and
//! both are said.
use super::facts::Known;
use super::logic::{Truth, holds};
use crate::domain::catalog::follow_up::{SignRow, Table, TargetRow};

#[derive(Clone, Debug, PartialEq)]
pub struct Clinical {
    /// `clinical-hypertension-2025`
    pub profile: String,
    pub zh: String,
    pub target: String,
    /// The row that gave it.
    pub target_id: String,
    /// `None` = not measured.
    pub at_target: Option<bool>,
    /// Reasons of the guideline to refer or ask.
    pub refer: Vec<String>,
    pub say: String,
}

/// The target row for this person. A row whose `who` is not known is passed over, and the name of what is missing given.
pub fn target<'a>(table: &'a Table, known: &Known) -> Option<&'a TargetRow> {
    table.targets.iter().find(|row| holds(&row.who, known).is_yes())
}

pub fn judge(table: &Table, known: &Known) -> Option<Clinical> {
    let row = target(table, known)?;
    let met = holds(&row.met, known);
    let refer: Vec<String> = fired(&table.dangers, known).iter().map(|r| r.zh.clone()).collect();
    let verdict = match met {
        Truth::Yes => "达标",
        Truth::No => "未达标",
        Truth::Unknown => "测值不全，不能判断",
    };
    let say = format!("临床（{}）目标 {}：{verdict}", table.short, row.zh);
    Some(Clinical {
        profile: table.id.clone(),
        zh: table.short.clone(),
        target: row.zh.clone(),
        target_id: row.id.clone(),
        at_target: met.known(),
        refer,
        say,
    })
}

pub(super) fn fired<'a>(rows: &'a [SignRow], known: &Known) -> Vec<&'a SignRow> {
    rows.iter().filter(|row| holds(&row.when, known).is_yes()).collect()
}
