//! 文件: what comes in from a file is looked at line by line before it is kept; what goes out says what was written.
use ratatui::{layout::Rect, text::Line};

use super::{entry::Entry, say_stop};
use crate::{
    domain::role,
    services::{
        trace_files::Leaving,
        trace_import::{Fate, Import, Line as Row, Sender, Subject},
    },
    tui::{
        action::Action,
        draw::{Ui, clip, scroll},
        effect::{Answer, Effect, Question, Topic},
        field::Field,
        overlays::stepped,
        screens::Screen,
        state::{Go, Shared},
        text::{T, stock as words},
        theme::Role,
    },
};

/// Which way a file goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    In(Subject),
    Out(Leaving),
}

const WAYS: [(Way, T); 9] = [
    (Way::In(Subject::Products), words::FILES_PRODUCTS),
    (Way::In(Subject::Despatch), words::FILES_DESPATCH),
    (Way::In(Subject::Agreements), words::FILES_AGREEMENTS),
    (Way::In(Subject::Epcis), words::FILES_EPCIS_IN),
    (Way::In(Subject::Answers), words::FILES_ANSWERS),
    (Way::Out(Leaving::Epcis), words::FILES_EPCIS_OUT),
    (Way::Out(Leaving::Csv), words::FILES_CSV_OUT),
    (Way::Out(Leaving::Insurance), words::FILES_INSURANCE_OUT),
    (Way::Out(Leaving::Settlement), words::FILES_SETTLEMENT_OUT),
];

#[derive(Debug, Default)]
pub struct FilesDesk {
    at: usize,
    way: Option<(Way, T)>,
    entry: Entry,
    look: Option<Box<Import>>,
    row: usize,
    /// What the last file did.
    told: Vec<(Role, String)>,
    working: bool,
}

impl From<FilesDesk> for Screen {
    fn from(screen: FilesDesk) -> Self {
        Self::Files(Box::new(screen))
    }
}

impl FilesDesk {
    pub fn actions(&self, _shared: &Shared) -> Vec<Action> {
        let rows = [Action::Next, Action::Previous];
        match (&self.way, &self.look) {
            (None, _) => [vec![Action::ChooseAct, Action::Submit], rows.to_vec()].concat(),
            (Some(_), Some(_)) => [vec![Action::Submit], rows.to_vec()].concat(),
            (Some(_), None) => vec![Action::Submit, Action::NextField, Action::PreviousField],
        }
    }

    pub const fn has_field(&self) -> bool {
        self.way.is_some() && self.look.is_none()
    }

    pub fn field(&mut self) -> Option<&mut Field> {
        if self.has_field() { self.entry.field() } else { None }
    }

    pub const fn edited(&mut self, _shared: &mut Shared) {}

    pub const fn scanned(&mut self, _shared: &mut Shared, _code: &str) {}

    fn choose(&mut self, shared: &mut Shared, n: usize) {
        let Some((way, name)) = WAYS.get(n).copied() else { return };
        let may = match way {
            Way::In(Subject::Products | Subject::Agreements) => role::Action::ChangeDrugCatalogue,
            Way::In(Subject::Despatch | Subject::Epcis) => role::Action::ReceiveDrugs,
            Way::In(Subject::Answers) | Way::Out(_) => role::Action::UploadTrace,
        };
        if !shared.may(may) {
            let text = shared.t(words::FILES_NOT_YOURS);
            shared.say(Role::Caution, text);
            return;
        }
        let rows: &[(T, bool)] = match way {
            Way::In(Subject::Despatch | Subject::Epcis) => &[
                (words::FILES_PATH, true),
                (words::FILES_BILL, false),
                (words::FILES_SUPPLIER, false),
            ],
            Way::In(_) => &[(words::FILES_PATH, true)],
            Way::Out(Leaving::Settlement) => {
                &[(words::FILES_SHEET, true), (words::FILES_PATH, false)]
            }
            Way::Out(_) => &[(words::FILES_PATH, false)],
        };
        (self.at, self.way, self.entry) = (n, Some((way, name)), Entry::new(rows));
        self.told.clear();
    }

