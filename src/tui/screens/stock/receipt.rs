//! Receiving against the supplier's list: what fits, what is missing, what is too much or wrong, before anything comes in;
//! a box or a whole line is refused with a cause, one on no list is taken in with a reason.
use super::{entry::Entry, receipt_view::order, say_stop};
use crate::{
    domain::{
        age::Day,
        trace::{
            code::read_all,
            despatch::Verdict,
            ledger::Particulars,
            rejection::{Cause, Decision},
        },
    },
    services::clinic::trace::{Arrived, Door, Receipt},
    tui::{
        action::Action,
        effect::{Answer, Effect, Question, Topic},
        field::Field,
        overlays::stepped,
        screens::Screen,
        state::{Go, Shared},
        text::stock as words,
        theme::Role,
    },
};

#[derive(Debug)]
pub struct ReceiptDesk {
    /// Number of the list, and where its boxes will lie.
    pub(super) entry: Entry,
    /// The list is open: its number no longer changes.
    pub(super) open: Option<Door>,
    pub(super) scans: Vec<String>,
    pub(super) seen: Receipt,
    /// Row under the cursor, in the order shown.
    pub(super) at: usize,
    pub(super) deciding: Option<Deciding>,
    taking: bool,
}

/// A decision that is being written about these codes.
#[derive(Debug)]
pub(super) struct Deciding {
    pub(super) kind: Kind,
    pub(super) codes: Vec<String>,
    pub(super) label: String,
    pub(super) entry: Entry,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Reject,
    Accept,
}

impl From<ReceiptDesk> for Screen {
    fn from(screen: ReceiptDesk) -> Self {
        Self::Receipt(Box::new(screen))
    }
}

impl Default for ReceiptDesk {
    fn default() -> Self {
        Self {
            entry: Entry::new(&[(words::RECEIPT_BILL, true), (words::RECEIPT_PLACE, false)]),
            open: None,
            scans: vec![],
            seen: Receipt::default(),
            at: 0,
            deciding: None,
            taking: false,
        }
    }
}

impl ReceiptDesk {
    pub fn actions(&self, _shared: &Shared) -> Vec<Action> {
        let mut actions = vec![Action::Submit];
        if self.open.is_none() || self.deciding.is_some() {
            actions.extend([Action::NextField, Action::PreviousField]);
        } else if !self.taking {
            if let Some(line) = self.chosen() {
                actions.extend([Action::RejectPack, Action::RejectLine]);
                if line.verdict == Verdict::Extra {
                    actions.push(Action::AcceptUnlisted);
                }
                if line.decision.is_some() {
                    actions.push(Action::Undecide);
                }
            }
            if !self.scans.is_empty() {
                actions.push(Action::ToPool);
            }
        }
        actions.extend([Action::Next, Action::Previous]);
        actions
    }

    pub(super) fn chosen(&self) -> Option<&Arrived> {
        let row = order(&self.seen.lines).get(self.at).copied()?;
        self.seen.lines.get(row)
    }

    /// The last scanned box goes into the pool for splits, or out of it again.
    fn turn_pool(&mut self, shared: &mut Shared) {
        let (Some(door), Some(raw)) = (&mut self.open, self.scans.last()) else { return };
        for scan in read_all(raw, &[]).into_iter().flatten() {
            let code = scan.code.as_str().to_owned();
            let inside = door.pool.iter().position(|known| *known == code);
            let words = if let Some(at) = inside {
                door.pool.remove(at);
                words::POOL_OUT
            } else {
                door.pool.push(code.clone());
                words::POOL_IN
            };
            let text = words.with(shared.lang, &[&code]);
            shared.say(Role::Good, text);
        }
    }

    pub const fn has_field(&self) -> bool {
        self.open.is_none() || self.deciding.is_some()
    }

    pub fn field(&mut self) -> Option<&mut Field> {
        match (&mut self.deciding, &self.open) {
            (Some(deciding), _) => deciding.entry.field(),
            (None, None) => self.entry.field(),
            (None, Some(_)) => None,
        }
    }

    pub const fn edited(&mut self, _shared: &mut Shared) {}

    pub fn scanned(&mut self, shared: &mut Shared, code: &str) {
        if self.open.is_none() || self.taking {
            return;
        }
        self.scans.push(code.to_owned());
        self.compare(shared);
    }

    fn compare(&self, shared: &mut Shared) {
        if let Some(door) = &self.open {
            shared.ask(Question::CompareReceipt {
                door: Box::new(door.clone()),
                scans: self.scans.clone(),
            });
        }
    }

