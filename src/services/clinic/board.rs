//! What is shared, on one page: what came in, what goes out and how it stands, referrals with their timers.
use std::collections::BTreeMap;

use super::{Clinic, ReferralLine};
use crate::domain::role::Action;
use crate::domain::share::hub::Hub;
use crate::services::failure::Failure;
use crate::storage::{Delivery, Item};

/// A delivery with the words that a list needs.
#[derive(Clone, Debug)]
pub struct DeliveryLine {
    pub delivery: Delivery,
    pub hub: String,
    /// Why nothing goes to this hub now; empty = it runs.
    pub hub_stopped: String,
    pub name: String,
    pub title: String,
}

#[derive(Clone, Debug, Default)]
pub struct SharingBoard {
    /// Newest first.
    pub came_in: Vec<Item>,
    /// What still needs somebody first, then newest first.
    pub deliveries: Vec<DeliveryLine>,
    pub referrals: Vec<ReferralLine>,
}

const MOST: u32 = 500;

impl Clinic {
    pub fn sharing_board(&mut self) -> Result<SharingBoard, Failure> {
        self.permit(Action::SeeShare, "board")?;
        // Its own entry covers items and deliveries as well.
        let referrals = self.referrals(MOST)?;
        let mut came_in = self.store.items(u32::MAX)?;
        came_in.retain(|item| item.source != super::referrals::WRITTEN_HERE);
        came_in.reverse();
        came_in.truncate(MOST as usize);
        let hubs: BTreeMap<i64, Hub> =
            self.store.hubs()?.into_iter().map(|hub| (hub.id.0, hub)).collect();
        let mut deliveries = vec![];
        for delivery in self.store.deliveries(MOST)? {
            let item = self.store.item(delivery.item)?;
            let hub = hubs.get(&delivery.hub.0);
            deliveries.push(DeliveryLine {
                hub: hub.map(|hub| hub.name.clone()).unwrap_or_default(),
                hub_stopped: hub.map(|hub| hub.stopped.clone()).unwrap_or_default(),
                name: item.claimed.name,
                title: item.title,
                delivery,
            });
        }
        deliveries.sort_by_key(|line| match line.delivery.state {
            crate::domain::share::parts::State::Held(_) => 0,
            state if !state.is_final() => 1,
            _ => 2,
        });
        Ok(SharingBoard { came_in, deliveries, referrals })
    }
}
