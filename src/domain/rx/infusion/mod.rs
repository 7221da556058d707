//! What is run into a vein: solvents, mixtures, concentration and speed.
mod figures;
pub mod speed;

use super::{Desk, Missing, rule};
use crate::domain::catalog::formulary::RuleKind;

/// A solvent as written -> `NS`, `GS`, `GNS`, `LR`, `RS`, `WFI`; `None` = not written or not known.
pub fn solvent(text: &str) -> Option<&'static str> {
    let text: String = text
        .chars()
        .map(super::units::half_width)
        .filter(|c| !c.is_whitespace())
        .collect::<String>()
        .to_uppercase();
    if text.is_empty() {
        return None;
    }
    let has = |words: &[&str]| words.iter().any(|w| text.contains(w));
    if has(&["GNS", "葡萄糖氯化钠", "糖盐"]) {
        Some("GNS")
    } else if has(&["乳酸钠林格", "乳酸林格", "平衡液", "平衡盐", "LR"]) {
        Some("LR")
    } else if has(&["林格", "复方氯化钠", "RS"]) {
        Some("RS")
    } else if has(&["GS", "葡萄糖"]) {
        Some("GS")
    } else if has(&["NS", "氯化钠", "生理盐水", "盐水"]) {
        Some("NS")
    } else if has(&["注射用水", "WFI", "SWFI", "灭菌水"]) {
        Some("WFI")
    } else {
        None
    }
}

/// Fluids that carry others.
pub(super) fn is_carrier(id: &str) -> bool {
    matches!(
        id,
        "sodium-chloride"
            | "glucose"
            | "glucose-sodium-chloride"
            | "compound-sodium-chloride"
            | "sodium-lactate-ringer"
            | "water-for-injection"
            | "sterile-water"
    )
}

pub(super) fn check(desk: &mut Desk<'_>) {
    rule::run(desk, RuleKind::Infusion);
    figures::check(desk);
    let mut gaps = vec![];
    for order in desk.known().filter(|o| o.route == "ivgtt") {
        let asks = desk.formulary.rules.iter().any(|r| {
            r.kind == RuleKind::Infusion
                && order.is_any(&r.drugs)
                && !(r.solvent_is.is_empty() && r.solvent_not.is_empty())
        });
        if asks && solvent(&order.item.solvent).is_none() {
            gaps.push((Missing::Solvent, order.line, order.name.clone()));
        }
    }
    for (kind, line, what) in gaps {
        desk.gaps.say(kind, line, &what);
    }
}

#[cfg(test)]
mod tests {
    use super::solvent;

    #[test]
    fn solvents_are_known_by_their_usual_names() {
        for (text, want) in [
            ("NS100ml", Some("NS")),
            ("0.9%氯化钠注射液 250ml", Some("NS")),
            ("５％葡萄糖注射液", Some("GS")),
            ("5%GNS 500ml", Some("GNS")),
            ("葡萄糖氯化钠注射液", Some("GNS")),
            ("复方氯化钠注射液", Some("RS")),
            ("乳酸钠林格注射液", Some("LR")),
            ("灭菌注射用水", Some("WFI")),
            ("", None),
            ("牛奶", None),
        ] {
            assert_eq!(solvent(text), want, "{text}");
        }
    }
}