    pub fn perform(&mut self, shared: &mut Shared, (action, _): (Action, usize)) -> Option<Go> {
        if self.deciding.is_some() {
            return self.perform_deciding(shared, action);
        }
        if self.open.is_none() {
            return self.perform_closed(shared, action);
        }
        if !self.actions(shared).contains(&action) {
            return None;
        }
        match action {
            Action::Submit => self.submit(shared),
            Action::ToPool => self.turn_pool(shared),
            Action::RejectPack | Action::RejectLine => self.refuse(action),
            Action::AcceptUnlisted => self.accept(shared),
            Action::Undecide => self.undecide(shared),
            Action::Next | Action::Previous => {
                self.at = stepped(self.at, action, self.seen.lines.len());
            }
            _ => return None,
        }
        Some(Go::Stay)
    }

    fn perform_closed(&mut self, shared: &mut Shared, action: Action) -> Option<Go> {
        match action {
            Action::Submit => {
                if self.entry.enter() {
                    let (bill, place) = (self.entry.text(0), self.entry.text(1));
                    self.open = Some(Door { bill, place, ..Door::default() });
                    self.compare(shared);
                }
            }
            Action::Next | Action::Previous | Action::NextField | Action::PreviousField => {
                self.entry.step(action);
            }
            _ => return None,
        }
        Some(Go::Stay)
    }

    fn submit(&mut self, shared: &mut Shared) {
        let Some(door) = self.open.clone() else { return };
        if self.taking || self.scans.is_empty() && door.decisions.is_empty() {
            return;
        }
        self.taking = true;
        shared.ask(Question::Receive { door: Box::new(door), scans: self.scans.clone() });
    }

    fn refuse(&mut self, action: Action) {
        let Some(line) = self.chosen() else { return };
        let alike = |other: &&Arrived| {
            other.code == line.code
                || action == Action::RejectLine
                    && (&other.label, &other.lot) == (&line.label, &line.lot)
        };
        let codes = self.seen.lines.iter().filter(alike).map(|other| other.code.clone()).collect();
        let likely = Cause::likely(&line.verdict);
        let digit = Cause::ALL.iter().position(|cause| *cause == likely).unwrap_or(0) + 1;
        let entry = Entry::new(&[(words::REJECT_CAUSE, true), (words::REJECT_NOTE, false)])
            .with(0, &digit.to_string());
        let label = format!("{} {}", line.label, line.lot);
        self.deciding = Some(Deciding { kind: Kind::Reject, codes, label, entry });
    }

    fn accept(&mut self, shared: &Shared) {
        let Some(line) = self.chosen() else { return };
        let no_list = self.seen.lines.iter().all(|line| line.verdict == Verdict::Extra);
        let reason = if no_list { shared.t(words::ACCEPT_NO_LIST) } else { "" };
        let expiry = line.expiry.map_or_else(String::new, |day| day.to_string());
        let entry = Entry::new(&[
            (words::ACCEPT_REASON, true),
            (words::RECALL_PRODUCT, true),
            (words::RECALL_LOT, false),
            (words::ACCEPT_EXPIRY, false),
            (words::ACCEPT_SCOPE, true),
        ])
        .with(0, reason)
        .with(1, &line.product)
        .with(2, &line.lot)
        .with(3, &expiry)
        .with(4, if no_list { "2" } else { "1" });
        let (codes, label) = (vec![line.code.clone()], format!("{} {}", line.code, line.label));
        self.deciding = Some(Deciding { kind: Kind::Accept, codes, label, entry });
    }

    fn undecide(&mut self, shared: &mut Shared) {
        let code = self.chosen().map(|line| line.code.clone());
        if let (Some(code), Some(door)) = (code, &mut self.open) {
            door.decisions.remove(&code);
            self.compare(shared);
        }
    }

    fn perform_deciding(&mut self, shared: &mut Shared, action: Action) -> Option<Go> {
        let deciding = self.deciding.as_mut()?;
        match action {
            Action::Back => self.deciding = None,
            Action::Submit if deciding.entry.enter() => self.decide(shared),
            Action::Submit => {}
            Action::Next | Action::Previous | Action::NextField | Action::PreviousField => {
                deciding.entry.step(action);
            }
            _ => return None,
        }
        Some(Go::Stay)
    }

