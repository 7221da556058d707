//! Random keys, pastes, sizes, ticks and answers.
use std::sync::Arc;

use super::super::{
    effect::{Answer, Question, Station},
    event::{Code, Event, Key},
    field::cells_of,
    testing::*,
    testing_follow_up, testing_stock,
};
use super::stock;
use crate::{
    domain::{
        rx::long_term::{Hindrance, Verdict},
        visit::AlertTier,
        words::Words,
    },
    services::{
        failure::{Failure, Kind},
        print::Printed,
        trace_files::Written,
        trace_import::Imported,
    },
};

/// A small generator, so that a failing run can be run again.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

fn random_event(dice: &mut Dice) -> Event {
    const CODES: [Code; 14] = [
        Code::Enter,
        Code::Esc,
        Code::Tab,
        Code::Backspace,
        Code::Delete,
        Code::Up,
        Code::Down,
        Code::Left,
        Code::Right,
        Code::Home,
        Code::End,
        Code::PageUp,
        Code::PageDown,
        Code::F(1),
    ];
    let letters: Vec<char> =
        "fnhxqyugjodzkaswm1234567890tcpi:/?咳嗽，𬭎🙂 a\u{301}".chars().collect();
    match dice.roll(20) {
        0..=8 => Event::Key(Key::char(letters[dice.roll(letters.len() as u64) as usize])),
        9..=13 => Event::Key(Key::plain(CODES[dice.roll(14) as usize])),
        14..=16 => Event::Key(Key::plain(Code::F(dice.roll(12) as u8 + 1))),
        17 => {
            let c = char::from(b'a' + dice.roll(26) as u8);
            Event::Key(Key { ctrl: true, ..Key::char(c) })
        }
        18 => Event::Resize(dice.roll(140) as u16 + 1, dice.roll(50) as u16 + 1),
        _ => Event::Paste("粘贴\u{1b}[31m的\r文字".repeat(dice.roll(5) as usize)),
    }
}

