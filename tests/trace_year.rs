//! A store-room's life against a model that keeps nothing but sums: despatches, whole and split dispensings, returns,
//! recalls, counts, wrong scans, mistakes taken back, weeks without a line, windows closed in the middle.
use std::collections::{BTreeMap, BTreeSet};

use xinglin::domain::instant::Instant;
use xinglin::domain::patient::PatientId;
use xinglin::domain::trace::despatch::Verdict;
use xinglin::domain::trace::ledger::Particulars;
use xinglin::domain::trace::product::Product;
use xinglin::domain::trace::recall::{Nature, Recall};
use xinglin::domain::visit::PrescriptionLine;
use xinglin::services::clinic::Clinic;
use xinglin::services::clinic::trace::{Act, DespatchIn, Door, Stop};

use crate::support::{Place, person, register, visit};

const UNITS: u32 = 12;

/// What the model knows of a pack.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Known {
    shelf: u32,
    held: u32,
    out: u32,
    from_patient: bool,
    destroyed: bool,
    recalled: bool,
}

struct Year {
    place: Place,
    clinic: Option<Clinic>,
    patient: PatientId,
    seed: u64,
    packs: BTreeMap<String, Known>,
    next: u32,
    acknowledged: u64,
    refused: BTreeMap<&'static str, u32>,
    done: BTreeMap<&'static str, u32>,
}

impl Year {
    fn new() -> Self {
        let place = Place::new();
        let (mut clinic, _) = place.set_up();
        let patient = register(&mut clinic, &person("王小明", "61岁", "13800001234"));
        let product = Product {
            id: "amx".into(),
            name: "阿莫西林胶囊".into(),
            strength: "0.25g".into(),
            drug: Some("amoxicillin".into()),
            prefix: "8123456".into(),
            units: UNITS,
            unit: "粒".into(),
            pack_unit: "盒".into(),
            maker: "甲".into(),
            approval: "H1".into(),
            insurance: "X1".into(),
            rx: true,
            price_fen: Some(100),
            ..Product::default()
        };
        clinic.put_products(&[product]).unwrap();
        Self {
            place,
            clinic: Some(clinic),
            patient,
            seed: 1,
            packs: BTreeMap::new(),
            next: 1,
            acknowledged: 0,
            refused: BTreeMap::new(),
            done: BTreeMap::new(),
        }
    }

