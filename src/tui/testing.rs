//! Invented people and answers for the tests of the screens; a station without workers.
use ratatui::{Terminal, backend::TestBackend};

use super::{
    draw::testing::lines,
    effect::{Answer, Effect, Knowledge, Me, Question},
    event::{Code, Event, Key},
    keys::Keymap,
    state::{Start, State},
    text::Lang,
    theme::{Depth, Theme},
    update::update,
    view::view,
};
use crate::{
    domain::{
        age::{Day, Sex},
        audit::{Checkpoint, Hash},
        instant::Instant,
        patient::{
            Allergies, Allergy, AllergyKind, AllergySeverity, Details, Patient, PatientId,
            PatientLine, Weight,
        },
        role::{Role, Roles, UserId},
        visit::{
            AlertTier, DraftId, Polarity, RecordedFinding, Setting, SignedReceipt, SignedVisit,
            TriageLevel, Visit, VisitId, VisitLine, Waiting,
        },
    },
    services::{
        print::Printed,
        visit::{Ask, Cause, Danger, Doubt, Opened, Suggestion},
    },
};

pub use super::testing_rx::*;

pub const SIZES: [(u16, u16); 3] = [(60, 20), (80, 24), (120, 40)];

/// 2026-11-24 09:30 in China.
pub fn morning() -> Instant {
    Instant::start_of(today()).plus_seconds(9 * 3600 + 30 * 60)
}

pub fn today() -> Day {
    Day::new(2026, 11, 24).unwrap()
}

pub fn start(size: (u16, u16), users: Option<Vec<String>>) -> State {
    State::new(Start {
        lang: Lang::Zh,
        now: morning(),
        size,
        keymap: Keymap::default(),
        demo: Some(("wang".into(), "demo clinic 2026".into())),
        users,
    })
}

pub fn me() -> Me {
    Me {
        user: "wang".into(),
        name: "王建国".into(),
        roles: Roles::new(&[Role::Doctor, Role::Admin]).unwrap(),
        clinic: "柳溪村卫生室".into(),
        setting: Setting::Village,
        id: UserId(1),
        today: today(),
    }
}

pub fn patient() -> Patient {
    Patient {
        id: PatientId(7),
        revision: 1,
        details: Details {
            name: "张桂兰".into(),
            sex: Sex::Female,
            birth: Day::new(1955, 3, 2),
            address: "柳溪村一组".into(),
            allergies: Allergies::Known(vec![Allergy {
                substance: "青霉素".into(),
                kind: AllergyKind::Drug,
                severity: AllergySeverity::Severe,
                reaction: "皮疹".into(),
            }]),
            conditions: vec!["高血压".into(), "2型糖尿病".into()],
            weight: Some(Weight { grams: 62_500, on: today() }),
            ..Details::default()
        },
    }
}

pub fn line_of(n: i64, name: &str) -> PatientLine {
    PatientLine {
        id: PatientId(n),
        name: name.into(),
        sex: Sex::Female,
        birth: Day::new(1955, 3, 2),
        id_masked: Some("990000********0025".into()),
        phone_masked: Some("138****1234".into()),
        address: "柳溪村一组".into(),
        last_visit: Day::new(2026, 10, 15),
    }
}

pub fn waiting() -> Vec<Waiting> {
    ["张桂兰", "马德胜", "买买提·吐尔逊"]
        .iter()
        .enumerate()
        .map(|(n, name)| Waiting {
            id: n as i64,
            patient: line_of(n as i64 + 7, name),
            since: morning().plus_seconds(-600 * n as i64),
            reason: "咳嗽、发热2天".into(),
            has_draft: n == 1,
        })
        .collect()
}

pub fn opened() -> Opened {
    let patient = patient();
    let blank = Visit::blank(patient.id, UserId(1), Setting::Village, morning());
    Opened {
        visits: visits(),
        current: vec![],
        draft: None,
        earlier: vec![],
        iv_antibiotics_approved: None,
        blank,
        patient,
    }
}