/// What a worker might answer to a question, right or failing.
fn random_answer(dice: &mut Dice, question: &Question) -> Answer {
    if dice.roll(6) == 0 {
        let failure = Failure::new(Kind::Data, "磁盘空间不足。", "The disk is full.");
        return Answer::Failed(question.topic(), failure);
    }
    match question {
        Question::SetUp(_) => {
            Answer::SignedIn { me: me(), recovery_key: Some(vec!["7K2MQ".into()]) }
        }
        Question::SignIn { .. } => Answer::SignedIn { me: me(), recovery_key: None },
        Question::SignOut => Answer::SignedOut,
        Question::Lock => Answer::Locked,
        Question::Standing => Answer::Standing(Station::default()),
        Question::Waiting => {
            Answer::Waiting(waiting().into_iter().take(dice.roll(4) as usize).collect())
        }
        Question::Drafts => Answer::Drafts(vec![]),
        Question::Find(_) => Answer::Found(vec![line_of(7, "张桂兰")]),
        Question::Duplicates(registration) => {
            Answer::Duplicates { registration: registration.clone(), found: vec![] }
        }
        Question::Register(_) => Answer::Registered { id: patient().id, name: "张桂兰".into() },
        Question::Correct { .. } => Answer::Corrected(patient()),
        Question::AddToWaiting(_) | Question::RemoveFromWaiting(_) => Answer::QueueChanged,
        Question::OpenVisitOf(_) | Question::OpenToAmend(..) => Answer::Opened(Box::new(opened())),
        Question::Chart(_) => Answer::Chart { patient: patient(), visits: visits() },
        Question::PastVisit(_) => Answer::PastVisit(Box::new(past())),
        Question::SaveDraft(_) => draft_saved(),
        Question::DiscardDraft(_) => Answer::DraftDiscarded,
        Question::Sign(_) => Answer::Signed(receipt()),
        Question::SecondSigners => Answer::SecondSigners(second_signers()),
        Question::SignSecond(asked) => Answer::SecondSigned(
            asked.stops.iter().map(|stop| (stop.clone(), second_signature(&asked.lines))).collect(),
        ),
        Question::Print(_) => Answer::Printed(Printed::default()),
        Question::RxSources(_) => {
            let (past, templates) = rx_sources();
            Answer::RxSources { past, templates }
        }
        Question::SaveTemplate(new) => Answer::TemplateSaved(new.name.clone()),
        Question::PutTemplateAway(_) => Answer::TemplatePutAway,
        Question::BringTemplateBack(_) => Answer::TemplateBroughtBack,
        Question::Due => Answer::Due(testing_follow_up::due()),
        Question::FollowUpRegister(_) => {
            Answer::FollowUpRegister(vec![testing_follow_up::enrolment()])
        }
        Question::LoopCases | Question::AnswerLoop(..) => {
            Answer::LoopCases(testing_follow_up::loop_cases())
        }
        Question::SetTask(..) | Question::SetStatus { .. } => Answer::RegisterChanged,
        Question::SaveForm(_) => Answer::FormSaved,
        Question::DiscardForm(..) => Answer::FormDiscarded,
        Question::FormDrafts => Answer::FormDrafts(vec!["张桂兰".into()]),
        Question::Indicators(..) => Answer::Indicators(Box::new(testing_follow_up::counts())),
        Question::ExportIndicators(..) => Answer::SheetPrinted("prints/counts.csv".into()),
        Question::SelfCheck(period) => {
            Answer::SelfChecked(*period, Box::new(testing_follow_up::self_check()))
        }
        Question::Programmes(id) => Answer::Programmes(*id, vec![]),
        Question::FollowUpForm(_) | Question::FormOf(..) => {
            Answer::FollowUpForm(Box::new(testing_follow_up::form()))
        }
        Question::KeepFollowUp(_) => Answer::FollowUpKept(vec![]),
        Question::CountVisit(_) => Answer::VisitCounted(vec![]),
        Question::PrintWalk | Question::PrintTakeaway(_) => {
            Answer::SheetPrinted("prints/walk.pdf".into())
        }
        Question::LookUp(_) => super::priors::begun(),
        Question::AskHubs(begun) => Answer::HubsSaid { begun: begun.clone(), said: vec![] },
        Question::JudgePriors { .. } => Answer::Priors(Box::new(super::priors::found())),
        Question::DecidePrior(decided) => Answer::PriorDecided(decided.clone()),
        Question::StudyImages(item) => Answer::StudyImages(*item, super::preview::images()),
        Question::ReadImage(_, image) => Answer::ImageRead { image: *image, bytes: Arc::default() },
        Question::Decode(_) => super::preview::pictured(8, Some((40.0, 400.0))),
        Question::Sharing | Question::SharingOf(_) => {
            Answer::Sharing(Box::new(super::sharing::board()))
        }
        Question::ConfirmRecord(_) => {
            Answer::RecordConfirmed(Box::new(super::sharing::confirmed()))
        }
        Question::DeliverAgain(_) => {
            Answer::DeliveryMoved(crate::domain::share::parts::State::Queued)
        }
        Question::GiveUp(_) => {
            Answer::DeliveryMoved(crate::domain::share::parts::State::Superseded)
        }
        Question::MoveReferral(_, to) => Answer::ReferralMoved(*to),
        Question::PrintSlip(_) => Answer::SheetPrinted("prints/referral-1.pdf".into()),
        Question::Judge(asked) => {
            Answer::Judged(Box::new(testing_follow_up::judged(&asked.0, &asked.1)))
        }
        Question::LongTerm(case) => Answer::LongTerm {
            case: case.clone(),
            verdict: Verdict {
                lines: (0..case.rx.lines.len()).collect(),
                hindrance: (dice.roll(2) == 0).then_some(Hindrance::Weeks),
                ..Verdict::default()
            },
        },
        Question::Consult(_) => Answer::Suggestion(Box::new(suggestion())),
        Question::Name(typed) => {
            Answer::Named { typed: typed.clone(), condition: "c-1".into(), icd10: "J20".into() }
        }
        Question::Papers => Answer::Papers(std::sync::Arc::default()),
        Question::Shelve(_) => Answer::Shelved,
        Question::Plans(_) => Answer::Plans(plans()),
        Question::ReadLine(_) => Answer::Readings(vec![reading(dice.roll(2) == 0)]),
        Question::Check(case) => {
            let tiers = [AlertTier::Stop, AlertTier::Warn, AlertTier::Note];
            let n = dice.roll(4) as usize;
            Answer::Checked { lines: case.lines.clone(), checked: checked(&tiers[..n]) }
        }
        Question::Stock => Answer::Stock(stock::stock()),
        Question::PackLife(_) => Answer::PackLife(Box::new(stock::life())),
        Question::OpenCounter(_) => Answer::Counter(Box::new(stock::counter(1))),
        Question::CounterScan { counter, .. } => {
            Answer::Scanned { counter: counter.clone(), stop: None }
        }
        Question::CounterFinish(_) => Answer::GivenOut(1),
        Question::CompareReceipt { .. } => Answer::Compared(Box::new(stock::receipt())),
        Question::Receive { .. } => Answer::Received(Box::new(stock::receipt())),
        Question::CounterPool(counter) => Answer::Scanned { counter: counter.clone(), stop: None },
        Question::LotLife { product, lot } => Answer::LotLife {
            product: product.clone(),
            lot: lot.clone(),
            life: Box::new(testing_stock::lot_life()),
        },
        Question::Agreements => {
            let (agreements, products) = testing_stock::agreements();
            Answer::Agreements(agreements, products)
        }
        Question::PrintPaper(_) => Answer::PaperPrinted("prints/code.pdf".into()),
        Question::LookAt(_) if dice.roll(3) == 0 => {
            Answer::Stopped(testing_stock::never_received())
        }
        Question::LookAt(_) => Answer::LookedAt(vec![testing_stock::scanned(1)]),
        Question::CheckDeed { .. } if dice.roll(3) == 0 => {
            Answer::Stopped(testing_stock::never_received())
        }
        Question::CheckDeed { .. } => {
            Answer::DeedMay(vec![(testing_stock::scanned(dice.roll(9) as u32), "24".into())])
        }
        Question::DoDeed { codes, .. } => Answer::DeedDone(codes.len()),
        Question::Count { .. } | Question::BookCount { .. } => {
            Answer::Counted(Box::new(testing_stock::count()))
        }
        Question::Recall(_) => Answer::Recalled(Box::new(testing_stock::recall())),
        Question::Temperatures | Question::KeepReading(_) | Question::CloseExceedance { .. } => {
            Answer::Temperatures(testing_stock::readings())
        }
        Question::Pool => Answer::Pool(testing_stock::pool_lines()),
        Question::Bills
        | Question::SendAgain(_)
        | Question::SettleBill { .. }
        | Question::ChooseProfile(_) => Answer::Bills {
            bills: testing_stock::bills(),
            profile: Some("试验省".into()),
            base: "default".into(),
        },
        Question::Recalls => Answer::Recalls(testing_stock::recalls()),
        Question::Rejected => Answer::Rejected(testing_stock::rejected()),
        Question::SendBack { codes, .. } => Answer::SentBack(codes.len()),
        Question::ReadImport { .. } => Answer::ImportRead(Box::new(testing_stock::import())),
        Question::KeepImport(_) => Answer::Imported(Imported { kept: 2, refused: vec![] }),
        Question::WriteFile { .. } => Answer::FileWritten(Written {
            path: "exports/x.json".into(),
            words: Words::new("7 条记录", "7 events"),
            left_out: vec![],
        }),
        Question::UploadNext { round, .. } => Answer::BillTaken {
            parcel: (dice.roll(2) == 0).then(|| Box::new(testing_stock::parcel())),
            round: round.clone(),
        },
        Question::Deliver(parcel) => Answer::Delivered {
            parcel: parcel.clone(),
            answer: Box::new(testing_stock::platform_says(dice.roll(2) == 0)),
        },
        Question::BillCameBack { .. } => Answer::BillKept,
        Question::Guide(_) => Answer::Hits(super::hits()),
    }
}