    /// Puts the written decision down for its codes.
    fn decide(&mut self, shared: &mut Shared) {
        let Some(deciding) = &self.deciding else { return };
        let text = |row| deciding.entry.text(row);
        let decision = match deciding.kind {
            Kind::Reject => rejection(&text(0), &text(1)),
            Kind::Accept => acceptance(&[text(0), text(1), text(2), text(3)]),
        };
        let all_alike = deciding.kind == Kind::Accept && text(4) == "2";
        let scope_wrong = deciding.kind == Kind::Accept && !matches!(text(4).as_str(), "1" | "2");
        let Some(decision) = decision.filter(|_| !scope_wrong) else {
            let wrong = match deciding.kind {
                Kind::Reject => words::REJECT_CAUSE_WRONG,
                Kind::Accept => words::ACCEPT_WRONG,
            };
            let text = shared.t(wrong);
            shared.say(Role::Danger, text);
            return;
        };
        let mut codes = deciding.codes.clone();
        if all_alike {
            let product = |code: &str| {
                self.seen.lines.iter().find(|line| line.code == code).map(|line| &line.product)
            };
            let of = codes.first().and_then(|code| product(code)).cloned();
            let alike = self.seen.lines.iter().filter(|line| {
                line.verdict == Verdict::Extra
                    && line.decision.is_none()
                    && line.stop.is_none()
                    && Some(&line.product) == of.as_ref()
            });
            codes.extend(alike.map(|line| line.code.clone()));
        }
        if let Some(door) = &mut self.open {
            for code in codes {
                door.decisions.insert(code, decision.clone());
            }
        }
        if deciding.kind == Kind::Reject {
            let text = shared.t(words::RECEIPT_REFUSED_NOTE);
            shared.say(Role::Good, text);
        }
        self.deciding = None;
        self.compare(shared);
    }

    pub fn answered(&mut self, shared: &mut Shared, answer: Answer) -> Result<Go, Answer> {
        match answer {
            Answer::Compared(receipt) => self.compared(shared, *receipt),
            Answer::Received(receipt) => {
                let count =
                    |is: fn(&Arrived) -> bool| receipt.lines.iter().filter(|l| is(l)).count();
                let (taken, refused) = (count(|line| line.taken), count(|line| line.rejected));
                let text = words::RECEIPT_DONE.with(shared.lang, &[&taken, &refused]);
                shared.say(Role::Good, text);
                // Something was decided and could not be done: that must not pass unseen.
                let hindered = receipt
                    .lines
                    .iter()
                    .find(|line| line.decision.is_some() && line.stop.is_some());
                if let Some(stop) = hindered.and_then(|line| line.stop.as_ref()) {
                    say_stop(shared, stop);
                }
                (self.taking, self.scans) = (false, vec![]);
                shared.ask(Question::Stock);
                return Ok(Go::Back);
            }
            Answer::Stopped(stop) => {
                self.taking = false;
                say_stop(shared, &stop);
            }
            Answer::Failed(Topic::Receipt, failure) => {
                self.taking = false;
                shared.fail(&failure);
            }
            other => return Err(other),
        }
        Ok(Go::Stay)
    }

    fn compared(&mut self, shared: &mut Shared, receipt: Receipt) {
        // A new trouble rings; the list itself is quiet.
        if troubles(&receipt) > troubles(&self.seen) {
            shared.effects.push(Effect::Bell(3));
        }
        if receipt.twice.len() > self.seen.twice.len() {
            shared.effects.push(Effect::Bell(1));
        }
        if receipt.lines.is_empty() && receipt.unread.is_empty() {
            let text = shared.t(words::RECEIPT_NONE);
            shared.say(Role::Caution, text);
        }
        if let Some((_, fault)) = receipt.unread.get(self.seen.unread.len()) {
            let text = fault.words();
            shared.say(Role::Danger, text.pick(shared.lang));
            shared.effects.push(Effect::Bell(8));
        }
        // The cursor goes with the box in the hand, or stays with its code.
        let held =
            self.scans.last().and_then(|raw| read_all(raw, &[]).into_iter().flatten().last());
        let held = held.map(|scan| scan.code.as_str().to_owned());
        let is_new = |code: &String| !self.seen.lines.iter().any(|l| l.code == *code && came(l));
        let code = held.filter(is_new).or_else(|| self.chosen().map(|line| line.code.clone()));
        self.seen = receipt;
        let rows = order(&self.seen.lines);
        let row = code.and_then(|code| {
            rows.iter().position(|n| self.seen.lines.get(*n).is_some_and(|line| line.code == code))
        });
        self.at = row.unwrap_or(self.at).min(rows.len().saturating_sub(1));
    }
}

/// A box of this line is here.
fn came(line: &Arrived) -> bool {
    line.verdict != Verdict::Missing
}

/// What nobody has decided about and cannot come in as it is.
fn troubles(receipt: &Receipt) -> usize {
    let open = |line: &&Arrived| {
        line.decision.is_none() && !line.verdict.may_enter() && line.verdict != Verdict::Missing
    };
    receipt.lines.iter().filter(open).count()
}

fn rejection(cause: &str, note: &str) -> Option<Decision> {
    let cause = Cause::parse(cause)?;
    cause.reason(note)?;
    Some(Decision::Reject { cause, note: note.to_owned() })
}

fn acceptance([reason, product, lot, expiry]: &[String; 4]) -> Option<Decision> {
    let expiry = if expiry.is_empty() { None } else { Some(Day::parse(expiry)?) };
    let is = Particulars {
        product: product.clone(),
        lot: lot.clone(),
        expiry,
        level: 1,
        ..Particulars::default()
    };
    Some(Decision::Accept { reason: reason.clone(), is })
}
