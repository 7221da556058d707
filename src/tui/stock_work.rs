//! The store-room questions that the records' worker answers, and the one that waits for a platform.
use super::effect::{Answer, Deed, Paper, Parcel, Question};
use crate::services::{
    clinic::{
        Clinic,
        trace::{Act, Scanned, Stop},
    },
    failure::{Failure, Kind},
    print::Printed,
    trace_import::typed_path,
    trace_upload::deliver,
};

const BILLS_MOST: u32 = 500;
const READINGS_MOST: u32 = 200;

/// Answers a store-room question, or gives any other back.
pub fn serve(
    clinic: &mut Clinic,
    question: Question,
) -> Result<Result<Answer, Failure>, Box<Question>> {
    Ok(match question {
        Question::Stock => clinic.stock().map(Answer::Stock),
        Question::PackLife(code) => {
            stopped(clinic.pack_life(&code).map(|life| Answer::PackLife(Box::new(life))))
        }
        Question::LotLife { product, lot } => clinic
            .lot_life(&product, &lot)
            .map(|life| Answer::LotLife { product, lot, life: Box::new(life) }),
        Question::Agreements => clinic
            .agreements()
            .and_then(|agreements| Ok(Answer::Agreements(agreements, clinic.products()?))),
        Question::PrintPaper(paper) => print(clinic, paper),
        Question::OpenCounter(sheet) => {
            stopped(clinic.open_counter(&sheet).map(|counter| Answer::Counter(Box::new(counter))))
        }
        Question::CounterScan { mut counter, code, units } => {
            let stop = clinic.scan_at_counter(&mut counter, &code, units).err();
            Ok(Answer::Scanned { counter, stop })
        }
        Question::CounterPool(mut counter) => {
            let stop = clinic.take_from_pool(&mut counter).err();
            Ok(Answer::Scanned { counter, stop })
        }
        Question::CounterFinish(counter) => {
            stopped(clinic.finish_counter(&counter).map(|_| Answer::GivenOut(counter.taken.len())))
        }
        Question::CompareReceipt { door, scans } => {
            clinic.compare_receipt(&door, &scans).map(|receipt| Answer::Compared(Box::new(receipt)))
        }
        Question::Receive { door, scans } => {
            clinic.receive(&door, &scans).map(|receipt| Answer::Received(Box::new(receipt)))
        }
        Question::LookAt(code) => stopped(clinic.look_at(&code).map(Answer::LookedAt)),
        Question::CheckDeed { deed, code } => {
            stopped(may(clinic, (&deed, &code)).map(Answer::DeedMay))
        }
        Question::DoDeed { deed, codes } => stopped(done(clinic, &deed, &codes)),
        Question::Count { place, scans, left } => stopped(
            clinic.count(&place, &scans, &left).map(|report| Answer::Counted(Box::new(report))),
        ),
        Question::BookCount { report, reason } => stopped(
            clinic.book_count(*report, &reason).map(|report| Answer::Counted(Box::new(report))),
        ),
        Question::Recall(recall) => {
            // A number alone asks for the report of an earlier one.
            let report = if recall.product.is_empty() && recall.codes.is_none() {
                clinic.recall_report(&recall.id)
            } else {
                clinic.recall(&recall)
            };
            stopped(report.map(|report| Answer::Recalled(Box::new(report))))
        }
        Question::Recalls => clinic.recalls().map(Answer::Recalls),
        Question::Rejected => clinic.rejected().map(Answer::Rejected),
        Question::SendBack { supplier, slip, codes } => stopped(
            clinic
                .send_rejected_back((&supplier, &slip), &codes)
                .map(|_| Answer::SentBack(codes.len())),
        ),
        Question::ReadImport { subject, path, sender } => clinic
            .read_import(subject, &typed_path(&path), &sender)
            .map(|import| Answer::ImportRead(Box::new(import))),
        Question::KeepImport(import) => clinic.keep_import(&import).map(Answer::Imported),
        Question::WriteFile { leaving, path, sheet } => {
            clinic.write_file(leaving, (&path, &sheet)).map(Answer::FileWritten)
        }
        Question::Temperatures => clinic.readings(READINGS_MOST).map(Answer::Temperatures),
        Question::KeepReading(new) => clinic
            .put_reading((&new.place, new.zone), new.tenths, new.humidity)
            .and_then(|_| clinic.readings(READINGS_MOST))
            .map(Answer::Temperatures),
        Question::CloseExceedance { place, at, measure } => clinic
            .close_exceedance((&place, at), &measure)
            .and_then(|()| clinic.readings(READINGS_MOST))
            .map(Answer::Temperatures),
        Question::Pool => clinic.split_pool().map(Answer::Pool),
        question => return upload(clinic, question),
    })
}

