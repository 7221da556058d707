//! What may happen to a pack. One step is one event; nothing is edited, a mistake is reversed by an event of its own.
use super::pack::{Pack, State, Tally};
use super::refusal::Refusal;
use crate::domain::age::Day;

/// What a pack is, as the despatch list or the person at the receipt says it.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Particulars {
    pub product: String,
    pub lot: String,
    pub made: Option<Day>,
    pub expiry: Option<Day>,
    /// 1 = smallest; 0 is read as 1.
    pub level: u8,
    pub parent: Option<String>,
    /// Units of the whole pack, from the catalogue.
    pub units: u32,
}

/// Two people for what one must not do alone.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct TwoNames {
    pub first: String,
    pub second: String,
}

impl TwoNames {
    fn check(&self) -> Result<(), Refusal> {
        let (first, second) = (self.first.trim(), self.second.trim());
        if first.is_empty() || second.is_empty() || first == second {
            Err(Refusal::TwoNamesNeeded)
        } else {
            Ok(())
        }
    }
}

/// One event of one pack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// The supplier says it is on its way.
    Expect {
        is: Particulars,
    },
    /// It is here. `is` for a pack that no list announced, with the reason why it is taken in all the same.
    Receive {
        is: Option<Particulars>,
        reason: String,
    },
    Accept,
    Reject {
        reason: String,
    },
    /// First place in the store.
    Shelve {
        place: String,
    },
    Move {
        place: String,
    },
    /// A case is opened: its packs stand alone from now on.
    OpenCase,
    DispenseWhole,
    /// 拆零
    DispensePart {
        units: u32,
    },
    /// From a patient: into quarantine, never to the shelf.
    ReturnFromPatient {
        units: u32,
        reason: String,
    },
    ReturnToSupplier {
        reason: String,
    },
    Quarantine {
        reason: String,
    },
    /// Back to the shelf; never what a patient had, never under a recall, never expired.
    Release {
        reason: String,
        names: TwoNames,
    },
    Destroy {
        reason: String,
        names: TwoNames,
    },
    /// Less was counted.
    CountLoss {
        units: u32,
        reason: String,
    },
    /// Something lost was found; it is checked in quarantine first.
    CountGain {
        units: u32,
        reason: String,
    },
    Recall {
        recall: String,
    },
    /// Told by elimination which pack it is.
    LostLabel {
        reason: String,
        names: TwoNames,
    },
}

impl Change {
    pub const KINDS: [&'static str; 18] = [
        "expect",
        "receive",
        "accept",
        "reject",
        "shelve",
        "move",
        "open-case",
        "dispense-whole",
        "dispense-part",
        "return-from-patient",
        "return-to-supplier",
        "quarantine",
        "release",
        "destroy",
        "count-loss",
        "count-gain",
        "recall",
        "lost-label",
    ];

    pub const fn kind(&self) -> &'static str {
        Self::KINDS[match self {
            Self::Expect { .. } => 0,
            Self::Receive { .. } => 1,
            Self::Accept => 2,
            Self::Reject { .. } => 3,
            Self::Shelve { .. } => 4,
            Self::Move { .. } => 5,
            Self::OpenCase => 6,
            Self::DispenseWhole => 7,
            Self::DispensePart { .. } => 8,
            Self::ReturnFromPatient { .. } => 9,
            Self::ReturnToSupplier { .. } => 10,
            Self::Quarantine { .. } => 11,
            Self::Release { .. } => 12,
            Self::Destroy { .. } => 13,
            Self::CountLoss { .. } => 14,
            Self::CountGain { .. } => 15,
            Self::Recall { .. } => 16,
            Self::LostLabel { .. } => 17,
        }]
    }
}

