//! Colours by role. A level is always a word too; here it only gets its colour.
use std::collections::BTreeMap;

use ratatui::style::{Color, Modifier, Style};
use serde::Deserialize;

/// What a piece of text is, never what colour it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    #[default]
    Base,
    Muted,
    Accent,
    Heading,
    Selected,
    Danger,
    Warning,
    Caution,
    Good,
    Bar,
    Key,
    Field,
    Border,
    Banner,
}

impl Role {
    pub const ALL: [Self; 14] = [
        Self::Base,
        Self::Muted,
        Self::Accent,
        Self::Heading,
        Self::Selected,
        Self::Danger,
        Self::Warning,
        Self::Caution,
        Self::Good,
        Self::Bar,
        Self::Key,
        Self::Field,
        Self::Border,
        Self::Banner,
    ];
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Paint {
    fg: Option<String>,
    bg: Option<String>,
    #[serde(default)]
    bold: bool,
    #[serde(default)]
    reverse: bool,
    #[serde(default)]
    underline: bool,
}

/// How many colours the terminal shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    True,
    Palette256,
    /// The themes still fit the nearest of the palette; pictures are drawn in characters.
    Sixteen,
    None,
}

#[derive(Clone, Debug)]
pub struct Theme {
    pub depth: Depth,
    styles: BTreeMap<Role, Style>,
}

const DARK: &str = include_str!("presets/dark.toml");
const LIGHT: &str = include_str!("presets/light.toml");
const MONO: &str = include_str!("presets/mono.toml");

impl Theme {
    /// `dark`, `light` or `mono`; an unknown name is `dark`. Without colours it is always `mono`.
    pub fn named(name: &str, depth: Depth) -> Self {
        let text = match (name, depth) {
            (_, Depth::None) | ("mono", _) => MONO,
            ("light", _) => LIGHT,
            _ => DARK,
        };
        let paints: BTreeMap<Role, Paint> = toml::from_str(text).unwrap_or_default();
        let base = paints.get(&Role::Base).cloned().unwrap_or_default();
        let styles = Role::ALL
            .into_iter()
            .map(|role| {
                let paint = paints.get(&role).cloned().unwrap_or_default();
                (role, style(&paint, &base, depth))
            })
            .collect();
        Self { depth, styles }
    }

    pub fn of(&self, role: Role) -> Style {
        self.styles.get(&role).copied().unwrap_or_default()
    }
}

fn style(paint: &Paint, base: &Paint, depth: Depth) -> Style {
    let mut style = Style::new();
    if let Some(fg) = paint.fg.as_ref().or(base.fg.as_ref()).and_then(|hex| rgb(hex)) {
        style = style.fg(fit(fg, depth));
    }
    if let Some(bg) = paint.bg.as_ref().or(base.bg.as_ref()).and_then(|hex| rgb(hex)) {
        style = style.bg(fit(bg, depth));
    }
    for (wanted, modifier) in [
        (paint.bold, Modifier::BOLD),
        (paint.reverse, Modifier::REVERSED),
        (paint.underline, Modifier::UNDERLINED),
    ] {
        if wanted {
            style = style.add_modifier(modifier);
        }
    }
    style
}

fn rgb(hex: &str) -> Option<(u8, u8, u8)> {
    let hex = hex.strip_prefix('#').filter(|hex| hex.len() == 6 && hex.is_ascii())?;
    let part = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).ok();
    Some((part(0)?, part(2)?, part(4)?))
}

/// A colour as the terminal can show it.
pub fn fit((r, g, b): (u8, u8, u8), depth: Depth) -> Color {
    match depth {
        Depth::True | Depth::None => Color::Rgb(r, g, b),
        Depth::Palette256 | Depth::Sixteen => Color::Indexed(nearest(r, g, b)),
    }
}

/// The nearest of the 6×6×6 cube and the 24 greys.
#[expect(clippy::many_single_char_names, reason = "channels and their steps")]
fn nearest(r: u8, g: u8, b: u8) -> u8 {
    const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];
    let far = |a: u8, b: u8| u32::from(a.abs_diff(b)).pow(2);
    let step = |v: u8| (0..6_u8).min_by_key(|i| far(STEPS[usize::from(*i)], v)).unwrap_or(0);
    let (i, j, k) = (step(r), step(g), step(b));
    let at = |i: u8| STEPS[usize::from(i)];
    let cube = far(at(i), r) + far(at(j), g) + far(at(k), b);
    let grey = (0..24_u8)
        .map(|n| (n, 8 + 10 * n))
        .map(|(n, v)| (far(v, r) + far(v, g) + far(v, b), 232 + n))
        .min()
        .unwrap_or((u32::MAX, 232));
    if grey.0 < cube { grey.1 } else { 16 + 36 * i + 6 * j + k }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn luminance((r, g, b): (u8, u8, u8)) -> f64 {
        let part = |v: u8| {
            let v = f64::from(v) / 255.0;
            if v <= 0.040_45 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b)
    }

    fn contrast(a: (u8, u8, u8), b: (u8, u8, u8)) -> f64 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn every_role_of_every_theme_can_be_read() {
        for (name, text) in [("dark", DARK), ("light", LIGHT)] {
            let paints: BTreeMap<Role, Paint> = toml::from_str(text).unwrap();
            let base = paints[&Role::Base].clone();
            for role in Role::ALL {
                let paint = paints.get(&role).unwrap_or_else(|| panic!("{name} lacks {role:?}"));
                let fg = rgb(paint.fg.as_ref().or(base.fg.as_ref()).unwrap()).unwrap();
                let bg = rgb(paint.bg.as_ref().or(base.bg.as_ref()).unwrap()).unwrap();
                let needed = if role == Role::Border { 3.0 } else { 4.5 };
                assert!(contrast(fg, bg) >= needed, "{name} {role:?} {:.2}", contrast(fg, bg));
            }
        }
    }

    #[test]
    fn the_mono_theme_has_no_colour_at_all() {
        let theme = Theme::named("dark", Depth::None);
        for role in Role::ALL {
            assert_eq!((theme.of(role).fg, theme.of(role).bg), (None, None), "{role:?}");
        }
    }

    #[test]
    fn white_black_and_red_have_their_places_in_the_palette() {
        assert_eq!((nearest(255, 255, 255), nearest(0, 0, 0), nearest(255, 0, 0)), (231, 16, 196));
    }
}
