//! A store-room of any size for measuring: invented products, despatches and dispensings, the same every time.
use super::clinic::Clinic;
use super::clinic::trace::{Counter, Stop};
use super::failure::Failure;
use crate::domain::age::{Day, Sex};
use crate::domain::patient::PatientId;
use crate::domain::registration::NewPatient;
use crate::domain::role::Action;
use crate::domain::trace::history::{Context, NewEvent, What};
use crate::domain::trace::ledger::{Change, Particulars};
use crate::domain::trace::product::Product;
use crate::domain::visit::{Certainty, ChosenDiagnosis, PrescriptionLine};
use crate::storage::TraceBatch;

const PRODUCTS: u32 = 60;
const UNITS: u32 = 24;
/// Packs of one despatch, which is one transaction.
const DESPATCH: u32 = 400;

/// Where a filling stands.
#[derive(Clone, Debug, Default)]
pub struct Filled {
    pub events: u64,
    pub packs: u32,
    /// Codes with something on the shelf, and some that were given out.
    pub on_shelf: Vec<String>,
    pub gone: Vec<String>,
    /// The prescription to measure with.
    pub sheet: String,
    /// Visits and whose they are: what goes out in bulk is spread over them.
    visits: Vec<(i64, i64)>,
    state: u64,
}

impl Filled {
    /// The next number of a fixed sequence (splitmix64), below `end`.
    pub fn draw(&mut self, end: u64) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % end.max(1)
    }
}

/// People who got something: a township's regulars, so that a recall has as many to look up.
const PEOPLE: u32 = 3000;

/// Products, people, for each a signed prescription that wants a great deal of five products, and one more to measure
/// with.
pub fn prepare(clinic: &mut Clinic) -> Result<Filled, Failure> {
    let products: Vec<Product> = (0..PRODUCTS).map(product).collect();
    clinic.put_products(&products)?;
    let mut filled = Filled { state: 7, ..Filled::default() };
    for n in 0..PEOPLE {
        let form = NewPatient {
            name: "测试患者".to_owned(),
            sex: Some(Sex::Male),
            birth_or_age: "61岁".to_owned(),
            phone: format!("138{n:08}"),
            address: format!("测试村{}组", n % 40),
            ..NewPatient::default()
        };
        let Ok(registration) = form.validate(clinic.today()) else { return Ok(filled) };
        let patient = clinic.register_patient(&registration)?;
        let (visit, sheet) = signed(clinic, patient, &products)?;
        if n == 0 {
            filled.sheet = sheet;
        } else {
            filled.visits.push((visit, patient.0));
        }
    }
    Ok(filled)
}

fn signed(
    clinic: &mut Clinic,
    patient: PatientId,
    products: &[Product],
) -> Result<(i64, String), Failure> {
    let mut visit = clinic.new_visit(patient);
    "测试".clone_into(&mut visit.note);
    visit.diagnoses.push(ChosenDiagnosis {
        name: "测试".to_owned(),
        icd10: "Z00".to_owned(),
        condition: None,
        certainty: Certainty::Confirmed,
    });
    for product in products.iter().take(5) {
        visit.prescription.lines.push(PrescriptionLine {
            name: product.name.clone(),
            dose: "1".to_owned(),
            dose_unit: "粒".to_owned(),
            route: "口服".to_owned(),
            frequency: "tid".to_owned(),
            days: Some(7),
            quantity: Some(1_000_000),
            quantity_unit: "盒".to_owned(),
            ..PrescriptionLine::default()
        });
    }
    let receipt = clinic.sign_visit(visit)?;
    Ok((receipt.visit.0, receipt.prescription_number.unwrap_or_default()))
}

fn product(n: u32) -> Product {
    Product {
        id: format!("p{n:03}"),
        name: format!("测试药{n}"),
        strength: "0.25g".to_owned(),
        prefix: format!("81{n:05}"),
        units: UNITS,
        unit: "粒".to_owned(),
        pack_unit: "盒".to_owned(),
        rx: true,
        ..Product::default()
    }
}

/// Writes until there are so many events: despatches come in, nearly everything of the one before goes out.
pub fn fill(clinic: &mut Clinic, filled: &mut Filled, events: u64) -> Result<(), Failure> {
    while filled.events < events {
        let codes = despatch(clinic, filled)?;
        give_out(clinic, filled, codes)?;
    }
    Ok(())
}

