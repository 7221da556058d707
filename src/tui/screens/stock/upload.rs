//! 上传: bills that are not done, the platform's own words, what to do, how long is left. One key sends; the sending goes
//! on behind other screens, and no screen waits for the line.
use ratatui::{layout::Rect, text::Line};

use super::{entry::Entry, leaf::Leaf, say_stop};
use crate::{
    domain::{
        outbox::State,
        role,
        trace::bill::{Lack, Target},
    },
    services::trace_upload::{OpenBill, Profile, Round},
    tui::{
        action::Action,
        draw::{Ui, clip, scroll, wrapped},
        effect::{Answer, Question, Topic},
        field::Field,
        overlays::stepped,
        screens::Screen,
        state::{Go, Shared},
        text::{Lang, T, stock as words},
        theme::Role,
    },
};

#[derive(Debug, Default)]
pub struct UploadDesk {
    bills: Vec<OpenBill>,
    profile: Option<String>,
    /// The shipped profile below it.
    base: String,
    known: bool,
    at: usize,
    /// The reason why a bill is set aside, while it is typed.
    settling: Option<Entry>,
}

impl From<UploadDesk> for Screen {
    fn from(screen: UploadDesk) -> Self {
        Self::Upload(Box::new(screen))
    }
}

/// Starts a round, unless one is under way.
pub fn send(shared: &mut Shared) {
    if shared.upload.is_none() {
        shared.upload = Some(Round::default());
        shared.ask(Question::UploadNext { round: Box::default(), first: true });
    }
}

/// How a round ended, in one sentence.
pub fn summary(shared: &Shared, round: &Round) -> (Role, String) {
    let lang = shared.lang;
    let mut text =
        words::UPLOAD_DONE.with(lang, &[&round.accepted, &round.pending, &round.refused]);
    for target in &round.unreached {
        text.push_str(&words::UPLOAD_UNREACHED.with(lang, &[&shared.t(name(*target))]));
    }
    for target in &round.unset {
        text.push_str(&words::UPLOAD_UNSET.with(lang, &[&shared.t(name(*target))]));
    }
    let well = round.refused == 0 && round.unreached.is_empty();
    (if well { Role::Good } else { Role::Warning }, text)
}

const fn name(target: Target) -> T {
    match target {
        Target::Platform => words::UPLOAD_PLATFORM,
        Target::Insurance => words::UPLOAD_INSURANCE,
    }
}

const fn state(state: State) -> T {
    match state {
        State::Waiting => words::UPLOAD_WAITING,
        State::Sent => words::UPLOAD_SENT,
        State::Accepted => words::UPLOAD_ACCEPTED,
        State::Refused => words::UPLOAD_REFUSED,
        State::Parked => words::UPLOAD_PARKED,
    }
}

impl UploadDesk {
    fn chosen(&self) -> Option<&OpenBill> {
        self.bills.get(self.at)
    }

    pub fn actions(&self, shared: &Shared) -> Vec<Action> {
        if self.settling.is_some() {
            return vec![Action::Submit];
        }
        let mut actions = vec![];
        if shared.upload.is_none() && self.profile.is_some() {
            actions.push(Action::SendBills);
        }
        if let Some(bill) = self.chosen() {
            let state = bill.standing.state;
            if matches!(state, State::Refused | State::Parked | State::Waiting) {
                actions.push(Action::SendAgain);
            }
            if state == State::Refused {
                actions.push(Action::SettleBill);
            }
        }
        if self.known && shared.may(role::Action::ChangeSettings) {
            actions.push(Action::ChooseProfile);
        }
        actions.extend([Action::Next, Action::Previous]);
        actions
    }

    pub const fn has_field(&self) -> bool {
        self.settling.is_some()
    }

    pub fn field(&mut self) -> Option<&mut Field> {
        self.settling.as_mut().and_then(Entry::field)
    }

    pub const fn edited(&mut self, _shared: &mut Shared) {}

    pub fn scanned(&mut self, shared: &mut Shared, code: &str) {
        shared.ask(Question::PackLife(code.to_owned()));
    }

    pub fn perform(&mut self, shared: &mut Shared, (action, _): (Action, usize)) -> Option<Go> {
        if action == Action::Back && self.settling.take().is_some() {
            return Some(Go::Stay);
        }
        if !self.actions(shared).contains(&action) {
            return None;
        }
        let bill = self.chosen().map(|bill| bill.standing.bill.clone());
        match (action, bill) {
            (Action::Submit, Some(bill)) => {
                if let Some(entry) = &mut self.settling
                    && entry.enter()
                {
                    let reason = entry.text(0);
                    self.settling = None;
                    shared.ask(Question::SettleBill { bill, reason });
                }
            }
            (Action::SendBills, _) => send(shared),
            (Action::ChooseProfile, _) => {
                let names = Profile::names();
                let at = names.iter().position(|name| *name == self.base).unwrap_or(0);
                let next = names.get((at + 1) % names.len().max(1)).copied().unwrap_or("default");
                shared.ask(Question::ChooseProfile(next.to_owned()));
            }
            (Action::SendAgain, Some(bill)) => shared.ask(Question::SendAgain(bill)),
            (Action::SettleBill, Some(_)) => {
                self.settling = Some(Entry::new(&[(words::ACT_REASON, true)]));
            }
            _ => self.at = stepped(self.at, action, self.bills.len()),
        }
        Some(Go::Stay)
    }

