//! What is shared of a person: images read by the records' worker and decoded by a worker of its own in a confined child;
//! earlier results, for which the hubs are asked on the courier's thread.
use std::sync::{
    Arc,
    mpsc::{Receiver, SyncSender},
};

use super::{
    effect::{Answer, Decided, PriorWish, Question, Topic},
    event::Event,
};
use crate::{
    domain::share::recognition::{Decision, ListedItem, Told},
    services::{
        advisor::Advisor,
        clinic::{Clinic, HubAsk, LookUp, Looking},
        failure::{Failure, Kind},
        share::{NewDecision, reader::Reader},
    },
};

/// Answers a question about what is shared of one person, or gives any other back.
pub fn serve(
    (clinic, advisor): (&mut Clinic, Option<&Advisor>),
    question: Question,
) -> Result<Result<Answer, Failure>, Box<Question>> {
    Ok(match question {
        Question::SharingOf(patient) => {
            clinic.sharing_of(patient).map(|board| Answer::Sharing(Box::new(board)))
        }
        Question::StudyImages(item) => {
            clinic.study_images(item).map(|images| Answer::StudyImages(item, images))
        }
        Question::ReadImage(item, image) => clinic
            .image_bytes((item, image))
            .map(|(bytes, _)| Answer::ImageRead { image, bytes: Arc::new(bytes) }),
        Question::LookUp(wish) => listed(advisor).and_then(|list| {
            let PriorWish { patient, modality, body_part } = &wish;
            let looking = Looking { patient: *patient, modality, body_part, hub: None };
            let mut begun = clinic.begin_look_up(looking)?;
            let found = Box::new(clinic.judge_priors(list, (&mut begun, &[]))?);
            Ok(Answer::LookUpBegun { begun: Box::new(begun), found })
        }),
        Question::JudgePriors { mut begun, said } => listed(advisor).and_then(|list| {
            let found = clinic.judge_priors(list, (&mut begun, &said))?;
            Ok(Answer::Priors(Box::new(found)))
        }),
        Question::DecidePrior(decided) => {
            decide(clinic, &decided).map(|()| Answer::PriorDecided(decided))
        }
        other => return Err(Box::new(other)),
    })
}

/// Waits for the hubs, one after the other.
pub fn ask_hubs(begun: Box<LookUp>) -> Answer {
    let said = begun.hubs.iter().map(HubAsk::ask).collect();
    Answer::HubsSaid { begun, said }
}

fn listed(advisor: Option<&Advisor>) -> Result<&[ListedItem], Failure> {
    advisor.map(|advisor| advisor.engine.catalog.recognition.as_slice()).ok_or_else(|| {
        Failure::new(Kind::Data, "互认清单还没有载入。", "The list is not loaded yet.")
            .next("请稍候再试。", "Try again in a moment.")
    })
}

fn decide(clinic: &mut Clinic, decided: &Decided) -> Result<(), Failure> {
    let decision = match &decided.repeat {
        None => Decision::Recognised,
        // The dialogue is left by its key only when the patient was told.
        Some((reason, words)) => {
            Decision::Repeated { reason: *reason, words: words.clone(), told: Told::Yes }
        }
    };
    clinic.decide_prior(&NewDecision {
        patient: decided.patient,
        item: &decided.item,
        prior: &decided.prior,
        issuer: &decided.issuer,
        decision: &decision,
        saved_fen: 0,
    })
}

/// One picture after the other; of several that wait only the newest is made, and nobody waits for the others.
pub fn decode(work: &Receiver<(u64, Question)>, answers: &SyncSender<Event>) {
    while let Ok(first) = work.recv() {
        let (number, question) = work.try_iter().last().unwrap_or(first);
        let Question::Decode(asked) = question else { continue };
        let made = match Reader::confined() {
            Ok(reader) => reader
                .picture_unless(&asked.bytes, asked.wanted, &asked.unless)
                .map_err(|error| not_shown(&error.to_string())),
            Err(error) => Err(not_shown(&error.to_string())),
        };
        let answer = match made {
            Ok(Some(picture)) => Answer::Pictured(Box::new(picture)),
            Ok(None) => continue,
            Err(failure) => Answer::Failed(Topic::Decode, failure),
        };
        if answers.send(Event::Done(number, Box::new(answer))).is_err() {
            return;
        }
    }
}

fn not_shown(why: &str) -> Failure {
    Failure::new(Kind::User, format!("不能预览：{why}。"), format!("It cannot be shown: {why}."))
        .next("请用阅片软件打开原件。", "Open the original with a viewer.")
}
