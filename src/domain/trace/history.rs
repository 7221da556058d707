//! A pack's life as events, and the fold that gives its present state. A mistake is taken back by an event that names it.
use super::ledger::{Change, step};
use super::pack::Pack;
use super::refusal::Refusal;
use crate::domain::instant::Instant;

/// The row of an event: which station wrote it, in which stream, as which.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventKey {
    pub station: String,
    pub stream: String,
    pub seq: u64,
}

impl std::fmt::Display for EventKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}/{}", self.station, self.stream, self.seq)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    Changed(Change),
    /// Takes back one earlier event of the same pack.
    Reversed {
        of: EventKey,
        reason: String,
    },
}

impl What {
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Changed(change) => change.kind(),
            Self::Reversed { .. } => "reverse",
        }
    }
}

/// What an event belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Context {
    /// Despatch list, return slip, destruction record or dispensing.
    pub bill: String,
    pub partner: String,
    pub visit: Option<i64>,
    pub patient: Option<i64>,
    /// Line of the prescription, from 0.
    pub line: Option<u16>,
}

/// What is about to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEvent {
    pub code: String,
    pub what: What,
    pub context: Context,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    pub key: EventKey,
    pub at: Instant,
    pub actor: String,
    pub event: NewEvent,
}

/// The pack after all that happened and was not taken back.
pub fn fold(code: &str, events: &[Event]) -> Result<Option<Pack>, Refusal> {
    let mut pack = None;
    for event in events.iter().filter(|event| !is_reversed(event, events)) {
        if let What::Changed(change) = &event.event.what {
            pack = Some(step(code, pack.as_ref(), change, event.at.day())?);
        }
    }
    Ok(pack)
}

fn is_reversed(event: &Event, events: &[Event]) -> bool {
    events
        .iter()
        .any(|other| matches!(&other.event.what, What::Reversed { of, .. } if *of == event.key))
}

/// The pack after one event is taken back: only the last that still counts can be.
pub fn reversed(code: &str, events: &[Event], of: &EventKey) -> Result<Option<Pack>, Refusal> {
    let target = events
        .iter()
        .find(|event| event.key == *of && matches!(event.event.what, What::Changed(_)))
        .ok_or(Refusal::NothingToReverse)?;
    if is_reversed(target, events) {
        return Err(Refusal::AlreadyReversed);
    }
    let last = last_effective(events).ok_or(Refusal::NothingToReverse)?;
    if last.key != *of {
        return Err(Refusal::NotTheLast);
    }
    let rest: Vec<Event> = events.iter().filter(|event| event.key != *of).cloned().collect();
    fold(code, &rest)
}

/// The changes that were not taken back, oldest first.
pub fn effective(events: &[Event]) -> Vec<&Event> {
    events
        .iter()
        .filter(|event| matches!(event.event.what, What::Changed(_)) && !is_reversed(event, events))
        .collect()
}

