//! What happens when something happens: pure, no clock, no file, no database.
use std::sync::Arc;

use super::{
    action::Action,
    effect::{Answer, Effect, Question, Topic},
    event::{Event, Key},
    overlays::{self, Overlay},
    rx_tools::calculators::Calculators,
    screens::{Screen, stock::upload, waiting::WaitingRoom},
    state::{Go, Loading, LockBox, State},
    text::{Lang, desk, follow_up, frame as words},
    theme::Role,
};
use crate::{
    domain::{instant::Instant, patient::PatientId, role},
    services::advisor::Notice,
};

/// Nobody at the keys for so long: the desk locks itself.
const IDLE_LOCK_MS: i64 = 10 * 60 * 1000;
/// How often the status bar and the waiting list are asked anew.
const REFRESH_SECONDS: i64 = 20;

pub fn update(state: &mut State, event: Event) -> Vec<Effect> {
    match event {
        Event::Tick(now) => tick(state, now),
        Event::Resize(width, height) => {
            state.shared.size = (width, height);
            state.screens.iter_mut().for_each(|screen| screen.resized((width, height)));
            if let Some(Screen::Preview(preview)) = state.screens.last_mut() {
                preview.refit(&mut state.shared);
            }
        }
        Event::Key(key) => {
            state.last_key = state.shared.now;
            pressed(state, key);
        }
        Event::Paste(text) => {
            state.last_key = state.shared.now;
            typed(state, &text);
        }
        Event::Scan(code) => scanned(state, &code),
        Event::Done(number, answer) => {
            if answer.is_news() || state.shared.is_newest(number) {
                answered(state, *answer);
            }
        }
        Event::Hangup => {
            keep_drafts(state);
            state.shared.effects.push(Effect::Quit);
        }
    }
    std::mem::take(&mut state.shared.effects)
}

fn tick(state: &mut State, now: Instant) {
    let before = state.shared.now;
    state.shared.now = now;
    state.shared.forget_old_toast();
    if state.shared.me.is_none() || state.locked.is_some() {
        return;
    }
    for screen in &mut state.screens {
        match screen {
            Screen::Visit(visit) => visit.ticked(&mut state.shared),
            Screen::FollowUpForm(form) => form.ticked(&mut state.shared),
            _ => {}
        }
    }
    if now.millis() / (REFRESH_SECONDS * 1000) != before.millis() / (REFRESH_SECONDS * 1000) {
        refresh(state);
    }
    if now.millis_since(state.last_key) > IDLE_LOCK_MS && at_desk(state) {
        lock(state);
    }
}

/// Asks for what may have changed behind the screen's back.
pub fn refresh(state: &mut State) {
    state.shared.ask(Question::Standing);
    if state.shared.may(role::Action::SeeWaitingList) {
        state.shared.ask(Question::Waiting);
    }
}

pub fn keep_drafts(state: &mut State) {
    for screen in &mut state.screens {
        match screen {
            Screen::Visit(visit) => visit.keep_draft(&mut state.shared),
            Screen::FollowUpForm(form) => form.keep_draft(&mut state.shared),
            _ => {}
        }
    }
}

pub fn lock(state: &mut State) {
    keep_drafts(state);
    state.shared.ask(Question::Lock);
    state.locked = Some(LockBox::default());
}

/// What keys can do now.
pub fn live(state: &State) -> Vec<Action> {
    if state.locked.is_some() {
        return vec![Action::Submit, Action::SignOut];
    }
    if let Some(overlay) = &state.overlay {
        return overlay.actions(&state.shared);
    }
    let mut actions =
        state.screens.last().map_or_else(Vec::new, |screen| screen.actions(&state.shared));
    if at_desk(state) {
        actions.extend([Action::Search, Action::Calculate]);
    }
    if state.screens.len() > 1 {
        actions.push(Action::Back);
    }
    actions.extend([Action::Help, Action::Palette, Action::Messages]);
    if at_desk(state) {
        actions.extend([Action::Lock, Action::SignOut]);
    }
    actions
}

