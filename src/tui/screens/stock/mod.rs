//! 药房: stock, receipt against a despatch list, dispensing against a signed prescription. Scans come from anywhere on
//! these screens, whatever field is in focus.
pub mod counter;
pub mod receipt;
pub mod store;

use crate::{
    services::clinic::trace::Stop,
    tui::{effect::Effect, state::Shared, text::stock as words, theme::Role},
};

/// A stop is a word, a sentence and a number of bells.
fn say_stop(shared: &mut Shared, stop: &Stop) {
    let text = words::STOPPED.with(shared.lang, &[&stop.word(), &stop.words().pick(shared.lang)]);
    shared.say(Role::Danger, text);
    shared.effects.push(Effect::Bell(stop.bells()));
}
