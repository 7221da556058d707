//! The follow-up questions that the records' worker answers; they need the tables, which are loaded beside it.
use super::effect::{Answer, Question};
use crate::services::{
    advisor::Advisor,
    clinic::{Clinic, RegisterFilter},
    failure::{Failure, Kind},
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
        Question::Due => clinic.due_people(DUE_DAYS, None).map(Answer::Due),
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
            let form = clinic.open_follow_up_form(&advisor.engine.catalog.follow_up, patient)?;
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

fn printed(sheet: Printed) -> Result<Answer, Failure> {
    let file = sheet.file.ok_or_else(|| {
        Failure::new(Kind::Data, "没有可打印的内容。", "There is nothing to print.")
    })?;
    Ok(Answer::SheetPrinted(file))
}

fn tables(advisor: Option<&Advisor>) -> Result<&Advisor, Failure> {
    advisor.ok_or_else(|| {
        Failure::new(Kind::User, "随访规则还在装载。", "The programme tables are still loading.")
            .next("请过几秒再试。", "Try again in a few seconds.")
    })
}
