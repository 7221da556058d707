//! The workers: one owns the records, one owns knowledge and advice. Channels are bounded; nothing waits for them.
use std::{
    path::PathBuf,
    sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    sync::{Arc, OnceLock},
    thread,
};

use super::{
    effect::{Answer, GuideQuestion, Knowledge, Me, Question, Station as Standing, Topic},
    event::Event,
    follow_up_work as follow_up, share_work, stock_work,
};
use crate::domain::local_document::LocalDocument;
use crate::services::{
    advisor::Advisor,
    clinic::Clinic,
    failure::{Failure, Kind},
    library::{Hit, Library},
    prescribe::Prescriber,
    print,
    session::Station,
    visit,
};

/// Questions that may wait for a worker before the screen says that the program is busy.
const QUEUE: usize = 64;
/// Below this the status bar warns.
const DISK_LOW_BYTES: u64 = 500 * 1_048_576;
const FOUND_MOST: usize = 30;
const HITS_MOST: usize = 12;

/// The ends that the screens hold.
#[derive(Debug)]
pub struct Workers {
    records: SyncSender<(u64, Question)>,
    advice: SyncSender<(u64, Question)>,
    library: SyncSender<(u64, Question)>,
    courier: SyncSender<(u64, Question)>,
    pictures: SyncSender<(u64, Question)>,
    keeper: thread::JoinHandle<()>,
}

impl Workers {
    pub fn start(
        station: Station,
        (knowledge, model): (Option<PathBuf>, Option<PathBuf>),
        answers: &SyncSender<Event>,
    ) -> std::io::Result<Self> {
        let (records, record_work) = sync_channel(QUEUE);
        let (advice, advice_work) = sync_channel(QUEUE);
        let (library, library_work) = sync_channel(QUEUE);
        let (courier, courier_work) = sync_channel(QUEUE);
        let (pictures, picture_jobs) = sync_channel(QUEUE);
        let to = answers.clone();
        let loaded: Arc<OnceLock<Arc<Advisor>>> = Arc::default();
        let known = Arc::clone(&loaded);
        let keeper = thread::Builder::new()
            .name("records".into())
            .spawn(move || keep_records((&station, &known), &record_work, &to))?;
        let to = answers.clone();
        thread::Builder::new().name("advice".into()).spawn(move || {
            let ready = to.clone();
            match Advisor::load(knowledge.as_deref(), model.as_deref()) {
                Ok(advisor) => {
                    let advisor = Arc::new(advisor);
                    let _first = loaded.set(Arc::clone(&advisor));
                    let shared = Arc::clone(&advisor);
                    let _searching = thread::Builder::new()
                        .name("library".into())
                        .spawn(move || search(&shared, &library_work, &to));
                    give_advice(&advisor, &advice_work, &ready);
                }
                Err(error) => {
                    let answer = Answer::NotReady(error.to_string());
                    let _told = ready.send(Event::Done(0, Box::new(answer)));
                }
            }
        })?;
        let to = answers.clone();
        thread::Builder::new()
            .name("courier".into())
            .spawn(move || carry_parcels(&courier_work, &to))?;
        let to = answers.clone();
        thread::Builder::new()
            .name("pictures".into())
            .spawn(move || share_work::decode(&picture_jobs, &to))?;
        Ok(Self { records, advice, library, courier, pictures, keeper })
    }

    /// Hands a question over without waiting; gives the failure back when that cannot be.
    pub fn ask(&self, number: u64, question: Question) -> Result<(), Box<(Topic, bool)>> {
        let topic = question.topic();
        let to = match &question {
            question if question.is_for_adviser() => &self.advice,
            question if question.is_for_library() => &self.library,
            question if question.is_for_courier() => &self.courier,
            question if question.is_for_pictures() => &self.pictures,
            _ => &self.records,
        };
        to.try_send((number, question))
            .map_err(|error| Box::new((topic, matches!(error, TrySendError::Full(_)))))
    }

