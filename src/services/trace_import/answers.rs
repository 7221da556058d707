//! What the insurance platform answered to an exported file, row by row: bills move on as if it had answered on the line.
use std::collections::BTreeMap;

use serde::Deserialize;

use super::super::trace_upload::{PlatformAnswer, event_of};
use super::{Clinic, Failure, Fate, Line};
use crate::domain::outbox::State;
use crate::domain::role::Action;
use crate::domain::trace::bill::{Business, Target, Transport};
use crate::wire::insurance;

/// One row of the file: what the front machine got back for one `fixmedins_bchno`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    fixmedins_bchno: String,
    #[serde(default)]
    infno: String,
    #[serde(default)]
    infcode: Scalar,
    #[serde(default)]
    err_msg: String,
    #[serde(default, rename = "retRslt")]
    result: Scalar,
    #[serde(default, rename = "msgRslt")]
    words: String,
}

/// Some machines write numbers, some write them as text.
#[derive(Default, Deserialize)]
#[serde(untagged)]
enum Scalar {
    #[default]
    None,
    Number(i64),
    Text(String),
}

impl Scalar {
    fn text(&self) -> String {
        match self {
            Self::None => String::new(),
            Self::Number(number) => number.to_string(),
            Self::Text(text) => text.clone(),
        }
    }
}

/// Answers by bill, each with the line of the bill that it is about.
pub(super) type PlatformAnswers = BTreeMap<String, Vec<(u32, PlatformAnswer)>>;

impl Clinic {
    pub(super) fn judge_answers(
        &self,
        text: &str,
    ) -> Result<(Vec<Line>, PlatformAnswers), Failure> {
        let profile = self.profile_or_base()?;
        let (mut lines, mut answers) = (vec![], PlatformAnswers::new());
        for (at, raw) in text.lines().enumerate().filter(|(_, raw)| !raw.trim().is_empty()) {
            let number = at + 1;
            let bad = |label: String, what: String| Line {
                number,
                label,
                fate: Fate::Bad(format!("第 {number} 行：{what}")),
                stop: None,
                note: String::new(),
            };
            let row: Row = match serde_json::from_str(raw.trim_start_matches('\u{feff}')) {
                Ok(row) => row,
                Err(error) => {
                    lines.push(bad(String::new(), format!("读不懂（{error}）")));
                    continue;
                }
            };
            let label = format!("{} {}", row.infno, row.fixmedins_bchno);
            if row.infno == "3507" {
                lines.push(bad(label, "删除（3507）的结果请在上传屏上标为已办妥".to_owned()));
                continue;
            }
            let parts = row.fixmedins_bchno.rsplit_once('-');
            let place = parts.and_then(|(bill, line)| Some((bill, line.parse::<u32>().ok()?)));
            let Some((bill, line)) = place else {
                lines.push(bad(label, "批次流水号不是本站的".to_owned()));
                continue;
            };
            let known = self.store.bill_message(bill, Target::Insurance)?;
            let Some(known) = known.filter(|known| (line as usize) < known.bill.lines.len()) else {
                lines.push(bad(label, "本站没有这张单据".to_owned()));
                continue;
            };
            let reply = serde_json::json!({
                "infcode": row.infcode.text(),
                "err_msg": row.err_msg,
                "retRslt": row.result.text(),
                "msgRslt": row.words,
            });
            let answer = insurance::answered(&profile, &reply);
            let standing = &known.message.standing;
            if standing.state == State::Accepted || known.done.contains(&line) {
                let note = "早已办成".to_owned();
                lines.push(Line { number, label, fate: Fate::Same, stop: None, note });
                continue;
            }
            let note = match answer.business {
                Business::Accepted => "办成".to_owned(),
                _ => {
                    format!("{} {} {}", answer.transport_word, answer.business_word, answer.remedy)
                }
            };
            let note = note.trim().to_owned();
            lines.push(Line { number, label, fate: Fate::New, stop: None, note });
            answers.entry(bill.to_owned()).or_default().push((line, answer));
        }
        Ok((lines, answers))
    }

    /// Moves each bill on by what was said of its rows; the number of bills that moved.
    pub(super) fn keep_answers(&mut self, answers: &PlatformAnswers) -> Result<usize, Failure> {
        let mut moved = 0;
        for (bill, rows) in answers {
            let stamp = self.permit(Action::UploadTrace, &format!("bill:{bill}"))?;
            let Some(known) = self.store.bill_message(bill, Target::Insurance)? else { continue };
            if known.message.standing.state == State::Accepted {
                continue;
            }
            if matches!(known.message.standing.state, State::Refused | State::Parked) {
                self.upload_again(bill)?;
            }
            let Some(known) = self.store.bill_message(bill, Target::Insurance)? else { continue };
            let answer = together(&known.done, rows, known.bill.lines.len());
            let event = event_of(&answer, &known);
            self.store.bill_answered(known.message.id, (&answer, event), &stamp)?;
            moved += 1;
        }
        Ok(moved)
    }
}

/// One answer of several rows: the worst word counts, and what is taken stays taken.
fn together(done: &[u32], rows: &[(u32, PlatformAnswer)], lines: usize) -> PlatformAnswer {
    let mut taken = done.to_vec();
    for (line, answer) in rows {
        if answer.business == Business::Accepted && !taken.contains(line) {
            taken.push(*line);
        }
    }
    let worst = rows
        .iter()
        .map(|(_, answer)| answer)
        .find(|answer| answer.business != Business::Accepted)
        .or_else(|| rows.first().map(|(_, answer)| answer));
    let mut all = worst.cloned().unwrap_or(PlatformAnswer {
        transport: Transport::Reached,
        business: Business::Unknown,
        transport_word: String::new(),
        business_word: String::new(),
        remedy: String::new(),
        done: vec![],
    });
    if all.business == Business::Accepted && taken.len() < lines {
        all.business = Business::Unknown;
        all.business_word = format!("{} 行中办成 {}", lines, taken.len());
    }
    all.done = taken;
    all
}