pub fn visits() -> Vec<VisitLine> {
    vec![VisitLine {
        id: VisitId(3),
        day: Day::new(2026, 10, 15).unwrap(),
        signed: morning().plus_days(-40),
        doctor_name: "王建国".into(),
        diagnoses: vec!["高血压".into()],
        drugs: vec!["苯磺酸氨氯地平片".into()],
        superseded: false,
    }]
}

fn finding(name: &str, polarity: Polarity, at: u32) -> RecordedFinding {
    RecordedFinding {
        concept: format!("f-{at}"),
        name: name.into(),
        polarity,
        of_family: false,
        past: false,
        value: None,
        unit: None,
        start: at,
        end: at + 2,
        corrected: false,
    }
}

pub fn suggestion() -> Suggestion {
    let cause = |n: u32, name: &str, probability: f64| Cause {
        condition: format!("c-{n}"),
        name: name.into(),
        icd10: format!("J{n}"),
        probability,
        support: vec!["咳嗽".into(), "发热".into(), "肺部湿啰音".into()],
        against: vec!["胸痛".into()],
        ask: vec!["胸片斑片影".into()],
        trial: true,
        must_not_miss: n == 18,
    };
    Suggestion {
        findings: vec![
            finding("咳嗽", Polarity::Present, 3),
            finding("发热", Polarity::Present, 8),
            finding("胸痛", Polarity::Absent, 14),
            finding("肺部湿啰音", Polarity::Possible, 20),
        ],
        not_understood: vec!["昨起".into(), "拉磨一样".into()],
        doubts: vec![Doubt {
            measurement: "体温".into(),
            typed: "386".into(),
            low: 30.0,
            high: 45.0,
            unit: "℃".into(),
        }],
        causes: vec![
            cause(18, "社区获得性肺炎", 0.43),
            cause(20, "急性支气管炎", 0.31),
            cause(44, "慢性阻塞性肺疾病急性加重", 0.08),
        ],
        dangers: vec![
            Danger {
                rule: "sepsis".into(),
                name: "脓毒症".into(),
                level: TriageLevel::Emergency,
                because: vec!["发热".into(), "呼吸急促".into()],
                first_steps: "吸氧，建静脉通路，30分钟内补液，首剂抗菌药".into(),
                call: "120".into(),
                trial: true,
            },
            Danger {
                rule: "severe-pneumonia".into(),
                name: "重症肺炎".into(),
                level: TriageLevel::Urgent,
                because: vec!["呼吸急促".into()],
                first_steps: "测指氧".into(),
                call: String::new(),
                trial: true,
            },
        ],
        triage: Some((TriageLevel::Emergency, vec!["脓毒症".into()])),
        questions: vec![Ask {
            concept: "chest-pain".into(),
            name: "胸痛".into(),
            question: "深呼吸时胸口疼不疼？".into(),
        }],
    }
}

/// A terminal with a state behind it; questions are answered by hand.
pub struct Bench {
    pub state: State,
    pub asked: Vec<(u64, Question)>,
    pub quit: bool,
    pub bells: Vec<u8>,
    terminal: Terminal<TestBackend>,
    theme: Theme,
}

impl Bench {
    pub fn new(size: (u16, u16), users: Option<Vec<String>>) -> Self {
        Self {
            state: start(size, users),
            asked: vec![],
            quit: false,
            bells: vec![],
            terminal: Terminal::new(TestBackend::new(size.0, size.1)).unwrap(),
            theme: Theme::named("dark", Depth::True),
        }
    }

    /// Signed in, with the waiting list.
    pub fn at_home(size: (u16, u16)) -> Self {
        let mut bench = Self::new(size, Some(vec!["wang".into()]));
        bench.types("demo clinic 2026");
        bench.press("enter");
        bench.answer(Answer::SignedIn { me: me(), recovery_key: None });
        bench.answer(Answer::Waiting(waiting()));
        bench.answer(knowledge());
        bench
    }

    /// In a visit with a note that was understood.
    pub fn in_visit(size: (u16, u16)) -> Self {
        let mut bench = Self::at_home(size);
        bench.press("enter");
        bench.answer(Answer::Opened(Box::new(opened())));
        bench.types("主诉：咳嗽、咳黄痰5天，发热2天。");
        bench.answer(Answer::Suggestion(Box::new(suggestion())));
        bench
    }