    fn draw(&mut self, end: u64) -> u64 {
        self.seed = self
            .seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.seed >> 33) % end.max(1)
    }

    fn clinic(&mut self) -> &mut Clinic {
        self.clinic.as_mut().unwrap()
    }

    fn note(&mut self, what: &'static str, events: u64) {
        self.acknowledged += events;
        *self.done.entry(what).or_default() += 1;
    }

    fn pick(&mut self, fit: impl Fn(&Known) -> bool) -> Option<String> {
        let fitting: Vec<String> = self
            .packs
            .iter()
            .filter(|(_, known)| fit(known))
            .map(|(code, _)| code.clone())
            .take(500)
            .collect();
        let at = self.draw(fitting.len() as u64) as usize;
        fitting.get(at).cloned()
    }

    fn despatch(&mut self, count: u32) {
        let bill = format!("CK{}", self.next);
        let lot = format!("L{}", self.next / (count * 3));
        let codes: Vec<String> =
            (self.next..self.next + count).map(|n| format!("8123456{n:013}")).collect();
        self.next += count;
        let lines: Vec<DespatchIn> = codes
            .iter()
            .map(|code| DespatchIn {
                bill: bill.clone(),
                supplier: "县医药公司".into(),
                code: code.clone(),
                is: Particulars {
                    lot: lot.clone(),
                    made: xinglin::domain::age::Day::new(2026, 1, 1),
                    expiry: xinglin::domain::age::Day::new(2029, 12, 31),
                    ..Particulars::default()
                },
            })
            .collect();
        let listed = self.clinic().expect_despatch(&lines).unwrap();
        assert_eq!((listed.kept, listed.refused.len()), (count as usize, 0));
        // One box was forgotten in the lorry; it stays expected.
        let forgotten = self.draw(u64::from(count)) as usize;
        let scans: Vec<String> = codes
            .iter()
            .enumerate()
            .filter(|(n, _)| *n != forgotten)
            .map(|(_, code)| code.clone())
            .collect();
        let door =
            Door { bill, place: "A".into(), supplier: "县医药公司".into(), ..Door::default() };
        let receipt = self.clinic().receive(&door, &scans).unwrap();
        assert_eq!(receipt.lines.iter().filter(|line| line.verdict == Verdict::Missing).count(), 1);
        for line in receipt.lines.iter().filter(|line| line.taken) {
            self.packs.insert(line.code.clone(), Known { shelf: UNITS, ..Known::default() });
        }
        self.note("despatch", u64::from(count) + 3 * (u64::from(count) - 1));
    }

    /// One patient: two boxes or a split, with wrong scans in between.
    fn dispense(&mut self) {
        let patient = self.patient;
        let clinic = self.clinic();
        let mut whole = visit(clinic, patient);
        whole.prescription.alerts.clear();
        whole.prescription.lines.truncate(1);
        whole.prescription.lines[0] =
            PrescriptionLine { quantity: Some(2), ..whole.prescription.lines[0].clone() };
        let sheet = clinic.sign_visit(whole).unwrap().prescription_number.unwrap();
        let mut counter = self.clinic().open_counter(&sheet).unwrap();
        let split = self.draw(5) == 0;
        for wrong in [
            "6901234567892".to_owned(),
            format!("8123456{:013}", 9_000_000 + self.next),
            "https://example.com/x".into(),
        ] {
            if self.draw(4) == 0 {
                let stop = self.clinic().scan_at_counter(&mut counter, &wrong, None).unwrap_err();
                *self.refused.entry(stop.id()).or_default() += 1;
            }
        }
        if let Some(gone) = self.pick(|known| known.shelf == 0) {
            let stop = self.clinic().scan_at_counter(&mut counter, &gone, None).unwrap_err();
            assert!(matches!(stop, Stop::Refused { .. }), "{gone} {stop:?}");
            *self.refused.entry(stop.id()).or_default() += 1;
        }
        for _ in 0..2 {
            let Some(code) = self.pick(|known| known.shelf > 0) else { continue };
            let known = self.packs[&code].clone();
            let units =
                if split { Some(1 + self.draw(u64::from(known.shelf)) as u32) } else { None };
            match self.clinic().scan_at_counter(&mut counter, &code, units) {
                Ok(_) => {}
                Err(stop) => {
                    assert_eq!(stop.id(), "twice", "{code} {known:?} {stop:?}");
                }
            }
        }
        // The window is closed in the middle now and then: nothing of it was kept.
        if counter.taken.is_empty() || self.draw(20) == 0 {
            self.reopen();
            return;
        }
        let kept = self.clinic().finish_counter(&counter).unwrap();
        assert_eq!(kept.packs.len(), counter.taken.len());
        for taken in &counter.taken {
            let known = self.packs.get_mut(&taken.portion.code).unwrap();
            known.shelf -= taken.portion.units;
            known.out += taken.portion.units;
        }
        let events = counter.taken.len() as u64;
        self.note(if split { "split" } else { "whole" }, events);
        if self.draw(15) == 0 {
            let taken = &counter.taken[0];
            self.clinic().take_back(&taken.portion.code, "扫错").unwrap();
            let known = self.packs.get_mut(&taken.portion.code).unwrap();
            known.shelf += taken.portion.units;
            known.out -= taken.portion.units;
            self.note("taken back", 1);
        }
    }

    fn give_back(&mut self) {
        let Some(code) = self.pick(|known| known.out > 0 && !known.destroyed) else { return };
        let units = 1 + self.draw(u64::from(self.packs[&code].out)) as u32;
        let act = Act::ReturnFromPatient { units: Some(units), reason: "过敏".into() };
        self.clinic().act(&act, std::slice::from_ref(&code)).unwrap();
        let known = self.packs.get_mut(&code).unwrap();
        known.out -= units;
        known.held += units;
        known.from_patient = true;
        self.note("returned", 1);
        let release = Act::Release { reason: "x".into(), second: "李梅".into() };
        let stop = self.clinic().act(&release, &[code]).unwrap_err();
        assert_eq!(stop.id(), "from-patient");
    }

    fn destroy(&mut self) {
        let Some(code) = self.pick(|known| known.held > 0) else { return };
        let act = Act::Destroy {
            reason: "退药".into(),
            executor: "王建国".into(),
            supervisor: "李梅".into(),
        };
        self.clinic().act(&act, std::slice::from_ref(&code)).unwrap();
        let known = self.packs.get_mut(&code).unwrap();
        known.held = 0;
        known.destroyed = known.shelf == 0;
        self.note("destroyed", 1);
    }

    fn recall(&mut self) {
        let first = 1 + self.draw(u64::from(self.next)) as u32;
        let range = (format!("8123456{first:013}"), format!("8123456{:013}", first + 3));
        let recall = Recall {
            id: format!("R{first}-{}", self.acknowledged),
            class: 2,
            nature: Nature::Real,
            product: String::new(),
            lots: vec![],
            codes: Some(range.clone()),
            reason: "抽检不合格".into(),
        };
        let report = self.clinic().recall(&recall).unwrap();
        let mut events = 0;
        for (_, known) in self.packs.range_mut(range.0..=range.1) {
            if !known.destroyed {
                events += 1;
                known.held += known.shelf;
                known.shelf = 0;
                known.recalled = true;
            }
        }
        assert!(report.packs.iter().filter(|pack| pack.shelf > 0).count() == 0);
        self.note("recall", events);
    }

    fn lose_and_find(&mut self) {
        let Some(lost) = self.pick(|known| known.shelf > 0 && known.held == 0) else { return };
        let there: Vec<String> = self
            .packs
            .iter()
            .filter(|(code, known)| known.shelf + known.held > 0 && **code != lost)
            .map(|(code, _)| code.clone())
            .collect();
        let report = self.clinic().count("", &there, &BTreeMap::new()).unwrap();
        assert_eq!(report.differences.len(), 1, "{:?}", report.differences);
        self.clinic().book_count(report, "盘点").unwrap();
        let units = self.packs[&lost].shelf;
        self.note("lost", 1);
        let all: Vec<String> = there.iter().cloned().chain([lost.clone()]).collect();
        let report = self.clinic().count("", &all, &BTreeMap::new()).unwrap();
        self.clinic().book_count(report, "找到").unwrap();
        let known = self.packs.get_mut(&lost).unwrap();
        (known.shelf, known.held) = (0, units);
        self.note("found", 1);
    }

    /// A new process would see what was acknowledged, and nothing else.
    fn reopen(&mut self) {
        self.clinic = None;
        self.clinic = Some(self.place.sign_in());
    }

    fn day(&mut self, number: u64, packs_a_day: u32) {
        let morning =
            xinglin::domain::age::Day::new(2026, 11, 24).unwrap().plus_days(number as i32);
        self.place.clock.set(Instant::start_of(morning).plus_seconds(8 * 3600));
        if number.is_multiple_of(7) {
            self.despatch(packs_a_day * 7 + 2);
        }
        for _ in 0..packs_a_day / 2 {
            self.place.clock.advance_seconds(240);
            self.dispense();
        }
        if self.draw(3) == 0 {
            self.give_back();
        }
        if self.draw(6) == 0 {
            self.destroy();
        }
        if self.draw(25) == 0 {
            self.recall();
        }
        if self.draw(30) == 0 {
            self.lose_and_find();
        }
        if self.draw(5) == 0 {
            self.reopen();
        }
    }

    /// Every pack as the model has it, every sum, the chain, and the count of acknowledged events.
    fn check(&mut self) {
        let events = self.acknowledged;
        let found = self.clinic().check_trace().unwrap();
        assert!(found.is_sound(), "{found:?}");
        assert_eq!(found.events, events, "acknowledged events");
        let mut held: BTreeMap<String, (u32, u32)> = BTreeMap::new();
        for pack in self.clinic().packs_in_house().unwrap() {
            held.insert(pack.code, (pack.shelf, pack.held));
        }
        let model: BTreeMap<String, (u32, u32)> = self
            .packs
            .iter()
            .filter(|(_, known)| known.shelf + known.held > 0)
            .map(|(code, known)| (code.clone(), (known.shelf, known.held)))
            .collect();
        assert_eq!(held, model);
        assert!(self.clinic().stock().unwrap().iter().all(|line| line.lot.adds_up()));
    }
}

fn live(days: u64, packs_a_day: u32) -> Year {
    let mut year = Year::new();
    for number in 0..days {
        year.day(number, packs_a_day);
    }
    year.reopen();
    year.check();
    println!(
        "{days} days, {} packs, {} events; done {:?}; stopped {:?}",
        year.packs.len(),
        year.acknowledged,
        year.done,
        year.refused
    );
    year
}

#[test]
fn weeks_of_a_store_room_leave_every_sum_and_every_pack_right() {
    let days = crate::support::size_of_run("XINGLIN_STORE_DAYS", 42);
    let packs_a_day = crate::support::size_of_run("XINGLIN_STORE_PACKS", 6);
    let year = live(days, packs_a_day as u32);
    let kinds: BTreeSet<&str> = year.done.keys().copied().collect();
    for kind in ["despatch", "whole", "split", "taken back", "returned", "destroyed"] {
        assert!(kinds.contains(kind), "{kind} never happened: {kinds:?}");
    }
}
