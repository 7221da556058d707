//! All that the screens know: what every screen shares, the stack of screens, and what lies over them.
use std::collections::BTreeMap;

use super::{
    effect::{Effect, Knowledge, Me, Question, Station, Topic},
    field::{Field, Notice},
    keys::Keymap,
    overlays::Overlay,
    screens::{Screen, sign_in::SignIn},
    text::{Lang, T, follow_up, frame as words},
    theme::Role,
};
use crate::{
    domain::{age::Day, instant::Instant, role},
    services::{failure::Failure, trace_upload::Round},
};

/// The smallest terminal that is drawn.
pub const LEAST_SIZE: (u16, u16) = (60, 20);
const MOST_MESSAGES: usize = 200;
const TOAST_MS: i64 = 6_000;

/// What every screen may read and use.
#[derive(Debug)]
pub struct Shared {
    pub lang: Lang,
    pub now: Instant,
    pub size: (u16, u16),
    pub keymap: Keymap,
    /// Demo user and passphrase, printed on the sign-in screen.
    pub demo: Option<(String, String)>,
    pub me: Option<Me>,
    pub station: Station,
    pub knowledge: Loading,
    pub queue: usize,
    pub toast: Option<Message>,
    pub messages: Vec<Message>,
    pub effects: Vec<Effect>,
    /// Asked while the tables were loading: sent when they are there.
    pub held: Vec<(u64, Question)>,
    /// The round of bills that is under way.
    pub upload: Option<Round>,
    asked: u64,
    latest: BTreeMap<Topic, u64>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Loading {
    Waiting,
    Ready(Knowledge),
    Failed(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    pub at: Instant,
    pub role: Role,
    pub text: String,
}

#[derive(Debug)]
pub struct State {
    pub shared: Shared,
    /// Never empty; the last one is seen.
    pub screens: Vec<Screen>,
    pub overlay: Option<Overlay>,
    pub locked: Option<LockBox>,
    pub last_key: Instant,
}

/// What stands over everything while the desk is left alone.
#[derive(Debug)]
pub struct LockBox {
    pub passphrase: Field,
    pub checking: bool,
    pub problem: Option<String>,
}

impl Default for LockBox {
    fn default() -> Self {
        Self { passphrase: Field::secret(), checking: false, problem: None }
    }
}

/// Where an action leads.
#[derive(Debug)]
pub enum Go {
    Stay,
    Back,
    Push(Box<Screen>),
    Replace(Box<Screen>),
    Open(Box<Overlay>),
}

impl Go {
    pub fn to(screen: impl Into<Screen>) -> Self {
        Self::Push(Box::new(screen.into()))
    }

    pub fn open(overlay: Overlay) -> Self {
        Self::Open(Box::new(overlay))
    }
}

/// How the program was started, as far as the screens care.
#[derive(Clone, Debug)]
pub struct Start {
    pub lang: Lang,
    pub now: Instant,
    pub size: (u16, u16),
    pub keymap: Keymap,
    pub demo: Option<(String, String)>,
    /// `None` = first run.
    pub users: Option<Vec<String>>,
}

impl State {
    pub fn new(start: Start) -> Self {
        let shared = Shared {
            lang: start.lang,
            now: start.now,
            size: start.size,
            keymap: start.keymap,
            demo: start.demo.clone(),
            me: None,
            station: Station::default(),
            knowledge: Loading::Waiting,
            queue: 0,
            toast: None,
            messages: vec![],
            effects: vec![],
            held: vec![],
            upload: None,
            asked: 0,
            latest: BTreeMap::new(),
        };
        let first = match start.users {
            None => Screen::Wizard(Box::default()),
            Some(users) => Screen::SignIn(SignIn::new(users, start.demo.as_ref())),
        };
        Self { shared, screens: vec![first], overlay: None, locked: None, last_key: start.now }
    }
}

impl Shared {
    /// Sends a question to a worker; answers to older ones of its topic will be dropped.
    pub fn ask(&mut self, question: Question) {
        self.asked += 1;
        self.latest.insert(question.topic(), self.asked);
        // Until the knowledge is loaded nobody answers; what then matters is asked again when it is.
        let early = self.knowledge == Loading::Waiting;
        if early && question.needs_tables() {
            let text = self.t(follow_up::TABLES_WAIT);
            self.say(Role::Caution, text);
            self.held.push((self.asked, question));
        } else if !(early && question.needs_knowledge()) {
            self.effects.push(Effect::Ask(self.asked, question));
        }
    }

    /// Whether this number answers the newest question of its topic.
    pub fn is_newest(&self, number: u64) -> bool {
        self.latest.values().any(|newest| *newest == number)
    }

    pub fn say(&mut self, role: Role, text: impl Into<String>) {
        let message = Message { at: self.now, role, text: text.into() };
        if self.messages.len() == MOST_MESSAGES {
            self.messages.remove(0);
        }
        self.messages.push(message.clone());
        self.toast = Some(message);
    }

    pub fn fail(&mut self, failure: &Failure) {
        let text = failure.sentence(self.lang);
        self.say(Role::Warning, text);
    }

    pub fn t(&self, words: T) -> &'static str {
        words.get(self.lang)
    }

    pub fn today(&self) -> Day {
        self.now.day()
    }

    pub fn may(&self, action: role::Action) -> bool {
        self.me.as_ref().is_some_and(|me| me.roles.allow(action).is_some())
    }

    /// Toasts go by themselves; the list of messages keeps them.
    pub fn forget_old_toast(&mut self) {
        if self.toast.as_ref().is_some_and(|toast| self.now.millis_since(toast.at) > TOAST_MS) {
            self.toast = None;
        }
    }

    /// Says what a field did to what was put into it.
    pub fn say_notice(&mut self, notice: Option<Notice>) {
        match notice {
            None => {}
            Some(Notice::Removed(shown)) => {
                let text = words::CONTROL_REMOVED.with(self.lang, &[&shown.join(" ")]);
                self.say(Role::Caution, text);
            }
            Some(Notice::Cut(bytes)) => {
                let text = words::PASTE_CUT.with(self.lang, &[&bytes]);
                self.say(Role::Warning, text);
            }
        }
    }

    /// A moment as the wall clock shows it.
    pub fn clock(at: Instant) -> String {
        let (hour, minute, _) = at.time_of_day();
        format!("{hour:02}:{minute:02}")
    }
}
