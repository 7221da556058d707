//! 拆零: which packs give how many units. An open pack is finished first; the flag of a split is derived, never typed.
use super::pack::{Pack, State};
use super::stock::fefo;
use crate::domain::age::Day;

/// What one pack gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Portion {
    pub code: String,
    pub units: u32,
    /// Less than the whole unopened pack: `trdn_flag` 1.
    pub split: bool,
}

/// The portion that these units of a pack are.
pub fn portion(pack: &Pack, units: u32) -> Portion {
    let whole = units == pack.units && pack.shelf == pack.units && pack.tally.dispensed == 0;
    Portion { code: pack.code.clone(), units, split: !whole }
}

/// Proposes packs for a number of units, by expiry; `Err` = so many units are missing.
pub fn plan(wanted: u32, packs: &[Pack], today: Day) -> Result<Vec<Portion>, u32> {
    let mut fit: Vec<Pack> = packs
        .iter()
        .filter(|pack| {
            pack.state == State::Shelf
                && pack.shelf > 0
                && pack.recall.is_none()
                && !pack.is_expired(today)
        })
        .cloned()
        .collect();
    fefo(&mut fit);
    let (mut left, mut portions) = (wanted, vec![]);
    for pack in &fit {
        if left == 0 {
            break;
        }
        let units = left.min(pack.shelf);
        portions.push(portion(pack, units));
        left -= units;
    }
    if left == 0 { Ok(portions) } else { Err(left) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::trace::pack::Tally;

    fn pack(code: &str, shelf: u32, month: i8) -> Pack {
        Pack {
            code: code.to_owned(),
            product: "p".to_owned(),
            lot: "L".to_owned(),
            made: None,
            expiry: Day::new(2027, month, 1),
            level: 1,
            parent: None,
            units: 24,
            state: if shelf > 0 { State::Shelf } else { State::Dispensed },
            shelf,
            held: 0,
            place: String::new(),
            label_lost: false,
            from_patient: false,
            recall: None,
            tally: Tally { received: 24, dispensed: 24 - shelf, ..Tally::default() },
        }
    }

    #[test]
    fn the_first_to_expire_gives_first_and_a_whole_pack_is_no_split() {
        let today = Day::new(2026, 11, 24).unwrap();
        let packs = [pack("c", 24, 6), pack("b", 10, 6), pack("a", 24, 9), pack("old", 24, 1)];
        let plan = plan(60, &packs, today).unwrap();
        let told: Vec<(&str, u32, bool)> =
            plan.iter().map(|p| (p.code.as_str(), p.units, p.split)).collect();
        assert_eq!(told, [("old", 24, false), ("b", 10, true), ("c", 24, false), ("a", 2, true)]);
        assert_eq!(super::plan(1, &packs, Day::new(2028, 1, 1).unwrap()), Err(1));
    }

    proptest! {
        #[test]
        fn a_plan_gives_exactly_what_was_asked_and_no_pack_more_than_it_has(
            wanted in 1u32..200, shelves in prop::collection::vec(0u32..=24, 0..9)
        ) {
            let packs: Vec<Pack> = shelves.iter().enumerate().map(|(n, shelf)| pack(&n.to_string(), *shelf, 1 + n as i8)).collect();
            let there: u32 = shelves.iter().sum();
            match plan(wanted, &packs, Day::new(2026, 11, 24).unwrap()) {
                Ok(portions) => {
                    prop_assert_eq!(portions.iter().map(|p| p.units).sum::<u32>(), wanted);
                    for portion in portions {
                        let pack = packs.iter().find(|p| p.code == portion.code).unwrap();
                        prop_assert!(portion.units <= pack.shelf);
                        prop_assert_eq!(portion.split, portion.units < 24 );
                    }
                }
                Err(missing) => prop_assert_eq!(missing, wanted - there),
            }
        }
    }
}