    /// With a diagnosis and one drug that raised alerts of these tiers.
    pub fn with_drug(size: (u16, u16), tiers: &[AlertTier]) -> Self {
        let mut bench = Self::in_visit(size);
        bench.press("f3");
        bench.types("1");
        bench.press("f5");
        bench.types("amxl 0.5g tid po 5天");
        bench.answer(Answer::Readings(vec![reading(true)]));
        bench.press("enter");
        bench.answer(Answer::Checked { lines: vec![rx_line()], checked: checked(tiers) });
        bench
    }

    /// Signed, with the sheet on the screen.
    pub fn signed(size: (u16, u16)) -> Self {
        let mut bench = Self::with_drug(size, &[]);
        bench.press("f6");
        bench.press("enter");
        bench.types("y");
        bench.answer(Answer::Signed(receipt()));
        bench.answer(Answer::Printed(Printed {
            sheets: vec![vec!["柳溪村卫生室 处方笺".into(), "Rp.".into()]],
            file: None,
            missing: vec![],
        }));
        bench
    }

    pub fn event(&mut self, event: Event) {
        for effect in update(&mut self.state, event) {
            match effect {
                Effect::Ask(number, question) => self.asked.push((number, question)),
                Effect::Quit => self.quit = true,
                Effect::Bell(times) => self.bells.push(times),
            }
        }
    }

    pub fn press(&mut self, key: &str) {
        self.event(Event::Key(Key::parse(key).unwrap()));
    }

    pub fn types(&mut self, text: &str) {
        for c in text.chars() {
            let key = if c == '\n' { Key::plain(Code::Enter) } else { Key::char(c) };
            self.event(Event::Key(key));
        }
    }

    /// Answers with the number of the newest question of the fitting topic.
    pub fn answer(&mut self, answer: Answer) {
        let fits = |question: &Question| {
            use super::effect::Topic;
            matches!(
                (question.topic(), &answer),
                (Topic::Door, Answer::SignedIn { .. } | Answer::SignedOut | Answer::Locked)
                    | (Topic::Waiting, Answer::Waiting(_))
                    | (Topic::Find, Answer::Found(_))
                    | (Topic::Duplicates, Answer::Duplicates { .. })
                    | (Topic::Register, Answer::Registered { .. } | Answer::Corrected(_))
                    | (Topic::Open, Answer::Opened(_))
                    | (Topic::Chart, Answer::Chart { .. })
                    | (
                        Topic::FollowUps,
                        Answer::Due(_)
                            | Answer::LoopCases(_)
                            | Answer::FollowUpRegister(_)
                            | Answer::Indicators(_)
                            | Answer::SelfChecked(..)
                            | Answer::SheetPrinted(_)
                    )
                    | (Topic::SetTask, Answer::RegisterChanged)
                    | (Topic::SaveForm, Answer::FormSaved | Answer::FormDiscarded)
                    | (Topic::FormDrafts, Answer::FormDrafts(_))
                    | (Topic::Programmes, Answer::Programmes(..))
                    | (Topic::FollowUpForm, Answer::FollowUpForm(_))
                    | (Topic::KeepFollowUp, Answer::FollowUpKept(_) | Answer::VisitCounted(_))
                    | (Topic::Sharing, Answer::Sharing(_))
                    | (Topic::StudyImages, Answer::StudyImages(..))
                    | (Topic::ReadImage, Answer::ImageRead { .. })
                    | (Topic::Decode, Answer::Pictured(_))
                    | (
                        Topic::LookUp,
                        Answer::LookUpBegun { .. } | Answer::HubsSaid { .. } | Answer::Priors(_)
                    )
                    | (Topic::DecidePrior, Answer::PriorDecided(_))
                    | (
                        Topic::ShareStep,
                        Answer::RecordConfirmed(_)
                            | Answer::DeliveryMoved(_)
                            | Answer::ReferralMoved(_)
                            | Answer::SheetPrinted(_)
                    )
                    | (Topic::Judge, Answer::Judged(_))
                    | (Topic::PastVisit, Answer::PastVisit(_))
                    | (Topic::SaveDraft, Answer::DraftSaved { .. })
                    | (Topic::Sign, Answer::Signed(_))
                    | (Topic::SecondSigners, Answer::SecondSigners(_))
                    | (Topic::SecondSign, Answer::SecondSigned(_))
                    | (Topic::Print, Answer::Printed(_))
                    | (Topic::RxSources, Answer::RxSources { .. })
                    | (
                        Topic::Template,
                        Answer::TemplateSaved(_)
                            | Answer::TemplatePutAway
                            | Answer::TemplateBroughtBack
                    )
                    | (Topic::LongTerm, Answer::LongTerm { .. })
                    | (Topic::Consult, Answer::Suggestion(_))
                    | (Topic::Plans, Answer::Plans(_))
                    | (Topic::Name, Answer::Named { .. } | Answer::Unnamed)
                    | (Topic::ReadLine, Answer::Readings(_))
                    | (Topic::Check, Answer::Checked { .. })
                    | (Topic::Guide, Answer::Hits(_))
                    | (Topic::Papers, Answer::Papers(_))
                    | (Topic::Shelve, Answer::Shelved)
            ) || super::testing_stock::fits(question.topic(), &answer)
                || matches!(&answer, Answer::Failed(topic, _) if *topic == question.topic())
        };
        let newest = self.asked.iter().filter(|(_, q)| fits(q)).map(|(n, _)| *n).max();
        assert!(newest.is_some() || answer.is_news(), "nobody asked for {answer:?}");
        self.event(Event::Done(newest.unwrap_or(0), Box::new(answer)));
    }

