//! What the door looks like: what needs a decision first, then what is near its end, what is missing, what fits.
use ratatui::{layout::Rect, text::Line};

use super::receipt::{Deciding, Kind, ReceiptDesk};
use crate::{
    domain::trace::{despatch::Verdict, rejection::Decision},
    services::clinic::trace::Arrived,
    tui::{
        draw::{Ui, clip, scroll, wrapped},
        state::Shared,
        text::stock as words,
        theme::Role,
    },
};

/// Rows in the order shown.
pub(super) fn order(lines: &[Arrived]) -> Vec<usize> {
    let mut rows: Vec<usize> = (0..lines.len()).collect();
    rows.sort_by_key(|n| lines.get(*n).map_or(u8::MAX, rank));
    rows
}

const fn rank(line: &Arrived) -> u8 {
    match line.verdict {
        Verdict::Extra
        | Verdict::WrongLot { .. }
        | Verdict::WrongExpiry { .. }
        | Verdict::Expired => 0,
        Verdict::NearExpiry(_) => 1,
        Verdict::Missing => 2,
        Verdict::Fits => 3,
    }
}

impl ReceiptDesk {
    pub fn view(&self, ui: &mut Ui, shared: &Shared, area: Rect) {
        let bill = self.open.as_ref().map_or("", |door| door.bill.as_str());
        let inner = ui.boxed(area, &words::RECEIPT_TITLE.with(shared.lang, &[&bill]), true);
        if self.open.is_none() {
            self.entry.view(ui, shared, inner);
            let hint = Rect { y: inner.y + self.entry.height(), height: 1, ..inner };
            ui.line(hint, Line::from(ui.span(Role::Muted, shared.t(words::RECEIPT_ASK))));
            return;
        }
        ui.line(inner, Line::from(ui.span(Role::Heading, self.sum(shared))));
        let hint = Rect { y: inner.y + 1, height: 1, ..inner };
        ui.line(hint, Line::from(ui.span(Role::Muted, shared.t(words::RECEIPT_SCAN))));
        let form = self.deciding.as_ref().map_or(0, |deciding| deciding.entry.height() + 2);
        let height = inner.height.saturating_sub(2 + form);
        let rest = Rect { y: inner.y + 2, height, ..inner };
        let rows = order(&self.seen.lines);
        let top = scroll(self.at, rows.len(), height.into());
        let wide = usize::from(inner.width);
        let shown = rows.iter().enumerate().skip(top).take(height.into());
        let lines = shown.filter_map(|(n, row)| {
            let line = self.seen.lines.get(*row)?;
            let role = match &line.verdict {
                _ if n == self.at => Role::Selected,
                _ if line.decision.is_some() => Role::Accent,
                Verdict::Fits => Role::Good,
                Verdict::Missing => Role::Muted,
                Verdict::NearExpiry(_) => Role::Caution,
                _ => Role::Danger,
            };
            Some(Line::from(ui.span(role, clip(&self.told(shared, line), wide))))
        });
        let lines = lines.collect();
        ui.lines(rest, lines);
        if let Some(deciding) = &self.deciding {
            let below = Rect { y: rest.bottom(), height: form, ..inner };
            view_form(ui, shared, (deciding, below));
        }
    }

    /// How many are what, at a glance.
    fn sum(&self, shared: &Shared) -> String {
        let count =
            |is: &dyn Fn(&Arrived) -> bool| self.seen.lines.iter().filter(|line| is(line)).count();
        let listed = count(&|line| line.verdict != Verdict::Extra);
        let missing = count(&|line| line.verdict == Verdict::Missing);
        let extra = count(&|line| line.verdict == Verdict::Extra);
        let wrong = count(&|line| line.verdict != Verdict::Extra && rank(line) == 0);
        let near = count(&|line| matches!(line.verdict, Verdict::NearExpiry(_)));
        let refused = count(&|line| matches!(line.decision, Some(Decision::Reject { .. })));
        words::RECEIPT_SUM.with(
            shared.lang,
            &[&listed, &self.scans.len(), &missing, &extra, &wrong, &near, &refused],
        )
    }

    fn told(&self, shared: &Shared, line: &Arrived) -> String {
        let decided = match &line.decision {
            Some(Decision::Reject { cause, note }) => {
                let reason = cause.reason(note).unwrap_or_default();
                words::RECEIPT_REJECTS.with(shared.lang, &[&reason])
            }
            Some(Decision::Accept { reason, .. }) => {
                words::RECEIPT_ACCEPTS.with(shared.lang, &[reason])
            }
            None => String::new(),
        };
        let more = match &line.verdict {
            _ if !decided.is_empty() => decided,
            Verdict::WrongLot { list, pack } => format!("{list} ≠ {pack}"),
            Verdict::WrongExpiry { list, pack } => format!("{list} ≠ {pack}"),
            _ if self.open.as_ref().is_some_and(|door| door.pool.contains(&line.code)) => {
                shared.t(words::POOL_MARK).to_owned()
            }
            _ => line.stop.as_ref().map_or(String::new(), |stop| stop.word().to_owned()),
        };
        let gap = if more.is_empty() { "" } else { "  " };
        format!("{}  {}{gap}{more}  {} {}", line.code, line.verdict.word(), line.label, line.lot)
    }
}

fn view_form(ui: &mut Ui, shared: &Shared, (deciding, area): (&Deciding, Rect)) {
    let (title, hint) = match deciding.kind {
        Kind::Reject => (
            words::REJECT_TITLE.with(shared.lang, &[&deciding.codes.len(), &deciding.label]),
            words::REJECT_CAUSES,
        ),
        Kind::Accept => {
            (words::ACCEPT_TITLE.with(shared.lang, &[&deciding.label]), words::ACCEPT_HINT)
        }
    };
    let wide = usize::from(area.width);
    let head = Rect { height: 1, ..area };
    ui.line(head, Line::from(ui.span(Role::Heading, clip(&title, wide))));
    let below = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
    deciding.entry.view(ui, shared, below);
    let last = Rect { y: below.y + deciding.entry.height(), height: 1, ..area };
    let rows = wrapped(shared.t(hint), wide);
    let text = rows.into_iter().next().unwrap_or_default();
    ui.line(last, Line::from(ui.span(Role::Muted, text)));
}