/// Signed in and past the wizard: while the recovery key is shown nothing may take it away.
pub fn at_desk(state: &State) -> bool {
    state.shared.me.is_some() && !matches!(state.screens.last(), Some(Screen::Wizard(_)))
}

/// Whether typing goes into a text field.
pub fn in_field(state: &State) -> bool {
    if state.locked.is_some() {
        return true;
    }
    match &state.overlay {
        Some(overlay) => overlay.has_field(),
        None => state.screens.last().is_some_and(Screen::has_field),
    }
}

fn pressed(state: &mut State, key: Key) {
    if key.typed().is_some() && in_field(state) {
        field_key(state, key);
        return;
    }
    let live = live(state);
    match state.shared.keymap.find(key, &live) {
        Some(found) => {
            perform(state, found);
        }
        // Writing on while an alert is looked at goes on with the line.
        None if key.typed().is_some() && state.overlay.is_none() && state.locked.is_none() => {
            if let Some(Screen::Visit(visit)) = state.screens.last_mut()
                && visit.write_on()
            {
                field_key(state, key);
            }
        }
        None => field_key(state, key),
    }
}

fn field_key(state: &mut State, key: Key) {
    let field = if let Some(locked) = &mut state.locked {
        Some(&mut locked.passphrase)
    } else if let Some(overlay) = &mut state.overlay {
        overlay.field()
    } else {
        state.screens.last_mut().and_then(Screen::field)
    };
    if let Some(field) = field
        && field.key(key)
    {
        let notice = field.notice.take();
        state.shared.say_notice(notice);
        edited(state);
    }
}

fn typed(state: &mut State, text: &str) {
    let field = if let Some(locked) = &mut state.locked {
        Some(&mut locked.passphrase)
    } else if let Some(overlay) = &mut state.overlay {
        overlay.field()
    } else {
        state.screens.last_mut().and_then(Screen::field)
    };
    if let Some(field) = field {
        field.insert(text);
        let notice = field.notice.take();
        state.shared.say_notice(notice);
        edited(state);
    }
}

fn edited(state: &mut State) {
    if state.locked.is_some() {
        return;
    }
    if let Some(overlay) = &mut state.overlay {
        overlay.edited(&mut state.shared);
    } else if let Some(screen) = state.screens.last_mut() {
        screen.edited(&mut state.shared);
    }
}

/// A scan goes into search and form fields; inside a note it is lifted out and said.
fn scanned(state: &mut State, code: &str) {
    state.last_key = state.shared.now;
    let open = state.locked.is_none() && state.overlay.is_none();
    if open
        && state.screens.last_mut().is_some_and(|screen| screen.scanned(&mut state.shared, code))
    {
        return;
    }
    let free_text = matches!(state.screens.last(), Some(Screen::Visit(_)));
    if state.locked.is_some() || state.overlay.is_some() || free_text || !in_field(state) {
        let text = words::SCAN_UNUSED.with(state.shared.lang, &[&code]);
        state.shared.say(Role::Caution, text);
    } else {
        typed(state, code);
    }
}

/// Does an action where it belongs; `false` = nothing here does it.
pub fn perform(state: &mut State, (action, nth): (Action, usize)) -> bool {
    if state.locked.is_some() {
        return unlock(state, action);
    }
    if state.overlay.is_some() {
        return overlays::perform(state, (action, nth));
    }
    let by_screen = state
        .screens
        .last_mut()
        .and_then(|screen| screen.perform(&mut state.shared, (action, nth)));
    if let Some(go) = by_screen {
        follow(state, go);
        return true;
    }
    let signed_in = at_desk(state);
    let overlay = match action {
        Action::Help => Overlay::Help { top: 0 },
        Action::Palette => Overlay::palette(),
        Action::Messages => Overlay::Messages { top: 0 },
        Action::Search if signed_in => Overlay::search(),
        Action::Calculate if signed_in => {
            let details = state.screens.last().and_then(Screen::patient);
            Overlay::Calculators(Box::new(Calculators::new(details, state.shared.today())))
        }
        Action::SignOut if signed_in => Overlay::Confirm(overlays::Confirm::SignOut),
        Action::Lock if signed_in => {
            lock(state);
            return true;
        }
        Action::Back if state.screens.len() > 1 => {
            follow(state, Go::Back);
            return true;
        }
        _ => return false,
    };
    state.overlay = Some(overlay);
    true
}

