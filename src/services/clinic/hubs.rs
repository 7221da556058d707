//! Hubs: set up, greeted, tested with an invented patient.
use super::Clinic;
use crate::domain::instant::Instant;
use crate::domain::role::Action;
use crate::domain::share::HubId;
use crate::domain::share::hub::{Hub, Ways};
use crate::domain::share::trouble::Trouble;
use crate::services::failure::{Failure, Kind as Fault};
use crate::services::share::courier::Courier;
use crate::wire::time;

/// A hub that was set up, and whether its test passed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tested {
    pub hub: Hub,
    pub trouble: Option<Trouble>,
}

impl Clinic {
    pub fn set_hub(&mut self, name: &str, ways: &Ways) -> Result<HubId, Failure> {
        let stamp = self.permit(Action::ChangeHubs, name)?;
        let fine = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
        if name.is_empty() || !name.chars().all(fine) || ways.is_empty() {
            return Err(Failure::new(
                Fault::Config,
                "上级要有名称（字母、数字、汉字）和至少一条通道。",
                "A hub has a name (letters, digits) and one way at least.",
            ));
        }
        let set = self.store.set_hub(name, ways, &stamp);
        self.done(set, Action::ChangeHubs, name)
    }

    pub fn hubs(&mut self) -> Result<Vec<Hub>, Failure> {
        self.permit(Action::DeliverShare, "hubs")?;
        Ok(self.store.hubs()?)
    }

    /// Greets a hub, sends an invented patient and reads it back. A hub that fails is stopped.
    pub fn test_hub(&mut self, id: HubId) -> Result<Tested, Failure> {
        let object = format!("hub:{} test", id.0);
        self.read(Action::ChangeHubs, object)?;
        let mut hub = self.store.hub(id)?;
        let trouble = self.greet(&mut hub).and_then(|courier| {
            let test =
                self.names().map(|names| names.id("Patient", "self-test")).unwrap_or_default();
            courier.self_test(&test)
        });
        let now = self.now();
        match &trouble {
            Ok(()) => hub.tested = Some(now),
            Err(trouble) => {
                hub.stopped = trouble.words_zh();
                trouble.class().clone_into(&mut hub.stopped_class);
            }
        }
        self.store.keep_hub_state(&hub)?;
        Ok(Tested { hub, trouble: trouble.err() })
    }

    /// Opens the ways to a hub and keeps what it says about itself. A hub that answers runs again.
    pub(super) fn greet(&self, hub: &mut Hub) -> Result<Courier, Trouble> {
        let courier = Courier::new(hub)?;
        let greeting = courier.greet()?;
        hub.stopped.clear();
        hub.stopped_class.clear();
        (hub.failures, hub.next_try) = (0, None);
        if !greeting.software.is_empty() {
            hub.software = greeting.software;
        }
        hub.last_ok = Some(self.now());
        hub.skew_s = http_date(&greeting.date).map(|at| at.millis_since(self.now()) / 1000);
        Ok(courier)
    }
}

/// `Tue, 24 Nov 2026 08:42:29 GMT`
fn http_date(text: &str) -> Option<Instant> {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let mut words = text.split_whitespace().skip(1);
    let (day, month, year, clock) = (words.next()?, words.next()?, words.next()?, words.next()?);
    let month = MONTHS.iter().position(|name| *name == month)? + 1;
    time::moment(&format!("{year}-{month:02}-{day}T{clock}Z"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hub_s_clock_is_read_from_its_answer() {
        let at = http_date("Tue, 24 Nov 2026 08:42:29 GMT").unwrap();
        assert_eq!(at.to_string(), "2026-11-24 16:42:29");
        assert_eq!(http_date("soon"), None);
    }
}