    pub fn answered(&mut self, shared: &mut Shared, answer: Answer) -> Result<Go, Answer> {
        match answer {
            Answer::Bills { bills, profile, base } => {
                (self.bills, self.profile, self.known) = (bills, profile, true);
                self.base = base;
                self.at = self.at.min(self.bills.len().saturating_sub(1));
                if self.bills.is_empty() {
                    self.settling = None;
                }
            }
            Answer::PackLife(life) => return Ok(Go::to(Leaf::of_code(shared, &life))),
            Answer::Stopped(stop) => say_stop(shared, &stop),
            Answer::Failed(Topic::Bills, failure) => shared.fail(&failure),
            other => return Err(other),
        }
        Ok(Go::Stay)
    }

    pub fn view(&self, ui: &mut Ui, shared: &Shared, area: Rect) {
        let lang = shared.lang;
        let inner = ui.boxed(area, &words::UPLOAD_TITLE.with(lang, &[&self.bills.len()]), true);
        let head = match (&shared.upload, &self.profile) {
            (Some(round), _) => {
                words::UPLOAD_RUNNING.with(lang, &[&round.accepted, &round.pending, &round.refused])
            }
            (None, Some(profile)) => words::UPLOAD_PROFILE.with(lang, &[profile]),
            (None, None) if self.known => shared.t(words::UPLOAD_NO_PROFILE).to_owned(),
            (None, None) => String::new(),
        };
        ui.line(inner, Line::from(ui.span(Role::Heading, head)));
        let lacking = self.bills.iter().filter(|bill| !bill.lacks.is_empty()).count();
        let mut base = words::UPLOAD_BASE.with(lang, &[&self.base]);
        if lacking > 0 {
            base.push_str(&words::UPLOAD_LACKING.with(lang, &[&lacking]));
        }
        if self.known {
            let second = Rect { y: inner.y + 1, height: 1, ..inner };
            let role = if lacking > 0 { Role::Warning } else { Role::Muted };
            ui.line(second, Line::from(ui.span(role, base)));
        }
        let detail = 5_u16.min(inner.height.saturating_sub(5));
        let height = inner.height.saturating_sub(2 + detail);
        let rows = Rect { y: inner.y + 2, height, ..inner };
        if self.bills.is_empty() && self.known {
            ui.line(rows, Line::from(ui.span(Role::Good, shared.t(words::UPLOAD_NONE))));
        }
        let wide = usize::from(inner.width);
        let top = scroll(self.at, self.bills.len(), height.into());
        let shown = self.bills.iter().enumerate().skip(top).take(height.into());
        let lines = shown.map(|(n, bill)| {
            let role = match bill.standing.state {
                _ if n == self.at => Role::Selected,
                State::Refused => Role::Danger,
                _ if bill.hours_left < 0 => Role::Danger,
                _ if bill.hours_left < 6 || !bill.lacks.is_empty() => Role::Warning,
                State::Parked => Role::Muted,
                _ => Role::Base,
            };
            Line::from(ui.span(role, clip(&row(shared, bill), wide)))
        });
        let lines = lines.collect();
        ui.lines(rows, lines);
        let below = Rect { y: rows.bottom(), height: detail, ..inner };
        if let Some(entry) = &self.settling {
            entry.view(ui, shared, below);
        } else if let Some(bill) = self.chosen() {
            self.view_words(ui, shared, (bill, below));
        }
    }

    /// What the platform said and what to do about it, whole.
    fn view_words(&self, ui: &mut Ui, shared: &Shared, (bill, area): (&OpenBill, Rect)) {
        let s = &bill.standing;
        let said = format!("{} {}", s.transport_word, s.business_word);
        let mut lines = vec![];
        let lacks: Vec<String> = bill.lacks.iter().map(Lack::told).collect();
        for (role, text) in [
            (Role::Warning, words::UPLOAD_LACKS.with(shared.lang, &[&lacks.join("；")])),
            (Role::Muted, words::UPLOAD_SAID.with(shared.lang, &[&said.trim()])),
            (Role::Accent, words::UPLOAD_REMEDY.with(shared.lang, &[&s.remedy])),
        ] {
            if text.trim_end().ends_with(['：', ':']) {
                continue;
            }
            let rows = wrapped(&text, area.width.into());
            lines.extend(rows.into_iter().map(|row| Line::from(ui.span(role, row))));
        }
        ui.lines(area, lines);
    }
}

fn row(shared: &Shared, bill: &OpenBill) -> String {
    let s = &bill.standing;
    let due = if bill.hours_left < 0 {
        words::UPLOAD_OVERDUE.with(shared.lang, &[&-bill.hours_left])
    } else {
        words::UPLOAD_LEFT.with(shared.lang, &[&bill.hours_left])
    };
    let said = if s.business_word.is_empty() { &s.transport_word } else { &s.business_word };
    let stop = if shared.lang == Lang::Zh { "；" } else { "; " };
    format!(
        "{} {} {}{stop}{due}  {said}",
        s.bill,
        shared.t(name(s.target)),
        shared.t(state(s.state))
    )
}