fn unlock(state: &mut State, action: Action) -> bool {
    let (Some(locked), Some(me)) = (&mut state.locked, &state.shared.me) else { return false };
    match action {
        Action::Submit if locked.checking || locked.passphrase.text().is_empty() => true,
        Action::Submit => {
            locked.checking = true;
            let user = me.user.clone();
            let passphrase = locked.passphrase.take();
            state.shared.ask(Question::SignIn { user, passphrase });
            true
        }
        Action::SignOut => {
            sign_out(state);
            true
        }
        _ => false,
    }
}

pub fn sign_out(state: &mut State) {
    keep_drafts(state);
    state.shared.ask(Question::SignOut);
}

pub fn follow(state: &mut State, go: Go) {
    match go {
        Go::Stay => {}
        Go::Back => {
            if state.screens.len() > 1 {
                state.screens.pop();
            }
            if let Some(Screen::Chart(chart)) = state.screens.last() {
                let id = chart.patient.id;
                state.shared.ask(Question::Chart(id));
                ask_programmes(state, id);
            }
            if state.screens.len() == 1 && state.shared.me.is_some() {
                refresh(state);
            }
        }
        Go::Push(screen) => {
            state.screens.push(*screen);
            if let Some(Screen::Chart(chart)) = state.screens.last() {
                let id = chart.patient.id;
                ask_programmes(state, id);
            }
            let size = state.shared.size;
            state.screens.iter_mut().for_each(|screen| screen.resized(size));
        }
        Go::Replace(screen) => {
            state.screens.pop();
            follow(state, Go::Push(screen));
        }
        Go::Open(overlay) => state.overlay = Some(*overlay),
    }
}

/// A chart says in which programmes the person is, to whom that may be shown.
fn ask_programmes(state: &mut State, id: PatientId) {
    if state.shared.may(role::Action::SeeFollowUps) {
        state.shared.ask(Question::Programmes(id));
    }
}

fn answered(state: &mut State, answer: Answer) {
    match answer {
        Answer::Ready(knowledge) => {
            for notice in &knowledge.notices {
                let lang = state.shared.lang;
                let text = match notice {
                    Notice::KnowledgeFallback(why) => words::KNOWLEDGE_FALLBACK.with(lang, &[why]),
                    Notice::EntriesLeftOut(n) => words::KNOWLEDGE_LEFT_OUT.with(lang, &[n]),
                    Notice::ModelMissing(why) => why.clone(),
                };
                state.shared.say(Role::Caution, text);
            }
            state.shared.knowledge = Loading::Ready(*knowledge);
            for (number, question) in std::mem::take(&mut state.shared.held) {
                state.shared.effects.push(Effect::Ask(number, question));
            }
            if let Some(overlay) = &mut state.overlay {
                overlay.knowledge_came(&mut state.shared);
            }
            if state.shared.may(role::Action::ReadLocalDocuments) {
                state.shared.ask(Question::Papers);
            }
            for screen in &mut state.screens {
                if let Screen::Visit(visit) = screen {
                    visit.knowledge_came(&mut state.shared);
                }
            }
        }
        Answer::NotReady(why) => {
            let text = words::KNOWLEDGE_FAILED.with(state.shared.lang, &[&why]);
            state.shared.say(Role::Danger, text);
            state.shared.knowledge = Loading::Failed(why);
        }
        Answer::SignedIn { me, recovery_key } => signed_in(state, me, recovery_key),
        Answer::SignedOut => {
            let users = state.shared.me.take().map(|me| vec![me.user]).unwrap_or_default();
            let screen = super::screens::sign_in::SignIn::new(users, state.shared.demo.as_ref());
            state.screens = vec![Screen::SignIn(screen)];
            (state.overlay, state.locked) = (None, None);
            state.shared.ask(Question::Shelve(Arc::default()));
        }
        Answer::SecondSigned(given) => {
            if matches!(state.overlay, Some(Overlay::SecondSign(_))) {
                state.overlay = None;
            }
            route(state, Answer::SecondSigned(given));
        }
        Answer::Locked | Answer::Shelved => {}
        Answer::FormDiscarded => {
            let text = state.shared.t(follow_up::DRAFT_GONE);
            state.shared.say(Role::Good, text);
        }
        Answer::Papers(papers) => state.shared.ask(Question::Shelve(papers)),
        // The search goes on without them; a message would only disturb at sign-in.
        Answer::Failed(Topic::Papers | Topic::Shelve, failure) => {
            tracing::warn!(what = failure.what.pick(Lang::En), "own papers are not searched");
        }
        Answer::Standing(station) => state.shared.station = station,
        Answer::Failed(Topic::Door, failure) if state.locked.is_some() => {
            if let Some(locked) = &mut state.locked {
                locked.checking = false;
                locked.problem = Some(failure.sentence(state.shared.lang));
            }
        }
        Answer::BillTaken { .. } | Answer::Delivered { .. } | Answer::BillKept => {
            carry_on(state, answer);
        }
        Answer::Failed(Topic::Upload, failure) => {
            state.shared.upload = None;
            // Signed out or locked in between: the bill is asked about at the next round.
            if state.locked.is_none() && state.shared.me.is_some() {
                state.shared.fail(&failure);
            }
        }
        other => route(state, other),
    }
}