fn despatch(clinic: &mut Clinic, filled: &mut Filled) -> Result<Vec<String>, Failure> {
    let of = filled.packs / DESPATCH;
    let expiry = clinic.today().plus_days(200 + (of % 700) as i32);
    let context = Context {
        bill: format!("CK{of:07}"),
        partner: "测试公司".to_owned(),
        ..Context::default()
    };
    let mut batch = TraceBatch::default();
    let mut codes = vec![];
    for n in 0..DESPATCH {
        let product = (filled.packs + n) % PRODUCTS;
        let code = format!(
            "81{product:05}{:013}",
            u64::from(filled.packs + n) * 7919 % 10_000_000_000_000
        );
        let is = particulars(product, of, expiry);
        for change in [
            Change::Expect { is },
            Change::Receive { is: None, reason: String::new() },
            Change::Accept,
            Change::Shelve { place: format!("{}架", of % 12) },
        ] {
            batch.events.push(NewEvent {
                code: code.clone(),
                what: What::Changed(change),
                context: context.clone(),
            });
        }
        codes.push(code);
    }
    filled.packs += DESPATCH;
    write(clinic, filled, &batch)?;
    Ok(codes)
}

fn particulars(product: u32, of: u32, expiry: Day) -> Particulars {
    Particulars {
        product: format!("p{product:03}"),
        lot: format!("L{:05}", of / 3),
        expiry: Some(expiry),
        level: 1,
        units: UNITS,
        ..Particulars::default()
    }
}

/// Packs that lie on the shelf at any time: some months of a township.
const SHELF: usize = 1500;

/// Of each despatch 96 of 100 packs go out, a fifth of them in three portions; of the rest the oldest go out when the
/// shelf is full.
fn give_out(clinic: &mut Clinic, filled: &mut Filled, codes: Vec<String>) -> Result<(), Failure> {
    let mut batch = TraceBatch::default();
    for code in codes {
        if filled.draw(100) >= 96 {
            filled.on_shelf.push(code);
        } else {
            go_out(filled, &mut batch, code);
        }
    }
    let over = filled.on_shelf.len().saturating_sub(SHELF);
    let old: Vec<String> = filled.on_shelf.drain(..over).collect();
    for code in old {
        go_out(filled, &mut batch, code);
    }
    write(clinic, filled, &batch)
}

fn go_out(filled: &mut Filled, batch: &mut TraceBatch, code: String) {
    let at = filled.draw(filled.visits.len() as u64) as usize;
    let (visit, patient) = filled.visits.get(at).copied().unzip();
    let context =
        Context { bill: "bulk".to_owned(), visit, patient, line: Some(0), ..Context::default() };
    let split = filled.draw(5) == 0;
    let changes = if split {
        vec![Change::DispensePart { units: UNITS / 3 }; 3]
    } else {
        vec![Change::DispenseWhole]
    };
    for change in changes {
        batch.events.push(NewEvent {
            code: code.clone(),
            what: What::Changed(change),
            context: context.clone(),
        });
    }
    if filled.draw(50) == 0 {
        filled.gone.push(code);
    }
}

fn write(clinic: &mut Clinic, filled: &mut Filled, batch: &TraceBatch) -> Result<(), Failure> {
    let stamp = clinic.permit(Action::ReceiveDrugs, "load")?;
    let written = clinic.store.trace_write((batch, Action::ReceiveDrugs.id()), "load", &stamp);
    clinic.done(written, Action::ReceiveDrugs, "load")?;
    filled.events += batch.events.len() as u64;
    Ok(())
}

/// A code to scan: mostly one of the shelf that the sheet wants, some that are gone, some that never were here.
pub fn some_code(filled: &mut Filled) -> String {
    let pick = |filled: &mut Filled, gone: bool| {
        let length = if gone { filled.gone.len() } else { filled.on_shelf.len() };
        let at = filled.draw(length as u64) as usize;
        let list = if gone { &filled.gone } else { &filled.on_shelf };
        list.get(at).cloned().unwrap_or_default()
    };
    match filled.draw(10) {
        0 => format!("8199999{:013}", filled.draw(1_000_000)),
        1 => pick(filled, true),
        _ => pick(filled, false),
    }
}

/// A pack of the shelf that the sheet wants, taken off the list.
pub fn take_wanted(filled: &mut Filled) -> Option<String> {
    let at = filled.on_shelf.iter().rposition(|code| code.as_str() < "8100005")?;
    Some(filled.on_shelf.remove(at))
}

/// One scan at the counter and back again; `true` = it may go out.
pub fn scan(clinic: &mut Clinic, counter: &mut Counter, code: &str) -> bool {
    match clinic.scan_at_counter(counter, code, None) {
        Ok(taken) => clinic.put_back(counter, &taken.portion.code),
        Err(Stop::Failed(_) | Stop::Unread(_)) => false,
        Err(Stop::Refused { .. }) => false,
    }
}

/// The number of the ledger's newest event, 0 in an empty ledger: what a driver asks after a kill.
pub fn head(clinic: &Clinic) -> Result<u64, Failure> {
    Ok(clinic.store.trace_head()?.map_or(0, |(key, _)| key.seq))
}
