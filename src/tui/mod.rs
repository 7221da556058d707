//! The full-screen program: event -> update -> effects on workers -> view. `update` is pure, `view` decides nothing.
#![expect(clippy::format_push_string, reason = "lines for a screen are short")]
mod action;
mod asked;
mod cover;
mod draw;
mod effect;
mod event;
mod field;
mod follow_up_work;
mod half_blocks;
mod keys;
mod overlays;
mod people;
mod run;
mod rx_tools;
mod screens;
mod search;
mod search_view;
mod share_work;
mod state;
mod stock_asked;
mod stock_work;
mod text;
mod theme;
mod topic;
mod update;
mod view;
mod work;

pub use run::{Options, ScreenError, run};

#[cfg(test)]
mod testing;
#[cfg(test)]
mod testing_follow_up;
#[cfg(test)]
mod testing_rx;
#[cfg(test)]
mod testing_stock;
#[cfg(test)]
mod tests;