    /// Lets the records' worker finish what it was asked, and close the database.
    pub fn finish(self, answers: &Receiver<Event>) -> thread::Result<()> {
        drop((self.records, self.advice, self.library, self.courier, self.pictures));
        while !self.keeper.is_finished() {
            // An answer that nobody takes must not hold the worker up.
            let _answer = answers.recv_timeout(std::time::Duration::from_millis(20));
        }
        self.keeper.join()
    }
}

/// What the records' worker needs: the station, and the tables once they are loaded.
type Desk<'a> = (&'a Station, &'a OnceLock<Arc<Advisor>>);

fn keep_records(desk: Desk<'_>, work: &Receiver<(u64, Question)>, answers: &SyncSender<Event>) {
    let mut clinic: Option<Clinic> = None;
    while let Ok((number, question)) = work.recv() {
        let topic = question.topic();
        let answer =
            serve(desk, &mut clinic, question).unwrap_or_else(|f| Answer::Failed(topic, f));
        if answers.send(Event::Done(number, Box::new(answer))).is_err() {
            return;
        }
    }
}

fn serve(
    (station, known): Desk<'_>,
    open: &mut Option<Clinic>,
    question: Question,
) -> Result<Answer, Failure> {
    match question {
        Question::SetUp(first) => {
            let (clinic, key) = station.set_up(&first)?;
            let me = me(&clinic);
            *open = Some(clinic);
            let groups = key.groups().into_iter().map(str::to_owned).collect();
            return Ok(Answer::SignedIn { me, recovery_key: Some(groups) });
        }
        Question::SignIn { user, passphrase } => {
            // The records of the one before are closed first, so that one window stays the only writer.
            *open = None;
            let clinic = station.sign_in(&user, &passphrase)?;
            let me = me(&clinic);
            *open = Some(clinic);
            return Ok(Answer::SignedIn { me, recovery_key: None });
        }
        Question::SignOut => {
            *open = None;
            return Ok(Answer::SignedOut);
        }
        Question::Lock => {
            *open = None;
            return Ok(Answer::Locked);
        }
        _ => {}
    }
    let Some(clinic) = open else {
        return Err(Failure::new(Kind::Permission, "还没有登录。", "Not signed in."));
    };
    match follow_up::serve((clinic, known.get().map(Arc::as_ref)), question) {
        Ok(answer) => answer,
        Err(question) => match stock_work::serve(clinic, *question) {
            Ok(answer) => answer,
            Err(question) => {
                match share_work::serve((clinic, known.get().map(Arc::as_ref)), *question) {
                    Ok(answer) => answer,
                    Err(question) => with_clinic(clinic, *question),
                }
            }
        },
    }
}

