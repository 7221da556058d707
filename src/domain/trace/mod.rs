//! 药品追溯: from a scan to what may happen to a pack, stock as a fold over events, split packs, recall, and the bills
//! that leave because of it.
pub mod bill;
pub mod code;
pub mod despatch;
pub mod disguise;
pub mod dispensing;
pub mod gs1;
mod gs1_lint;
mod gs1_table;
pub mod history;
pub mod ledger;
pub mod pack;
pub mod percent;
pub mod product;
pub mod recall;
pub mod refusal;
pub mod rejection;
pub mod scan_words;
pub mod split;
pub mod stock;
mod told;
