//! 药房: stock, receipt against a despatch list, dispensing against a signed prescription. Scans come from anywhere on
//! these screens, whatever field is in focus.
pub mod acts;
pub mod count;
pub mod counter;
mod entry;
pub mod files;
pub mod leaf;
pub mod pool;
pub mod recall;
pub mod receipt;
mod receipt_view;
pub mod rejected;
pub mod store;
pub mod temperatures;
pub mod upload;

use crate::{
    domain::trace::pack::State,
    services::clinic::trace::Stop,
    tui::{
        effect::Effect,
        state::Shared,
        text::{Lang, stock as words},
        theme::Role,
    },
};

const fn state_name(state: State, lang: Lang) -> &'static str {
    match lang {
        Lang::Zh => state.name_zh(),
        Lang::En => state.id(),
    }
}

/// A stop is a word, a sentence and a number of bells.
fn say_stop(shared: &mut Shared, stop: &Stop) {
    let text = words::STOPPED.with(shared.lang, &[&stop.word(), &stop.words().pick(shared.lang)]);
    shared.say(Role::Danger, text);
    shared.effects.push(Effect::Bell(stop.bells()));
}
