//! The follow-up questions that the records' worker answers; they need the tables, which are loaded beside it.
use super::effect::{Answer, CountsPage, DueList, Question};
use crate::domain::{
    age::Day,
    catalog::follow_up::{FollowUpBook, Kind},
    followup::register::TaskState,
};
use crate::services::{
    advisor::Advisor,
    clinic::{Clinic, RegisterFilter},
    failure::{Failure, Kind as FailureKind},
    follow_up::sheets::ToFile,
    print::Printed,
};

const DUE_DAYS: u16 = 7;
const SHEET_WIDTH: usize = 76;
const REGISTER_MOST: u32 = 200;

/// Answers a follow-up question, or gives any other back.
pub fn serve(
    (clinic, advisor): (&mut Clinic, Option<&Advisor>),
    question: Question,
) -> Result<Result<Answer, Failure>, Box<Question>> {
    Ok(match question {
        Question::Due => due(clinic).map(Answer::Due),
        Question::SetTask(id, state) => {
            let outcome = if state == TaskState::Done { "办完" } else { "" };
            clinic.set_follow_up_task(id, (state, outcome)).map(|()| Answer::RegisterChanged)
        }
        Question::SetStatus { enrolment, status, cause } => {
            let today = clinic.today();
            clinic
                .set_enrolment_status(enrolment, (status, today, &cause))
                .map(|()| Answer::RegisterChanged)
        }
        Question::Indicators(programme, period) => tables(advisor).and_then(|advisor| {
            let book = &advisor.engine.catalog.follow_up;
            let rows = clinic.follow_up_indicators(book, (&programme, period))?;
            let programmes = counted(book, clinic.today());
            Ok(Answer::Indicators(Box::new(CountsPage { programme, period, programmes, rows })))
        }),
        Question::ExportIndicators(programme, period, form) => {
            tables(advisor).and_then(|advisor| {
                let book = &advisor.engine.catalog.follow_up;
                clinic.export_indicators(book, (&programme, period), form).map(Answer::SheetPrinted)
            })
        }
        Question::SelfCheck(period) => {
            clinic.self_check(period).map(|found| Answer::SelfChecked(period, Box::new(found)))
        }
        Question::Programmes(patient) => {
            clinic.programmes_in(patient).map(|list| Answer::Programmes(patient, list))
        }
        Question::SaveForm(draft) => clinic.save_form_draft(&draft).map(|()| Answer::FormSaved),
        Question::DiscardForm(patient, form) => {
            clinic.discard_form_draft((patient, &form)).map(|()| Answer::FormDiscarded)
        }
        Question::FormDrafts => clinic.form_draft_names().map(Answer::FormDrafts),
        Question::FollowUpRegister(query) => {
            let filter = RegisterFilter { query, ..RegisterFilter::default() };
            clinic.follow_up_register(&filter, (REGISTER_MOST, 0)).map(Answer::FollowUpRegister)
        }
        Question::LoopCases => clinic.loop_cases().map(Answer::LoopCases),
        Question::AnswerLoop(visit, answer) => clinic
            .answer_loop(visit, answer)
            .and_then(|()| clinic.loop_cases())
            .map(Answer::LoopCases),
        Question::FollowUpForm(patient) => tables(advisor).and_then(|advisor| {
            let form =
                clinic.open_follow_up_form(&advisor.engine.catalog.follow_up, (patient, None))?;
            Ok(Answer::FollowUpForm(Box::new(form)))
        }),
        Question::FormOf(patient, programme) => tables(advisor).and_then(|advisor| {
            let book = &advisor.engine.catalog.follow_up;
            let form = clinic.open_follow_up_form(book, (patient, Some(&programme)))?;
            Ok(Answer::FollowUpForm(Box::new(form)))
        }),
        Question::KeepFollowUp(new) => tables(advisor).and_then(|advisor| {
            let receipt = clinic.record_follow_up(&advisor.engine.catalog, &new)?;
            Ok(Answer::FollowUpKept(receipt.outcomes))
        }),
        Question::CountVisit(visit) => tables(advisor).and_then(|advisor| {
            let receipt = clinic.follow_up_from_visit(advisor, visit)?;
            Ok(Answer::VisitCounted(receipt.outcomes))
        }),
        Question::PrintWalk => tables(advisor).and_then(|advisor| {
            let book = &advisor.engine.catalog.follow_up;
            printed(clinic.print_walk(book, (DUE_DAYS, None), SHEET_WIDTH, ToFile::Pdf)?)
        }),
        Question::PrintTakeaway(patient) => tables(advisor).and_then(|advisor| {
            let book = &advisor.engine.catalog.follow_up;
            printed(clinic.print_takeaway(book, patient, SHEET_WIDTH, ToFile::Pdf)?)
        }),
        other => return Err(Box::new(other)),
    })
}

/// Tasks stand beside the people who are due: a referral and a discharge have their own day.
fn due(clinic: &mut Clinic) -> Result<DueList, Failure> {
    Ok(DueList {
        people: clinic.due_people(DUE_DAYS, None)?,
        tasks: clinic.follow_up_tasks(DUE_DAYS)?,
    })
}

fn counted(book: &FollowUpBook, today: Day) -> Vec<(String, String)> {
    let short = |id: &str| {
        let table = book.table(Kind::Programme, id, (today, ""));
        table.map_or_else(|| id.to_owned(), |t| t.short.clone())
    };
    book.programmes().into_iter().map(|id| (id.to_owned(), short(id))).collect()
}

fn printed(sheet: Printed) -> Result<Answer, Failure> {
    let file = sheet.file.ok_or_else(|| {
        Failure::new(FailureKind::Data, "没有可打印的内容。", "There is nothing to print.")
    })?;
    Ok(Answer::SheetPrinted(file))
}

fn tables(advisor: Option<&Advisor>) -> Result<&Advisor, Failure> {
    advisor.ok_or_else(|| {
        Failure::new(
            FailureKind::User,
            "随访规则还在装载。",
            "The programme tables are still loading.",
        )
        .next("请过几秒再试。", "Try again in a few seconds.")
    })
}
