//! One written dose against one row of the label.
use crate::domain::{
    catalog::formulary::{Amount, Dose, Tier},
    rx::{
        order::Order,
        units::{self, Measure},
    },
};

/// The written single dose in base units.
pub(super) struct Amounts<'a, 'b> {
    pub measure: Measure,
    pub dose: f64,
    pub weight: Option<f64>,
    pub order: &'a Order<'b>,
}

#[derive(Debug)]
pub(super) struct Finding {
    pub tier: Tier,
    pub rule: &'static str,
    pub words: String,
    pub instead: String,
    pub too_much: bool,
    /// So far off that a unit or a decimal point must be wrong.
    pub slip: bool,
}

#[derive(Debug, Default)]
pub(super) struct Verdict {
    /// `None` = within the row.
    pub tier: Option<Tier>,
    pub findings: Vec<Finding>,
}

/// Lower and upper end in base units, and how the row's unit is written.
struct Range {
    measure: Measure,
    min: f64,
    max: f64,
    unit: String,
    by_weight: bool,
}

fn range(absolute: Option<&Amount>, per_kg: Option<&Amount>, weight: Option<f64>) -> Option<Range> {
    let base = |a: &Amount, times: f64, by_weight: bool| {
        let (measure, factor) = units::unit(&a.unit)?;
        Some(Range {
            measure,
            min: a.min * factor * times,
            max: a.max * factor * times,
            unit: a.unit.clone(),
            by_weight,
        })
    };
    let whole = absolute.and_then(|a| base(a, 1.0, false));
    let scaled = per_kg.zip(weight).and_then(|(a, w)| base(a, w, true));
    match (whole, scaled) {
        (Some(whole), Some(scaled)) if whole.measure == scaled.measure => {
            // A heavy child never needs more than the absolute limit.
            let capped = scaled.max > whole.max;
            Some(Range {
                max: scaled.max.min(whole.max),
                min: scaled.min.min(whole.max),
                by_weight: !capped,
                ..scaled
            })
        }
        (_, Some(scaled)) => Some(scaled),
        (whole, None) => whole,
    }
}

fn show(base: f64, measure: Measure, range: &Range) -> String {
    units::show(base, measure, &range.unit)
}

const CLOSE: f64 = 1.000_001;
/// Rounding to what a spoon or half a tablet gives.
const CLOSE_BY_WEIGHT: f64 = 1.1;
const FAR: f64 = 1.5;
const SLIP: f64 = 5.0;

impl Amounts<'_, '_> {
    /// `None` = units do not meet, or only the weight would tell.
    pub fn against(&self, row: &Dose) -> Option<Verdict> {
        let mut verdict = Verdict::default();
        let mut met = false;
        if let Some(range) = range(row.single.as_ref(), row.single_kg.as_ref(), self.weight) {
            let single = self.order.turned(self.dose, self.measure, range.measure);
            if let Some(value) = kindest(&single, &range) {
                met = true;
                self.single(value, &range, row, &mut verdict);
            }
        }
        let daily_range = range(row.daily.as_ref(), row.daily_kg.as_ref(), self.weight);
        let often = self.order.often;
        // "As needed" alone tells no number of times.
        let times = match often {
            Some(o) if o.once => Some(1.0),
            Some(o) if o.a_day > 0.0 => Some(o.a_day),
            _ => None,
        };
        if let (Some(range), Some(times)) = (daily_range, times) {
            let daily = self.order.turned(self.dose * times, self.measure, range.measure);
            if let Some(value) = kindest(&daily, &range) {
                met = true;
                let as_needed = often.is_some_and(|o| o.as_needed || o.once || o.every_days > 1.1);
                self.daily(value, &range, as_needed, &mut verdict);
            }
        }
        verdict.tier = verdict.findings.iter().map(|f| f.tier).max();
        met.then_some(verdict)
    }

