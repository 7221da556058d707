//! The text of a note -> findings: sections, mentions, negation, numbers, durations.

/// The form in which words are compared: half-width, lower case, no blanks.
pub fn normalise(text: &str) -> String {
    text.chars()
        .map(super::age::half_width)
        .filter(|c| !c.is_whitespace())
        .flat_map(char::to_lowercase)
        .collect()
}