fn with_clinic(clinic: &mut Clinic, question: Question) -> Result<Answer, Failure> {
    Ok(match question {
        Question::Standing => Answer::Standing(standing(clinic)?),
        Question::Waiting => Answer::Waiting(clinic.waiting()?),
        Question::Drafts => Answer::Drafts(clinic.drafts()?),
        Question::Find(query) => Answer::Found(clinic.find(&query, FOUND_MOST)?),
        Question::Duplicates(registration) => {
            let found = clinic.duplicates(&registration.details)?;
            Answer::Duplicates { registration, found }
        }
        Question::Register(registration) => {
            let id = clinic.register_patient(&registration)?;
            Answer::Registered { id, name: registration.details.name }
        }
        Question::Correct { id, revision, registration } => {
            Answer::Corrected(clinic.edit_patient((id, revision), &registration)?)
        }
        Question::AddToWaiting(id) => {
            clinic.add_to_waiting(id, "")?;
            Answer::QueueChanged
        }
        Question::RemoveFromWaiting(id) => {
            clinic.remove_from_waiting(id)?;
            Answer::QueueChanged
        }
        Question::OpenVisitOf(id) => Answer::Opened(Box::new(visit::open(clinic, id, None)?)),
        Question::OpenToAmend(id, old) => {
            Answer::Opened(Box::new(visit::open(clinic, id, Some(old))?))
        }
        Question::Chart(id) => {
            let chart = clinic.open_chart(id)?;
            Answer::Chart { patient: chart.patient, visits: chart.visits }
        }
        Question::PastVisit(id) => Answer::PastVisit(Box::new(clinic.open_visit(id)?)),
        Question::SaveDraft(draft) => {
            Answer::DraftSaved { patient: draft.visit.patient, id: clinic.save_draft(&draft)? }
        }
        Question::DiscardDraft(id) => {
            clinic.discard_draft(id)?;
            Answer::DraftDiscarded
        }
        Question::SecondSigners => Answer::SecondSigners(clinic.second_signers()?),
        Question::SignSecond(asked) => {
            let given = clinic.sign_second(&asked)?;
            Answer::SecondSigned(asked.stops.into_iter().zip(given).collect())
        }
        Question::Sign(visit) => Answer::Signed(clinic.sign_visit(*visit)?),
        Question::Papers => Answer::Papers(Arc::new(clinic.document_texts()?)),
        Question::Print(job) => Answer::Printed(print::print(clinic, job)?),
        Question::Sharing => Answer::Sharing(Box::new(clinic.sharing_board()?)),
        Question::ConfirmRecord(item) => {
            Answer::RecordConfirmed(Box::new(clinic.confirm_record(item)?))
        }
        Question::DeliverAgain(id) => Answer::DeliveryMoved(clinic.send_delivery_again(id)?),
        Question::GiveUp(id) => Answer::DeliveryMoved(clinic.give_delivery_up(id)?),
        Question::MoveReferral(item, to) => {
            clinic.move_referral(item, (to, ""))?;
            Answer::ReferralMoved(to)
        }
        Question::PrintSlip(item) => Answer::SheetPrinted(clinic.keep_slip(item)?),
        Question::RxSources(id) => Answer::RxSources {
            past: clinic.past_prescriptions(id)?,
            templates: clinic.templates()?,
        },
        Question::SaveTemplate(new) => {
            let name = new.name.clone();
            clinic.save_template(*new)?;
            Answer::TemplateSaved(name)
        }
        Question::PutTemplateAway(id) => {
            clinic.put_template_away(id)?;
            Answer::TemplatePutAway
        }
        Question::BringTemplateBack(id) => {
            clinic.bring_template_back(id)?;
            Answer::TemplateBroughtBack
        }
        _ => return Err(Failure::new(Kind::Bug, "问错了后台。", "Asked the wrong worker.")),
    })
}

/// Bills to the platforms and questions to the hubs, one at a time. What is on the way when the program ends is asked about at the next round.
fn carry_parcels(work: &Receiver<(u64, Question)>, answers: &SyncSender<Event>) {
    while let Ok((number, question)) = work.recv() {
        let answer = match question {
            Question::Deliver(parcel) => stock_work::carry(parcel),
            Question::AskHubs(begun) => share_work::ask_hubs(begun),
            _ => continue,
        };
        if answers.send(Event::Done(number, Box::new(answer))).is_err() {
            return;
        }
    }
}

fn me(clinic: &Clinic) -> Me {
    let who = clinic.who();
    Me {
        user: who.name.clone(),
        name: who.display_name.clone(),
        roles: who.roles,
        clinic: clinic.clinic_name().to_owned(),
        setting: clinic.setting(),
        id: who.id,
        today: clinic.today(),
    }
}

fn standing(clinic: &Clinic) -> Result<Standing, Failure> {
    let standing = clinic.standing()?;
    Ok(Standing {
        read_only: standing.read_only,
        clock_suspect: standing.clock_suspect,
        disk_low: standing.free_bytes.is_some_and(|free| free < DISK_LOW_BYTES),
        outbox: standing
            .outbox
            .iter()
            .filter(|(state, _)| *state != crate::domain::outbox::State::Accepted)
            .map(|(_, n)| n)
            .sum(),
    })
}

