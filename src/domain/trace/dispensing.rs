//! Scans against a signed prescription: which line a pack belongs to, how much of it, and when the sheet is complete.
use super::pack::Pack;
use super::product::Product;
use super::refusal::Refusal;
use super::split::{Portion, portion};

/// A line of the prescription with what it still wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Line of the prescription, from 0.
    pub line: u16,
    pub drug: Option<String>,
    pub name: String,
    pub strength: String,
    /// As prescribed: `2` `盒`. `None` = not said; one pack is taken and the pharmacist sees it.
    pub quantity: Option<u32>,
    pub quantity_unit: String,
    /// Units already taken for it.
    pub taken: u32,
}

impl Wanted {
    /// Units of this product that the line asks for in all.
    pub fn units_of(&self, product: &Product) -> u32 {
        let quantity = self.quantity.unwrap_or(1);
        let unit = self.quantity_unit.trim();
        let by_pack = unit.is_empty()
            || unit == product.pack_unit
            || matches!(unit, "盒" | "瓶" | "袋" | "支") && unit != product.unit;
        if by_pack { quantity.saturating_mul(product.units) } else { quantity }
    }

    fn fits(&self, product: &Product) -> Result<bool, Refusal> {
        let same_drug = match (&self.drug, &product.drug) {
            (Some(asked), Some(is)) => asked == is,
            _ => self.name.trim() == product.name.trim(),
        };
        if !same_drug {
            return Ok(false);
        }
        let (asked, is) = (bare(&self.strength), bare(&product.strength));
        if !asked.is_empty() && !is.is_empty() && asked != is {
            return Err(Refusal::WrongStrength {
                asked: self.strength.clone(),
                product: product.label(),
            });
        }
        Ok(true)
    }
}

fn bare(strength: &str) -> String {
    strength
        .chars()
        .filter(|c| !c.is_whitespace())
        .map(crate::domain::age::half_width)
        .collect::<String>()
        .to_lowercase()
}

/// What a scanned pack gives to which line; `units` when the pharmacist says a number. Does not change the ledger.
pub fn assign(
    wanted: &[Wanted],
    (pack, product): (&Pack, &Product),
    units: Option<u32>,
) -> Result<(u16, Portion), Refusal> {
    let mut strength = None;
    let mut full = None;
    for line in wanted {
        match line.fits(product) {
            Ok(false) => {}
            Err(refusal) => strength = Some(refusal),
            Ok(true) => {
                let open = line.units_of(product).saturating_sub(line.taken);
                if open == 0 {
                    full = Some(Refusal::LineFull { name: line.name.clone() });
                    continue;
                }
                let give = units.unwrap_or_else(|| open.min(pack.shelf));
                if give == 0 {
                    return Err(Refusal::NoUnits);
                }
                if give > open {
                    return Err(Refusal::TooMany { wanted: give, left: open });
                }
                if give > pack.shelf {
                    return Err(Refusal::TooMany { wanted: give, left: pack.shelf });
                }
                return Ok((line.line, portion(pack, give)));
            }
        }
    }
    Err(full.or(strength).unwrap_or_else(|| Refusal::WrongDrug { product: product.label() }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::trace::pack::{State, Tally};

    fn product() -> Product {
        Product {
            id: "amx".to_owned(),
            name: "阿莫西林胶囊".to_owned(),
            strength: "0.25g".to_owned(),
            drug: Some("amoxicillin".to_owned()),
            units: 24,
            unit: "粒".to_owned(),
            pack_unit: "盒".to_owned(),
            ..Product::default()
        }
    }

    fn pack(shelf: u32) -> Pack {
        Pack {
            code: "8".to_owned(),
            product: "amx".to_owned(),
            lot: String::new(),
            made: None,
            expiry: None,
            level: 1,
            parent: None,
            units: 24,
            state: State::Shelf,
            shelf,
            held: 0,
            place: String::new(),
            label_lost: false,
            from_patient: false,
            recall: None,
            tally: Tally { received: 24, dispensed: 24 - shelf, ..Tally::default() },
        }
    }

    fn wanted(quantity: u32, unit: &str, taken: u32) -> Wanted {
        Wanted {
            line: 0,
            drug: Some("amoxicillin".to_owned()),
            name: "阿莫西林胶囊".to_owned(),
            strength: "0.25 g".to_owned(),
            quantity: Some(quantity),
            quantity_unit: unit.to_owned(),
            taken,
        }
    }

    #[test]
    fn boxes_and_capsules_are_told_apart() {
        let given = |wanted: Wanted, shelf| assign(&[wanted], (&pack(shelf), &product()), None);
        assert_eq!(
            given(wanted(2, "盒", 0), 24).unwrap().1,
            Portion { code: "8".to_owned(), units: 24, split: false }
        );
        assert_eq!(given(wanted(30, "粒", 24), 24).unwrap().1.units, 6);
        assert!(given(wanted(30, "粒", 24), 24).unwrap().1.split);
        assert_eq!(
            given(wanted(2, "盒", 48), 24),
            Err(Refusal::LineFull { name: "阿莫西林胶囊".to_owned() })
        );
    }

    #[test]
    fn another_drug_or_strength_stops() {
        let other = Wanted { drug: Some("ambroxol".to_owned()), ..wanted(1, "盒", 0) };
        assert!(matches!(
            assign(&[other], (&pack(24), &product()), None),
            Err(Refusal::WrongDrug { .. })
        ));
        let other = Wanted { strength: "0.5g".to_owned(), ..wanted(1, "盒", 0) };
        assert!(matches!(
            assign(&[other], (&pack(24), &product()), None),
            Err(Refusal::WrongStrength { .. })
        ));
    }
}
