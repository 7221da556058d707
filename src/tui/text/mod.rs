//! Every word of the screens, zh-CN first, en second; one file a screen. Nothing is worded anywhere else in `tui`.
use std::fmt::Display;

pub use crate::domain::words::Lang;

/// One sentence in both languages; `{}` marks where something is put in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct T {
    pub zh: &'static str,
    pub en: &'static str,
}

impl T {
    pub const fn get(self, lang: Lang) -> &'static str {
        match lang {
            Lang::Zh => self.zh,
            Lang::En => self.en,
        }
    }

    /// With its gaps filled in order.
    pub fn with(self, lang: Lang, parts: &[&dyn Display]) -> String {
        let mut pieces = self.get(lang).split("{}");
        let mut text = pieces.next().unwrap_or_default().to_owned();
        for (at, piece) in pieces.enumerate() {
            if let Some(part) = parts.get(at) {
                text.push_str(&part.to_string());
            }
            text.push_str(piece);
        }
        text
    }
}

macro_rules! words {
    ($($name:ident = $zh:literal, $en:literal;)+) => {
        $(pub const $name: $crate::tui::text::T = $crate::tui::text::T { zh: $zh, en: $en };)+
        #[cfg(test)]
        pub const ALL: &[(&str, $crate::tui::text::T)] = &[$((stringify!($name), $name),)+];
    };
}

pub mod chart;
pub mod desk;
pub mod follow_up;
pub mod frame;
pub mod people;
pub mod pictures;
pub mod priors;
pub mod rx_tools;
pub mod sharing;
pub mod stock;
pub mod visit;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sentence_stands_in_both_languages_with_the_same_gaps() {
        for list in [
            frame::ALL,
            follow_up::ALL,
            desk::ALL,
            people::ALL,
            pictures::ALL,
            priors::ALL,
            visit::ALL,
            chart::ALL,
            rx_tools::ALL,
            sharing::ALL,
            stock::ALL,
        ] {
            for (name, t) in list {
                assert!(!t.zh.is_empty() && !t.en.is_empty(), "{name}");
                assert_eq!(t.zh.matches("{}").count(), t.en.matches("{}").count(), "{name}");
                let han = |text: &str| text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
                assert!(!han(t.en) || t.en.contains("杏林"), "{name} speaks Chinese in English");
            }
        }
    }

    #[test]
    fn gaps_are_filled_in_order() {
        let t = T { zh: "{}，第{}行", en: "{}, line {}" };
        assert_eq!(t.with(Lang::Zh, &[&"甲", &2]), "甲，第2行");
    }
}