/// The pack after a change, or why the change cannot be. `today` is the day of the change.
pub fn step(code: &str, pack: Option<&Pack>, change: &Change, today: Day) -> Result<Pack, Refusal> {
    let Some(pack) = pack else { return first(code, change, today) };
    let mut next = pack.clone();
    match change {
        Change::Expect { .. } => return Err(Refusal::AlreadyKnown { state: pack.state }),
        Change::Receive { is, .. } => receive(&mut next, is.as_ref())?,
        Change::Accept => {
            must_be(pack, &[State::Arrived])?;
            fit_for_use(pack, today)?;
            next.state = State::Shelf;
            (next.shelf, next.held) = (pack.held, 0);
        }
        Change::Reject { .. } => {
            must_be(pack, &[State::Arrived])?;
            next.state = State::Rejected;
        }
        Change::Shelve { place } | Change::Move { place } => {
            must_be(
                pack,
                &[State::Arrived, State::Rejected, State::Shelf, State::Opened, State::Quarantined],
            )?;
            next.place.clone_from(place);
        }
        Change::OpenCase => {
            must_be(pack, &[State::Shelf])?;
            if !pack.is_case() {
                return Err(Refusal::NotACase);
            }
            next.state = State::Opened;
        }
        Change::DispenseWhole => {
            dispensable(pack, today)?;
            if pack.shelf != pack.units || pack.tally.dispensed > 0 {
                return Err(Refusal::OpenPack { left: pack.shelf, of: pack.units });
            }
            take(&mut next, pack.units);
        }
        Change::DispensePart { units } => {
            dispensable(pack, today)?;
            if *units == 0 {
                return Err(Refusal::NoUnits);
            }
            if *units > pack.shelf {
                return Err(Refusal::TooMany { wanted: *units, left: pack.shelf });
            }
            take(&mut next, *units);
        }
        Change::ReturnFromPatient { units, .. } => return_from_patient(pack, &mut next, *units)?,
        Change::ReturnToSupplier { .. } => {
            must_be(pack, &[State::Arrived, State::Rejected, State::Shelf, State::Quarantined])?;
            next.tally.sent_back += pack.in_house();
            (next.shelf, next.held, next.state) = (0, 0, State::SentBack);
        }
        Change::Quarantine { .. } => {
            must_be(pack, &[State::Arrived, State::Shelf])?;
            hold(&mut next);
        }
        Change::Release { names, .. } => {
            names.check()?;
            release(pack, &mut next, today)?;
        }
        Change::Destroy { names, .. } => {
            names.check()?;
            destroy(pack, &mut next)?;
        }
        Change::CountLoss { units, .. } => lose(pack, &mut next, *units)?,
        Change::CountGain { units, .. } => find(pack, &mut next, *units)?,
        Change::Recall { recall } => {
            if pack.recall.as_ref() == Some(recall) {
                return Err(Refusal::AlreadyRecalled);
            }
            alive(pack)?;
            next.recall = Some(recall.clone());
            if matches!(pack.state, State::Shelf | State::Arrived) {
                hold(&mut next);
            }
        }
        Change::LostLabel { names, .. } => {
            names.check()?;
            must_be(pack, &[State::Shelf, State::Quarantined])?;
            next.label_lost = true;
        }
    }
    Ok(next)
}

fn first(code: &str, change: &Change, today: Day) -> Result<Pack, Refusal> {
    let (is, state) = match change {
        Change::Expect { is } => (is, State::Expected),
        Change::Receive { is: Some(is), .. } => (is, State::Arrived),
        _ => return Err(Refusal::NeverReceived),
    };
    let level = is.level.max(1);
    let units = if level > 1 { 0 } else { is.units.max(1) };
    if is.product.trim().is_empty() {
        return Err(Refusal::NoProduct);
    }
    if let (Some(made), Some(expiry)) = (is.made, is.expiry)
        && made > expiry
    {
        return Err(Refusal::DatesTurned);
    }
    if is.made.is_some_and(|made| made > today) {
        return Err(Refusal::MadeInFuture);
    }
    let here = state == State::Arrived;
    Ok(Pack {
        code: code.to_owned(),
        product: is.product.clone(),
        lot: is.lot.clone(),
        made: is.made,
        expiry: is.expiry,
        level,
        parent: is.parent.clone(),
        units,
        state,
        shelf: 0,
        held: if here { units } else { 0 },
        place: String::new(),
        label_lost: false,
        from_patient: false,
        recall: None,
        tally: Tally { received: if here { units } else { 0 }, ..Tally::default() },
    })
}

/// A later reading never blanks what is known, and never changes it unseen.
fn receive(next: &mut Pack, is: Option<&Particulars>) -> Result<(), Refusal> {
    if next.state != State::Expected {
        return Err(Refusal::AlreadyReceived { state: next.state });
    }
    if let Some(is) = is {
        if !is.product.is_empty() && is.product != next.product {
            return Err(Refusal::OtherProduct { known: next.product.clone() });
        }
        if !is.lot.is_empty() && is.lot != next.lot {
            return Err(Refusal::OtherLot { known: next.lot.clone(), read: is.lot.clone() });
        }
        next.made = next.made.or(is.made);
        if let (Some(known), Some(read)) = (next.expiry, is.expiry)
            && known != read
        {
            return Err(Refusal::OtherExpiry { known, read });
        }
        next.expiry = next.expiry.or(is.expiry);
    }
    next.state = State::Arrived;
    next.held = next.units;
    next.tally.received = next.units;
    Ok(())
}