/// The last event that was not taken back.
pub fn last_effective(events: &[Event]) -> Option<&Event> {
    events
        .iter()
        .rev()
        .find(|event| matches!(event.event.what, What::Changed(_)) && !is_reversed(event, events))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::ledger::{Particulars, TwoNames};
    use super::super::pack::State;
    use super::*;
    use crate::domain::age::Day;

    const CODE: &str = "81234567890123456789";

    fn today() -> Day {
        Day::new(2026, 11, 24).unwrap()
    }

    fn is(units: u32) -> Particulars {
        Particulars {
            product: "amoxicillin-0.25".to_owned(),
            lot: "A1".to_owned(),
            expiry: Day::new(2027, 12, 31),
            units,
            ..Particulars::default()
        }
    }

    fn names() -> TwoNames {
        TwoNames { first: "王建国".to_owned(), second: "李梅".to_owned() }
    }

    fn any_change() -> impl Strategy<Value = Change> {
        let reason = || "x".to_owned();
        prop_oneof![
            1 => Just(Change::Expect { is: is(12) }),
            1 => Just(Change::Receive { is: Some(is(12)), reason: String::new() }),
            1 => Just(Change::Receive { is: None, reason: String::new() }),
            3 => Just(Change::Accept),
            1 => Just(Change::Reject { reason: reason() }),
            1 => Just(Change::Move { place: "A".to_owned() }),
            1 => Just(Change::OpenCase),
            2 => Just(Change::DispenseWhole),
            4 => (0u32..14).prop_map(|units| Change::DispensePart { units }),
            2 => (0u32..14).prop_map(move |units| Change::ReturnFromPatient { units, reason: "x".to_owned() }),
            1 => Just(Change::ReturnToSupplier { reason: reason() }),
            1 => Just(Change::Quarantine { reason: reason() }),
            2 => Just(Change::Release { reason: reason(), names: names() }),
            1 => Just(Change::Destroy { reason: reason(), names: names() }),
            1 => (0u32..14).prop_map(move |units| Change::CountLoss { units, reason: "x".to_owned() }),
            1 => (0u32..14).prop_map(move |units| Change::CountGain { units, reason: "x".to_owned() }),
            1 => Just(Change::Recall { recall: "R1".to_owned() }),
            1 => Just(Change::LostLabel { reason: reason(), names: names() }),
        ]
    }

    fn event(seq: u64, what: What) -> Event {
        let key = EventKey { station: "s".to_owned(), stream: "trace".to_owned(), seq };
        let event = NewEvent { code: CODE.to_owned(), what, context: Context::default() };
        Event { key, at: Instant::start_of(today()), actor: "w".to_owned(), event }
    }

    /// What was permitted of a random life, with the pack after it.
    fn live(changes: Vec<Change>) -> (Vec<Event>, Option<Pack>) {
        let (mut events, mut pack) = (vec![], None);
        for change in changes {
            if let Ok(next) = step(CODE, pack.as_ref(), &change, today()) {
                pack = Some(next);
                events.push(event(events.len() as u64 + 1, What::Changed(change)));
            }
        }
        (events, pack)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(600))]

        #[test]
        fn units_that_came_less_those_that_went_are_in_the_house(changes in prop::collection::vec(any_change(), 0..40)) {
            let mut pack: Option<Pack> = None;
            for change in changes {
                let Ok(next) = step(CODE, pack.as_ref(), &change, today()) else { continue };
                prop_assert!(next.adds_up(), "{change:?} {next:?}");
                prop_assert!(next.in_house() <= next.units, "{change:?} {next:?}");
                prop_assert!(next.tally.back <= next.tally.dispensed);
                pack = Some(next);
            }
        }

        #[test]
        fn a_code_is_never_dispensed_whole_twice_and_parts_never_exceed_the_pack(
            changes in prop::collection::vec(any_change(), 0..60)
        ) {
            let (events, _) = live(changes);
            let (mut whole, mut parts) = (0, 0);
            for event in &events {
                match &event.event.what {
                    What::Changed(Change::DispenseWhole) => whole += 1,
                    What::Changed(Change::DispensePart { units }) => parts += units,
                    _ => {}
                }
            }
            prop_assert!(whole <= 1);
            prop_assert!(whole == 0 || parts == 0);
            prop_assert!(parts <= 12, "parts {parts}");
        }

        #[test]
        fn nothing_follows_destruction_and_what_a_patient_had_never_reaches_the_shelf(
            changes in prop::collection::vec(any_change(), 0..60)
        ) {
            let mut pack: Option<Pack> = None;
            for change in changes {
                let Ok(next) = step(CODE, pack.as_ref(), &change, today()) else { continue };
                if let Some(before) = &pack {
                    prop_assert!(before.state != State::Destroyed, "{change:?}");
                    if before.from_patient {
                        prop_assert!(next.shelf <= before.shelf, "{change:?}");
                    }
                }
                pack = Some(next);
            }
        }

        #[test]
        fn the_fold_of_a_life_is_the_pack_and_taking_back_the_last_is_the_life_without_it(
            changes in prop::collection::vec(any_change(), 1..30)
        ) {
            let (mut events, pack) = live(changes);
            prop_assert_eq!(fold(CODE, &events).unwrap(), pack);
            let Some(last) = events.last().cloned() else { return Ok(()) };
            let before = fold(CODE, &events[..events.len() - 1]).unwrap();
            prop_assert_eq!(&reversed(CODE, &events, &last.key).unwrap(), &before);
            events.push(event(
                events.len() as u64 + 1,
                What::Reversed { of: last.key.clone(), reason: "错扫".to_owned() },
            ));
            prop_assert_eq!(fold(CODE, &events).unwrap(), before);
            prop_assert_eq!(reversed(CODE, &events, &last.key), Err(Refusal::AlreadyReversed));
        }
    }

    #[test]
    fn only_the_last_event_can_be_taken_back() {
        let (events, _) =
            live(vec![Change::Receive { is: Some(is(12)), reason: String::new() }, Change::Accept]);
        assert_eq!(reversed(CODE, &events, &events[0].key), Err(Refusal::NotTheLast));
        let back = reversed(CODE, &events, &events[1].key).unwrap().unwrap();
        assert_eq!((back.state, back.held), (State::Arrived, 12));
    }

    #[test]
    fn each_stop_at_the_counter_is_told_apart() {
        let dispense = |life: Vec<Change>, day: Day| {
            let (_, pack) = live(life);
            step(CODE, pack.as_ref(), &Change::DispenseWhole, day).unwrap_err()
        };
        let in_stock =
            || vec![Change::Receive { is: Some(is(12)), reason: String::new() }, Change::Accept];
        let with = |change: Change| [in_stock(), vec![change]].concat();
        let reason = || "x".to_owned();
        let stops = [
            dispense(vec![], today()),
            dispense(in_stock(), Day::new(2028, 1, 1).unwrap()),
            dispense(with(Change::Recall { recall: "R".to_owned() }), today()),
            dispense(with(Change::Quarantine { reason: reason() }), today()),
            dispense(with(Change::DispenseWhole), today()),
            Refusal::WrongDrug { product: "x".to_owned() },
        ];
        let bells: std::collections::BTreeSet<u8> = stops.iter().map(Refusal::bells).collect();
        let words: std::collections::BTreeSet<&str> = stops.iter().map(Refusal::word).collect();
        assert_eq!((bells.len(), words.len()), (6, 6), "{stops:?}");
        assert_eq!(
            dispense(with(Change::DispensePart { units: 3 }), today()),
            Refusal::OpenPack { left: 9, of: 12 }
        );
        let case = Particulars { level: 2, ..is(0) };
        let (_, case) =
            live(vec![Change::Receive { is: Some(case), reason: String::new() }, Change::Accept]);
        assert_eq!(
            step(CODE, case.as_ref(), &Change::DispenseWhole, today()),
            Err(Refusal::CaseNotPack)
        );
    }

    #[test]
    fn a_later_read_neither_blanks_nor_changes_lot_and_expiry() {
        let (_, pack) = live(vec![Change::Expect { is: is(12) }]);
        let read = |lot: &str, expiry| Particulars {
            lot: lot.to_owned(),
            expiry,
            ..Particulars::default()
        };
        let blank = step(
            CODE,
            pack.as_ref(),
            &Change::Receive { is: Some(read("", None)), reason: String::new() },
            today(),
        )
        .unwrap();
        assert_eq!((blank.lot.as_str(), blank.expiry), ("A1", Day::new(2027, 12, 31)));
        let other = step(
            CODE,
            pack.as_ref(),
            &Change::Receive { is: Some(read("B2", None)), reason: String::new() },
            today(),
        );
        assert!(matches!(other, Err(Refusal::OtherLot { .. })));
        let other = step(
            CODE,
            pack.as_ref(),
            &Change::Receive { is: Some(read("A1", Day::new(2027, 1, 1))), reason: String::new() },
            today(),
        );
        assert!(matches!(other, Err(Refusal::OtherExpiry { .. })));
    }

    #[test]
    fn destruction_and_lost_labels_need_two_people() {
        let (_, pack) = live(vec![
            Change::Receive { is: Some(is(12)), reason: String::new() },
            Change::Accept,
            Change::Quarantine { reason: String::new() },
        ]);
        let alone = TwoNames { first: "王".to_owned(), second: "王 ".to_owned() };
        let change = Change::Destroy { reason: "过期".to_owned(), names: alone.clone() };
        assert_eq!(step(CODE, pack.as_ref(), &change, today()), Err(Refusal::TwoNamesNeeded));
        let change = Change::LostLabel { reason: "磨损".to_owned(), names: alone };
        assert_eq!(step(CODE, pack.as_ref(), &change, today()), Err(Refusal::TwoNamesNeeded));
    }
}