/// One bill after the other: taken from the records, told to its platform, the answer kept. It goes on whatever screen
/// is open.
fn carry_on(state: &mut State, answer: Answer) {
    let Some(mut round) = state.shared.upload.take() else { return };
    match answer {
        Answer::BillTaken { parcel: Some(parcel), round: known } => {
            round = *known;
            state.shared.ask(Question::Deliver(parcel));
        }
        Answer::BillTaken { parcel: None, round: known } => {
            let (role, text) = upload::summary(&state.shared, &known);
            state.shared.say(role, text);
            state.shared.ask(Question::Standing);
            if matches!(state.screens.last(), Some(Screen::Upload(_))) {
                state.shared.ask(Question::Bills);
            }
            return;
        }
        Answer::Delivered { parcel, answer } => {
            round.count(parcel.bill.target, &answer);
            state.shared.ask(Question::BillCameBack { parcel, answer });
        }
        _ => {
            let next = Box::new(round.clone());
            state.shared.ask(Question::UploadNext { round: next, first: false });
        }
    }
    state.shared.upload = Some(round);
}

/// Overlay first, then the screens from the top down.
fn route(state: &mut State, answer: Answer) {
    let mut answer = answer;
    if let Some(overlay) = &mut state.overlay {
        match overlay.answered(answer) {
            None => return,
            Some(back) => answer = back,
        }
    }
    for at in (0..state.screens.len()).rev() {
        match state.screens[at].answered(&mut state.shared, answer) {
            Ok(go) => {
                follow(state, go);
                return;
            }
            Err(back) => answer = back,
        }
    }
    if let Answer::Failed(_, failure) = answer {
        state.shared.fail(&failure);
    }
}

fn signed_in(state: &mut State, me: super::effect::Me, recovery_key: Option<Vec<String>>) {
    let same = state.shared.me.as_ref().is_some_and(|was| was.id == me.id);
    if state.locked.take().is_some() && same {
        refresh(state);
        return;
    }
    let text = desk::WELCOME.with(state.shared.lang, &[&me.name]);
    state.shared.me = Some(me);
    state.overlay = None;
    if let (Some(key), Some(Screen::Wizard(wizard))) = (recovery_key, state.screens.last_mut()) {
        wizard.show_key(key);
    } else {
        state.screens = vec![Screen::Waiting(WaitingRoom::default())];
        state.shared.say(Role::Good, text);
    }
    refresh(state);
    if state.shared.may(role::Action::ReadLocalDocuments) {
        state.shared.ask(Question::Papers);
    }
    if state.shared.may(role::Action::WriteVisit) {
        state.shared.ask(Question::Drafts);
    }
    if state.shared.may(role::Action::RecordFollowUp) {
        state.shared.ask(Question::FormDrafts);
    }
}