    pub fn perform(&mut self, shared: &mut Shared, (action, nth): (Action, usize)) -> Option<Go> {
        if action == Action::Back && self.step_back() {
            return Some(Go::Stay);
        }
        if !self.actions(shared).contains(&action) {
            return None;
        }
        match (action, self.way) {
            (Action::ChooseAct, None) => self.choose(shared, nth),
            (Action::Submit, None) => self.choose(shared, self.at),
            (Action::Submit, Some((way, _))) => self.submit(shared, way),
            (_, None) => self.at = stepped(self.at, action, WAYS.len()),
            (_, Some(_)) => match &self.look {
                Some(look) => self.row = stepped(self.row, action, look.lines.len()),
                None => self.entry.step(action),
            },
        }
        Some(Go::Stay)
    }

    /// From the look to the path, from the path to the list of ways; `false` = out of here.
    fn step_back(&mut self) -> bool {
        self.working = false;
        self.look.take().is_some() || self.way.take().is_some()
    }

    fn submit(&mut self, shared: &mut Shared, way: Way) {
        if self.working {
            return;
        }
        if let Some(look) = &self.look {
            if !look.is_empty() {
                self.working = true;
                shared.ask(Question::KeepImport(look.clone()));
            }
            return;
        }
        if !self.entry.enter() {
            return;
        }
        self.working = true;
        let text = |row| self.entry.text(row);
        let question = match way {
            Way::In(subject) => Question::ReadImport {
                subject,
                path: text(0),
                sender: Sender { bill: text(1), supplier: text(2) },
            },
            Way::Out(leaving @ Leaving::Settlement) => {
                Question::WriteFile { leaving, path: text(1), sheet: text(0) }
            }
            Way::Out(leaving) => {
                Question::WriteFile { leaving, path: text(0), sheet: String::new() }
            }
        };
        shared.ask(question);
    }

    pub fn answered(&mut self, shared: &mut Shared, answer: Answer) -> Result<Go, Answer> {
        let lang = shared.lang;
        match answer {
            Answer::ImportRead(import) => {
                self.working = false;
                if import.tally().bad > 0 {
                    shared.effects.push(Effect::Bell(3));
                }
                // What is wrong stands first.
                let mut import = import;
                import.lines.sort_by_key(|line| match line.fate {
                    Fate::Bad(_) => 0,
                    Fate::Changed(_) => 1,
                    Fate::New => 2,
                    Fate::Same => 3,
                });
                (self.look, self.row) = (Some(import), 0);
            }
            Answer::Imported(imported) => {
                let text = if imported.refused.is_empty() {
                    words::FILES_KEPT.with(lang, &[&imported.kept])
                } else {
                    let named: Vec<String> = imported
                        .refused
                        .iter()
                        .take(3)
                        .map(|(line, stop)| format!("{line} {}", stop.words().pick(lang)))
                        .collect();
                    let named = named.join("；");
                    words::FILES_KEPT_BUT
                        .with(lang, &[&imported.kept, &imported.refused.len(), &named])
                };
                shared.say(Role::Good, &*text);
                (self.look, self.way, self.working) = (None, None, false);
                self.told = vec![(Role::Good, text)];
                shared.ask(Question::Stock);
            }
            Answer::FileWritten(written) => {
                let path = written.path.display().to_string();
                let text = words::FILES_WRITTEN.with(lang, &[&path, &written.words.pick(lang)]);
                shared.say(Role::Good, &*text);
                self.told = vec![(Role::Good, text)];
                if !written.left_out.is_empty() {
                    let named = written.left_out.join("；");
                    let text = words::FILES_LEFT_OUT.with(lang, &[&written.left_out.len(), &named]);
                    self.told.push((Role::Warning, text));
                }
                (self.way, self.working) = (None, false);
            }
            Answer::Stopped(stop) => {
                self.working = false;
                say_stop(shared, &stop);
            }
            Answer::Failed(Topic::Import | Topic::WriteFile, failure) => {
                self.working = false;
                self.told = vec![(Role::Danger, failure.sentence(lang))];
                shared.fail(&failure);
            }
            other => return Err(other),
        }
        Ok(Go::Stay)
    }

