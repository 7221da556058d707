//! How fast and into how much: `40滴/分`, `60ml/h`, `30分钟滴完`, `NS 100ml` as figures.
use crate::domain::rx::units;

/// Drops of the usual set that make one millilitre.
pub const DROPS_A_ML: f64 = 20.0;

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Speed {
    MlPerHour(f64),
    /// The whole volume in this time.
    Minutes(f64),
}

impl Speed {
    /// The minutes that a volume takes; `None` = neither speed nor volume tells.
    pub fn minutes(self, volume_ml: Option<f64>) -> Option<f64> {
        match self {
            Self::Minutes(minutes) => Some(minutes),
            Self::MlPerHour(rate) if rate > 0.0 => Some(volume_ml? / rate * 60.0),
            Self::MlPerHour(_) => None,
        }
    }
}

const DROPS: &[&str] = &["滴/分钟", "滴/分", "滴/min", "滴每分钟", "滴每分", "gtt/min"];
const ML_PER_MINUTE: &[&str] = &["ml/min", "ml/分钟", "ml/分", "毫升/分钟", "毫升/分"];
const ML_PER_HOUR: &[&str] = &["ml/小时", "ml/h", "毫升/小时", "毫升/h"];
const MINUTES: &[&str] = &["分钟", "min", "分"];
const HOURS: &[&str] = &["小时", "h"];
/// Words that make a time the time of an infusion and not of something else.
const ENDS: &[&str] = &["滴完", "滴注完", "滴注", "输完", "输注", "泵完", "泵入", "静滴", "推完"];
const MORE: &[&str] = &["以上", "内", "左右"];

fn first<'w>(text: &str, words: &[&'w str]) -> Option<&'w str> {
    words.iter().copied().filter(|w| text.starts_with(w)).max_by_key(|w| w.len())
}

/// A speed that `text` (half-width, lower case) begins with, and the bytes it takes. Of a range the faster end counts.
pub fn leading_speed(text: &str) -> Option<(Speed, usize)> {
    let (low, mut rest) = units::number(text)?;
    let mut high = low;
    if let Some(after) = rest.strip_prefix(['-', '~', '–']).or_else(|| rest.strip_prefix('至'))
        && let Some((to, after)) = units::number(after)
    {
        (high, rest) = (to.max(low), after);
    }
    let rest = rest.trim_start();
    let at = |rest: &str| text.len() - rest.len();
    if let Some(word) = first(rest, DROPS) {
        let end = at(&rest[word.len()..]);
        return Some((Speed::MlPerHour(high / DROPS_A_ML * 60.0), end));
    }
    if let Some(word) = first(rest, ML_PER_MINUTE) {
        return Some((Speed::MlPerHour(high * 60.0), at(&rest[word.len()..])));
    }
    if let Some(word) = first(rest, ML_PER_HOUR) {
        return Some((Speed::MlPerHour(high), at(&rest[word.len()..])));
    }
    let (word, factor) = match (first(rest, HOURS), first(rest, MINUTES)) {
        (Some(word), _) => (word, 60.0),
        (None, Some(word)) => (word, 1.0),
        _ => return None,
    };
    let mut rest = rest[word.len()..].trim_start();
    if let Some(more) = first(rest, MORE) {
        rest = rest[more.len()..].trim_start();
    }
    let word = first(rest, ENDS)?;
    Some((Speed::Minutes(low * factor), at(&rest[word.len()..])))
}

/// The first speed written anywhere in a text.
pub fn speed(text: &str) -> Option<Speed> {
    let text: String = text.chars().map(units::half_width).collect::<String>().to_lowercase();
    let mut before_digit = true;
    for (at, c) in text.char_indices() {
        let digit = c.is_ascii_digit() || c == '.';
        if digit
            && before_digit
            && let Some((speed, _)) = leading_speed(&text[at..])
        {
            return Some(speed);
        }
        before_digit = !digit;
    }
    None
}

/// Millilitres of a solvent as written: `NS 100ml`, `5%葡萄糖注射液 250ml`.
pub fn volume_ml(solvent: &str) -> Option<f64> {
    let text: String = solvent.chars().map(units::half_width).collect::<String>().to_lowercase();
    let mut before_digit = true;
    for (at, c) in text.char_indices() {
        let digit = c.is_ascii_digit() || c == '.';
        if digit
            && before_digit
            && let Some((value, rest)) = units::number(&text[at..])
            && ["ml", "毫升"].iter().any(|u| rest.trim_start().starts_with(u))
            && value > 0.0
        {
            return Some(value);
        }
        before_digit = !digit;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speeds_are_read_as_figures() {
        for (text, want) in [
            ("40滴/分", Some(Speed::MlPerHour(120.0))),
            ("40-60滴/分钟", Some(Speed::MlPerHour(180.0))),
            ("60ml/h", Some(Speed::MlPerHour(60.0))),
            ("２ml/min", Some(Speed::MlPerHour(120.0))),
            ("30-60分钟滴完", Some(Speed::Minutes(30.0))),
            ("滴注 1小时以上滴完", Some(Speed::Minutes(60.0))),
            ("饭后30分钟", None),
            ("q8h", None),
            ("5天", None),
        ] {
            assert_eq!(speed(text), want, "{text}");
        }
    }

    #[test]
    fn a_volume_is_not_a_percentage() {
        assert_eq!(volume_ml("5%GS 250ml"), Some(250.0));
        assert_eq!(volume_ml("0.9%氯化钠注射液 100 毫升"), Some(100.0));
        assert_eq!(volume_ml("NS"), None);
    }

    #[test]
    fn a_volume_and_a_speed_give_the_time() {
        assert_eq!(Speed::MlPerHour(120.0).minutes(Some(100.0)), Some(50.0));
        assert_eq!(Speed::MlPerHour(120.0).minutes(None), None);
        assert_eq!(Speed::Minutes(20.0).minutes(None), Some(20.0));
    }
}