fn upload(
    clinic: &mut Clinic,
    question: Question,
) -> Result<Result<Answer, Failure>, Box<Question>> {
    Ok(match question {
        Question::Bills => bills(clinic),
        Question::SendAgain(bill) => clinic.upload_again(&bill).and_then(|_| bills(clinic)),
        Question::SettleBill { bill, reason } => {
            clinic.settle_bill(&bill, &reason).and_then(|_| bills(clinic))
        }
        Question::ChooseProfile(name) => clinic.choose_profile(&name).and_then(|()| bills(clinic)),
        Question::UploadNext { round, first } => next(clinic, *round, first),
        Question::BillCameBack { parcel, answer } => {
            clinic.bill_came_back(&parcel.bill, &answer).map(|()| Answer::BillKept)
        }
        other => return Err(Box::new(other)),
    })
}

/// A stop is an answer like any other; only a failure is one.
fn stopped(answer: Result<Answer, Stop>) -> Result<Answer, Failure> {
    match answer {
        Ok(answer) => Ok(answer),
        Err(Stop::Failed(failure)) => Err(*failure),
        Err(stop) => Ok(Answer::Stopped(stop)),
    }
}

fn may(clinic: &mut Clinic, (deed, code): (&Deed, &str)) -> Result<Vec<(Scanned, String)>, Stop> {
    match deed {
        Deed::Act(act) => {
            let note = |scanned: Scanned| {
                let pack = &scanned.pack;
                let out = pack.tally.dispensed - pack.tally.back;
                let units = match act {
                    Act::ReturnFromPatient { units, .. } => units.unwrap_or(out),
                    _ => pack.in_house(),
                };
                (scanned, units.to_string())
            };
            Ok(clinic.may_act(act, code)?.into_iter().map(note).collect())
        }
        Deed::TakeBack { .. } => {
            let (scanned, what) = clinic.may_take_back(code)?;
            Ok(vec![(scanned, what.told().zh.into())])
        }
    }
}

fn done(clinic: &mut Clinic, deed: &Deed, codes: &[String]) -> Result<Answer, Stop> {
    match deed {
        Deed::Act(act) => Ok(Answer::DeedDone(clinic.act(act, codes)?.packs.len())),
        Deed::TakeBack { reason } => {
            for code in codes {
                clinic.take_back(code, reason)?;
            }
            Ok(Answer::DeedDone(codes.len()))
        }
    }
}

fn print(clinic: &mut Clinic, paper: Paper) -> Result<Answer, Failure> {
    let printed: Result<Printed, Stop> = match paper {
        Paper::Code(code) => clinic.print_life(&code, None),
        Paper::Lot { product, lot } => clinic.print_lot((&product, &lot), None).map_err(Stop::from),
        Paper::Recall(id) => clinic.print_recall(&id, None),
        Paper::Rejected => clinic.print_rejected(None, None).map_err(Stop::from),
    };
    let printed = printed.map_err(Stop::into_failure)?;
    let file = printed.file.ok_or_else(|| {
        Failure::new(Kind::Data, "没有可打印的内容。", "There is nothing to print.")
    })?;
    Ok(Answer::PaperPrinted(file))
}

fn bills(clinic: &mut Clinic) -> Result<Answer, Failure> {
    let name = clinic.upload_profile()?.map(|profile| profile.name);
    // Without addresses of its own the clock and the checks run by the shipped profile.
    let profile = clinic.profile_or_base()?;
    let bills = clinic.open_bills(&profile, BILLS_MOST)?;
    Ok(Answer::Bills { bills, profile: name, base: profile.base })
}

fn next(
    clinic: &mut Clinic,
    mut round: crate::services::trace_upload::Round,
    first: bool,
) -> Result<Answer, Failure> {
    let Some(profile) = clinic.upload_profile()? else {
        let path = clinic.profile_path();
        return Err(Failure::new(
            Kind::Config,
            format!("没有上传配置 {}。", path.display()),
            format!("There is no upload profile {}.", path.display()),
        ));
    };
    if first {
        clinic.begin_round()?;
    }
    let bill = clinic.next_bill(&profile, &mut round)?;
    let parcel = bill.map(|bill| Box::new(Parcel { profile, bill, at: clinic.now() }));
    Ok(Answer::BillTaken { parcel, round: Box::new(round) })
}

/// Tells the platform; this may take as long as the line lets it.
pub fn carry(parcel: Box<Parcel>) -> Answer {
    let answer = deliver(&parcel.profile, &parcel.bill, parcel.at);
    Answer::Delivered { parcel, answer: Box::new(answer) }
}