    pub fn tick(&mut self, seconds: i64) {
        let now = self.state.shared.now.plus_seconds(seconds);
        self.event(Event::Tick(now));
    }

    pub fn resize(&mut self, size: (u16, u16)) {
        self.terminal.backend_mut().resize(size.0, size.1);
        self.event(Event::Resize(size.0, size.1));
    }

    /// The picture, row by row.
    pub fn picture(&mut self) -> Vec<String> {
        let (state, theme) = (&self.state, &self.theme);
        self.terminal.draw(|frame| view(state, theme, frame)).unwrap();
        lines(self.terminal.backend().buffer())
    }

    pub fn text(&mut self) -> String {
        self.picture().join("\n")
    }

    /// The cursor's cell, when there is one.
    pub fn cursor(&mut self) -> Option<(u16, u16)> {
        self.picture();
        let visible = self.terminal.backend().cursor_visible();
        let at = self.terminal.backend().cursor_position();
        visible.then_some((at.x, at.y))
    }

    #[track_caller]
    pub fn sees(&mut self, text: &str) {
        let shown = self.text();
        assert!(shown.contains(text), "{text} is not on the screen:\n{shown}");
    }

    #[track_caller]
    pub fn sees_not(&mut self, text: &str) {
        let shown = self.text();
        assert!(!shown.contains(text), "{text} is on the screen:\n{shown}");
    }

    pub fn last_asked(&self) -> Option<&Question> {
        self.asked.last().map(|(_, question)| question)
    }
}

pub fn receipt() -> SignedReceipt {
    SignedReceipt {
        visit: VisitId(11),
        signed: morning(),
        prescription_number: Some("20261124-001".into()),
        sha256: Hash([7; 32]),
        audit: Checkpoint { seq: 9, hash: Hash([8; 32]) },
    }
}

pub fn past() -> SignedVisit {
    let mut visit = Visit::blank(PatientId(7), UserId(1), Setting::Village, morning());
    visit.note = "主诉：头晕3天。查体：BP 158/96 mmHg。".into();
    visit.prescription.lines.push(rx_line());
    SignedVisit {
        id: VisitId(3),
        visit,
        signed: morning().plus_days(-40),
        doctor_name: "王建国".into(),
        prescription_number: Some("20261015-002".into()),
        superseded_by: None,
        sha256: Hash([7; 32]),
    }
}

pub fn knowledge() -> Answer {
    Answer::Ready(Box::new(Knowledge {
        version: "2026.11.1+3fa9c012".into(),
        model: Some("0".repeat(64)),
        notices: vec![],
    }))
}

pub fn draft_saved() -> Answer {
    Answer::DraftSaved { patient: PatientId(7), id: DraftId(5) }
}