    pub fn view(&self, ui: &mut Ui, shared: &Shared, area: Rect) {
        let Some((way, name)) = self.way else {
            self.view_ways(ui, shared, area);
            return;
        };
        let inner = ui.boxed(area, shared.t(name), true);
        if let Some(look) = &self.look {
            self.view_look(ui, shared, (look, inner));
            return;
        }
        self.entry.view(ui, shared, inner);
        let mut y = inner.y + self.entry.height();
        let mut hints = vec![match way {
            Way::In(_) => words::FILES_IN_HINT,
            Way::Out(_) => words::FILES_OUT_HINT,
        }];
        if matches!(way, Way::In(Subject::Despatch | Subject::Epcis)) {
            hints.push(words::FILES_LIST_HINT);
        }
        let wide = usize::from(inner.width);
        for hint in hints {
            for row in crate::tui::draw::wrapped(shared.t(hint), wide) {
                let line = Rect { y, height: 1, ..inner };
                ui.line(line, Line::from(ui.span(Role::Muted, row)));
                y += 1;
            }
        }
        self.view_told(ui, shared, Rect { y, height: inner.bottom().saturating_sub(y), ..inner });
    }

    fn view_ways(&self, ui: &mut Ui, shared: &Shared, area: Rect) {
        let inner = ui.boxed(area, shared.t(words::FILES_TITLE), true);
        let lines = WAYS.iter().enumerate().map(|(n, (_, name))| {
            let role = if n == self.at { Role::Selected } else { Role::Base };
            Line::from(ui.span(role, format!(" {}  {}", n + 1, shared.t(*name))))
        });
        let lines = lines.collect();
        ui.lines(inner, lines);
        let used = WAYS.len() as u16 + 1;
        let height = inner.height.saturating_sub(used);
        self.view_told(ui, shared, Rect { y: inner.y + used, height, ..inner });
    }

    fn view_told(&self, ui: &mut Ui, _shared: &Shared, area: Rect) {
        let wide = usize::from(area.width);
        let lines = self
            .told
            .iter()
            .flat_map(|(role, text)| {
                crate::tui::draw::wrapped(text, wide).into_iter().map(|row| (*role, row))
            })
            .take(area.height.into())
            .map(|(role, row)| Line::from(ui.span(role, row)))
            .collect();
        ui.lines(area, lines);
    }

    /// What each line would do; the worst first.
    fn view_look(&self, ui: &mut Ui, shared: &Shared, (look, inner): (&Import, Rect)) {
        let tally = look.tally();
        let next = if look.is_empty() { words::FILES_NOTHING } else { words::FILES_KEEP };
        let head = words::FILES_LOOK.with(
            shared.lang,
            &[&tally.new, &tally.changed, &tally.same, &tally.bad, &shared.t(next)],
        );
        let wide = usize::from(inner.width);
        ui.line(inner, Line::from(ui.span(Role::Heading, clip(&head, wide))));
        let below = 3_u16.min(inner.height.saturating_sub(2));
        let height = inner.height.saturating_sub(1 + below);
        let rows = Rect { y: inner.y + 1, height, ..inner };
        let top = scroll(self.row, look.lines.len(), height.into());
        let shown = look.lines.iter().enumerate().skip(top).take(height.into());
        let lines = shown.map(|(n, line)| {
            let role = match (&line.fate, line.note.is_empty()) {
                _ if n == self.row => Role::Selected,
                (Fate::Bad(_), _) => Role::Danger,
                (Fate::Changed(_), _) | (Fate::New, false) => Role::Caution,
                (Fate::New, true) => Role::Good,
                (Fate::Same, _) => Role::Muted,
            };
            Line::from(ui.span(role, clip(&told(shared, line), wide)))
        });
        let lines = lines.collect();
        ui.lines(rows, lines);
        // The whole of the chosen line, which may be long.
        if let Some(line) = look.lines.get(self.row) {
            let foot = Rect { y: rows.bottom(), height: below, ..inner };
            let lines = crate::tui::draw::wrapped(&told(shared, line), wide)
                .into_iter()
                .map(|row| Line::from(ui.span(Role::Accent, row)))
                .collect();
            ui.lines(foot, lines);
        }
    }
}

fn told(shared: &Shared, line: &Row) -> String {
    let (word, more) = match &line.fate {
        Fate::New => (words::FATE_NEW, String::new()),
        Fate::Changed(what) => (words::FATE_CHANGED, what.join("；")),
        Fate::Same => (words::FATE_SAME, String::new()),
        Fate::Bad(what) => (words::FATE_BAD, what.clone()),
    };
    let parts = [shared.t(word), &line.label, &more, &line.note];
    let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join("  ")
}