fn give_advice(advisor: &Advisor, work: &Receiver<(u64, Question)>, answers: &SyncSender<Event>) {
    let prescriber = Prescriber::new(advisor);
    let ready = Knowledge {
        version: advisor.knowledge_version().to_owned(),
        model: advisor.model_hash().map(str::to_owned),
        notices: advisor.notices.clone(),
    };
    if answers.send(Event::Done(0, Box::new(Answer::Ready(Box::new(ready))))).is_err() {
        return;
    }
    let mut late: Vec<(u64, Question)> = vec![];
    loop {
        if late.is_empty() {
            match work.recv() {
                Ok(first) => late.push(first),
                Err(_) => return,
            }
        }
        late.extend(work.try_iter());
        overtake(&mut late);
        let (number, question) = late.remove(0);
        let answer = match question {
            Question::Consult(case) => Answer::Suggestion(Box::new(visit::consult(advisor, &case))),
            Question::Plans(conditions) => Answer::Plans(visit::plans(advisor, &conditions)),
            Question::Name(typed) => match visit::condition_named(advisor, &typed) {
                Some((condition, icd10)) => Answer::Named { typed, condition, icd10 },
                None => Answer::Unnamed,
            },
            Question::ReadLine(text) => Answer::Readings(prescriber.read_line(advisor, &text)),
            Question::Check(case) => {
                Answer::Checked { checked: prescriber.check(advisor, &case), lines: case.lines }
            }
            Question::Judge(asked) => {
                let (programmes, case) = *asked;
                let book = &advisor.engine.catalog.follow_up;
                let judged = crate::services::follow_up::follow_up(book, &programmes, &case);
                Answer::Judged(Box::new(judged))
            }
            Question::LongTerm(case) => {
                let verdict = prescriber.long_term(advisor, &case);
                Answer::LongTerm { case, verdict }
            }
            _ => continue,
        };
        if answers.send(Event::Done(number, Box::new(answer))).is_err() {
            return;
        }
    }
}

/// The guideline base; its index is built at the start, beside everything else.
fn search(advisor: &Advisor, work: &Receiver<(u64, Question)>, answers: &SyncSender<Event>) {
    let catalog = &advisor.engine.catalog;
    let mut library = Library::open(catalog);
    let mut shelved: Arc<Vec<LocalDocument>> = Arc::default();
    let mut waiting: Vec<(u64, Question)> = vec![];
    loop {
        if waiting.is_empty() {
            match work.recv() {
                Ok(first) => waiting.push(first),
                Err(_) => return,
            }
        }
        waiting.extend(work.try_iter());
        overtake(&mut waiting);
        let (number, question) = waiting.remove(0);
        let answer = match question {
            Question::Shelve(papers) => {
                if *papers != *shelved {
                    library = Library::with_papers(catalog, &papers);
                    shelved = papers;
                }
                Answer::Shelved
            }
            Question::Guide(asked) => match &library {
                Ok(library) => Answer::Hits(guide(library, &asked)),
                Err(error) => {
                    let (zh, en) = (error.to_string(), error.to_string());
                    Answer::Failed(Topic::Guide, Failure::new(Kind::Data, zh, en))
                }
            },
            _ => continue,
        };
        if answers.send(Event::Done(number, Box::new(answer))).is_err() {
            return;
        }
    }
}

fn guide(library: &Library, asked: &GuideQuestion) -> Vec<Hit> {
    match asked {
        GuideQuestion::Words { typed, filter } => library.search_within(typed, filter, HITS_MOST),
        GuideQuestion::Entry(id) => library.entry(id),
        GuideQuestion::Support(what) => library.supporting(what),
    }
}

/// Of several waiting questions of one topic only the newest is answered.
fn overtake(waiting: &mut Vec<(u64, Question)>) {
    let newest = |topic: Topic, waiting: &[(u64, Question)]| {
        waiting.iter().filter(|(_, q)| q.topic() == topic).map(|(n, _)| *n).max()
    };
    let keep: Vec<bool> = waiting
        .iter()
        .map(|(number, question)| newest(question.topic(), waiting) == Some(*number))
        .collect();
    let mut keep = keep.into_iter();
    waiting.retain(|_| keep.next().unwrap_or(true));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_newer_question_of_the_same_topic_overtakes_the_older_ones() {
        let mut waiting = vec![
            (1, Question::ReadLine("a".into())),
            (2, Question::Guide(Box::new(GuideQuestion::Entry("g".into())))),
            (3, Question::ReadLine("am".into())),
        ];
        overtake(&mut waiting);
        let numbers: Vec<u64> = waiting.iter().map(|(n, _)| *n).collect();
        assert_eq!(numbers, [2, 3]);
    }
}