fn return_from_patient(pack: &Pack, next: &mut Pack, units: u32) -> Result<(), Refusal> {
    alive(pack)?;
    let out = pack.tally.dispensed - pack.tally.back;
    if units == 0 {
        return Err(Refusal::NoUnits);
    }
    if units > out {
        return Err(Refusal::NotThatManyOut { wanted: units, out });
    }
    next.tally.back += units;
    next.held += units;
    next.from_patient = true;
    settle(next, State::Quarantined);
    Ok(())
}

fn release(pack: &Pack, next: &mut Pack, today: Day) -> Result<(), Refusal> {
    if pack.from_patient {
        return Err(Refusal::FromPatient);
    }
    if pack.held == 0 || !matches!(pack.state, State::Quarantined | State::Shelf) {
        return Err(Refusal::NotHeld { state: pack.state });
    }
    fit_for_use(pack, today)?;
    next.shelf += pack.held;
    next.held = 0;
    next.state = State::Shelf;
    Ok(())
}

fn destroy(pack: &Pack, next: &mut Pack) -> Result<(), Refusal> {
    if pack.held == 0 || pack.state == State::Arrived {
        alive(pack)?;
        return Err(Refusal::NotHeld { state: pack.state });
    }
    next.tally.destroyed += pack.held;
    next.held = 0;
    settle(next, State::Destroyed);
    Ok(())
}

fn lose(pack: &Pack, next: &mut Pack, units: u32) -> Result<(), Refusal> {
    if units == 0 {
        return Err(Refusal::NoUnits);
    }
    if units > pack.in_house() {
        alive(pack)?;
        return Err(Refusal::TooMany { wanted: units, left: pack.in_house() });
    }
    next.tally.lost += units;
    let from_shelf = units.min(pack.shelf);
    next.shelf -= from_shelf;
    next.held -= units - from_shelf;
    settle(next, State::Missing);
    Ok(())
}

fn find(pack: &Pack, next: &mut Pack, units: u32) -> Result<(), Refusal> {
    alive(pack)?;
    let missing = pack.tally.lost - pack.tally.found;
    if units == 0 || units > missing {
        return Err(Refusal::NotThatManyMissing { wanted: units, missing });
    }
    next.tally.found += units;
    next.held += units;
    settle(next, State::Quarantined);
    Ok(())
}

fn take(next: &mut Pack, units: u32) {
    next.shelf -= units;
    next.tally.dispensed += units;
    settle(next, State::Dispensed);
}

fn hold(next: &mut Pack) {
    next.held += next.shelf;
    next.shelf = 0;
    next.state = State::Quarantined;
}

/// What is left decides where the pack stands; with nothing left it stands at `end`.
fn settle(next: &mut Pack, end: State) {
    next.state = match (next.shelf, next.held, next.state) {
        (0, 0, _) => end,
        (0, _, State::Arrived | State::Rejected) => next.state,
        (0, _, _) => State::Quarantined,
        _ => State::Shelf,
    };
}

fn must_be(pack: &Pack, states: &[State]) -> Result<(), Refusal> {
    alive(pack)?;
    if states.contains(&pack.state) { Ok(()) } else { Err(Refusal::NotNow { state: pack.state }) }
}

/// Nothing follows destruction.
fn alive(pack: &Pack) -> Result<(), Refusal> {
    match pack.state {
        State::Destroyed => Err(Refusal::Destroyed),
        State::Expected => Err(Refusal::NeverReceived),
        _ => Ok(()),
    }
}

fn fit_for_use(pack: &Pack, today: Day) -> Result<(), Refusal> {
    if pack.recall.is_some() {
        return Err(Refusal::Recalled);
    }
    match pack.expiry {
        Some(expiry) if pack.is_expired(today) => Err(Refusal::Expired { expiry }),
        _ => Ok(()),
    }
}

/// Every reason to stop at the counter, the gravest first.
pub fn dispensable(pack: &Pack, today: Day) -> Result<(), Refusal> {
    alive(pack)?;
    if pack.is_case() {
        return Err(Refusal::CaseNotPack);
    }
    fit_for_use(pack, today)?;
    match pack.state {
        State::Shelf => Ok(()),
        State::Quarantined => Err(Refusal::Quarantined),
        State::Dispensed => Err(Refusal::AlreadyDispensed),
        State::Arrived => Err(Refusal::NotAccepted),
        state => Err(Refusal::NotNow { state }),
    }
}