    fn single(&self, value: f64, range: &Range, row: &Dose, verdict: &mut Verdict) {
        let close = if range.by_weight { CLOSE_BY_WEIGHT } else { CLOSE };
        let ratio = if range.max > 0.0 { value / range.max } else { 1.0 };
        let weight = self.by_weight(range);
        let usual = format!(
            "单次{}–{}{weight}",
            show(range.min, range.measure, range),
            show(range.max, range.measure, range)
        );
        let written = show(value, range.measure, range);
        if ratio > close {
            let slip = ratio >= SLIP;
            let tier = if ratio >= FAR - 1e-6 { Tier::Stop } else { Tier::Warn };
            let hint = if slip { "，疑似单位或小数点写错" } else { "" };
            verdict.findings.push(Finding {
                tier,
                rule: if slip { "dose-slip" } else { "dose-single" },
                words: format!(
                    "单次{written}，是上限{}的{}倍{hint}",
                    show(range.max, range.measure, range),
                    units::plain((ratio * 10.0).round() / 10.0)
                ),
                instead: usual,
                too_much: true,
                slip,
            });
        } else if range.min > 0.0 && value < range.min / 10.0 * 0.999 {
            verdict.findings.push(Finding {
                tier: Tier::Stop,
                rule: "dose-slip",
                words: format!(
                    "单次{written}，不到常用下限{}的1/10，疑似单位或小数点写错",
                    show(range.min, range.measure, range)
                ),
                instead: usual,
                too_much: false,
                slip: true,
            });
        } else if range.min > 0.0 && value < range.min * 0.9 && row.indication.is_empty() {
            verdict.findings.push(Finding {
                tier: Tier::Note,
                rule: "dose-low",
                words: format!(
                    "单次{written}，低于常用下限{}",
                    show(range.min, range.measure, range)
                ),
                instead: usual,
                too_much: false,
                slip: false,
            });
        }
    }

    fn daily(&self, value: f64, range: &Range, as_needed: bool, verdict: &mut Verdict) {
        let close = if range.by_weight { CLOSE_BY_WEIGHT } else { CLOSE };
        let ratio = if range.max > 0.0 { value / range.max } else { 1.0 };
        let weight = self.by_weight(range);
        let usual = format!(
            "每日{}–{}{weight}",
            show(range.min, range.measure, range),
            show(range.max, range.measure, range)
        );
        let written = show(value, range.measure, range);
        if ratio > close {
            let tier = if ratio >= FAR - 1e-6 { Tier::Stop } else { Tier::Warn };
            verdict.findings.push(Finding {
                tier,
                rule: "dose-daily",
                words: format!(
                    "一日合计{written}，是上限{}的{}倍",
                    show(range.max, range.measure, range),
                    units::plain((ratio * 10.0).round() / 10.0)
                ),
                instead: usual,
                too_much: true,
                slip: ratio >= SLIP,
            });
        } else if range.min > 0.0
            && value < range.min * 0.7
            && !as_needed
            && verdict.findings.is_empty()
        {
            verdict.findings.push(Finding {
                tier: Tier::Note,
                rule: "dose-low",
                words: format!(
                    "一日合计{written}，低于常用下限{}",
                    show(range.min, range.measure, range)
                ),
                instead: usual,
                too_much: false,
                slip: false,
            });
        }
    }

    fn by_weight(&self, range: &Range) -> String {
        match self.weight {
            Some(weight) if range.by_weight => format!("（按{}kg）", units::plain(weight)),
            _ => String::new(),
        }
    }
}

/// Of the amounts that unwritten strengths allow, the one nearest to the range.
fn kindest(values: &[f64], range: &Range) -> Option<f64> {
    let off = |v: f64| {
        if v > range.max && range.max > 0.0 {
            v / range.max
        } else if v < range.min && v > 0.0 {
            range.min / v
        } else {
            0.0
        }
    };
    values.iter().copied().min_by(|a, b| off(*a).total_cmp(&off(*b)))
}
