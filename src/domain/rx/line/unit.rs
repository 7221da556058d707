//! Which units a bare number may have been meant in: offered, never filled in.
use crate::domain::{
    catalog::formulary::Drug,
    rx::units::{self, Measure},
};

/// Units in which the bare number would be a possible dose of this drug, the printed strength's unit first.
pub(super) fn sensible_units(drug: &Drug, value: f64) -> Vec<String> {
    let mut found: Vec<String> = vec![];
    let mut add = |unit: &str| {
        if !found.iter().any(|u| u == unit) {
            found.push(unit.to_owned());
        }
    };
    for (_, strength) in &drug.forms {
        if let Some((number, rest)) = units::number(strength)
            && (number - value).abs() < 1e-9
            && units::unit(rest).is_some()
        {
            add(rest);
        }
    }
    let possible = |base: f64, measure: Measure| {
        drug.doses.iter().filter_map(|d| d.single.as_ref()).any(|a| {
            units::unit(&a.unit).is_some_and(|(m, f)| {
                m == measure && base >= a.min * f / 2.0 && base <= a.max * f * 1.5
            })
        })
    };
    for (unit, factor, measure) in [
        ("g", 1000.0, Measure::Mass),
        ("mg", 1.0, Measure::Mass),
        ("ug", 0.001, Measure::Mass),
        ("万IU", 10_000.0, Measure::Units),
        ("IU", 1.0, Measure::Units),
        ("ml", 1.0, Measure::Volume),
        ("滴", 1.0, Measure::Drops),
    ] {
        if possible(value * factor, measure) {
            add(unit);
        }
    }
    for piece in ["片", "粒", "袋", "支"] {
        let made = drug.forms.iter().any(|(form, _)| match piece {
            "片" => form.contains('片'),
            "粒" => form.contains("胶囊"),
            "袋" => form.contains("颗粒") || form.contains('散'),
            _ => form.contains("注射"),
        });
        if made && value <= 6.0 && (value * 4.0).fract() == 0.0 {
            add(piece);
        }
    }
    if drug
        .forms
        .iter()
        .any(|(form, _)| ["混悬液", "口服溶液", "糖浆", "口服液"].iter().any(|w| form.contains(w)))
        && (1.0..=50.0).contains(&value)
    {
        add("ml");
    }
    found
}