/// 20,000 random keys, pastes, sizes, ticks and answers: nothing panics, and whatever is signed was fit to be signed.
#[test]
fn a_monkey_at_the_keys_breaks_nothing() {
    for seed in 1..=4_u64 {
        let mut dice = Dice(seed);
        let mut bench = Bench::at_home((80, 24));
        let mut size = (80, 24);
        for step in 0..5_000 {
            match dice.roll(10) {
                0 => bench.tick(dice.roll(4) as i64),
                1..=3 if !bench.asked.is_empty() => {
                    let at = dice.roll(bench.asked.len() as u64) as usize;
                    let (number, question) = bench.asked.remove(at);
                    let answer = random_answer(&mut dice, &question);
                    bench.event(Event::Done(number, Box::new(answer)));
                }
                _ => match random_event(&mut dice) {
                    Event::Resize(width, height) => {
                        size = (width, height);
                        bench.resize(size);
                    }
                    event => bench.event(event),
                },
            }
            for (_, question) in &bench.asked {
                if let Question::Sign(visit) = question {
                    assert!(visit.unready().is_empty(), "seed {seed} step {step}");
                }
            }
            bench.asked.retain(|(_, q)| !matches!(q, Question::SignOut));
            if step % 3 == 0 {
                let rows = bench.picture();
                assert!(rows.iter().all(|row| cells_of(row) <= usize::from(size.0)));
            }
        }
    }
}
