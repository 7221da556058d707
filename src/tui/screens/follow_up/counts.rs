//! 管理率, 规范管理率, 控制率 by village and doctor in one quarter, and the people behind every number.
use ratatui::{layout::Rect, text::Line};

use super::{form::short, lists::heads};
use crate::{
    domain::{
        age::Day,
        followup::{
            indicators::{Counted, Period, Row},
            register::Status,
        },
        patient::PatientId,
    },
    services::follow_up::sheets::Form,
    tui::{
        action::Action,
        draw::{Ui, pad, scroll, wrapped},
        effect::{CountsPage, Question},
        overlays::stepped,
        state::Shared,
        text::{T, follow_up as words},
        theme::Role,
    },
};

/// A number of the table: whom it counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
enum Number {
    #[default]
    NotToSpec,
    NotControlled,
    Lost,
    Managed,
    ToSpec,
    Controlled,
}

impl Number {
    const ALL: [Self; 6] = [
        Self::Managed,
        Self::ToSpec,
        Self::NotToSpec,
        Self::Controlled,
        Self::NotControlled,
        Self::Lost,
    ];

    fn next(self) -> Self {
        let at = Self::ALL.iter().position(|n| *n == self).unwrap_or(0);
        Self::ALL[(at + 1) % Self::ALL.len()]
    }

    const fn name(self) -> T {
        match self {
            Self::Managed => words::NUMBER_MANAGED,
            Self::ToSpec => words::NUMBER_TO_SPEC,
            Self::NotToSpec => words::NUMBER_NOT_TO_SPEC,
            Self::Controlled => words::NUMBER_CONTROLLED,
            Self::NotControlled => words::NUMBER_NOT_CONTROLLED,
            Self::Lost => words::NUMBER_LOST,
        }
    }

    fn counts(self, person: &Counted) -> bool {
        match self {
            Self::Managed => true,
            Self::ToSpec => person.to_spec,
            Self::NotToSpec => !person.to_spec,
            Self::Controlled => person.controlled,
            Self::NotControlled => !person.controlled,
            Self::Lost => person.status == Status::Lost,
        }
    }
}

#[derive(Debug)]
pub struct Counts {
    programme: String,
    /// `None` only where a calendar ends.
    period: Option<Period>,
    today: Day,
    page: Option<CountsPage>,
    /// The sum first, then one row for each village and doctor.
    rows: Vec<Row>,
    at: usize,
    /// The people of the row are shown, those whom this number counts.
    number: Option<Number>,
    person_at: usize,
}

impl Counts {
    pub fn new(today: Day) -> Self {
        Self {
            programme: "hypertension".to_owned(),
            period: Period::of(today),
            today,
            page: None,
            rows: vec![],
            at: 0,
            number: None,
            person_at: 0,
        }
    }

    pub fn ask(&self, shared: &mut Shared) {
        if let Some(period) = self.period {
            shared.ask(Question::Indicators(self.programme.clone(), period));
        }
    }

    pub fn filled(&mut self, page: CountsPage) {
        self.rows = if page.rows.is_empty() { vec![] } else { vec![sum(&page.rows)] };
        self.rows.extend(page.rows.iter().cloned());
        self.at = self.at.min(self.rows.len().saturating_sub(1));
        self.page = Some(page);
    }

    fn people(&self) -> Vec<&Counted> {
        let number = self.number.unwrap_or_default();
        let row = self.rows.get(self.at);
        row.map_or_else(Vec::new, |row| row.people.iter().filter(|p| number.counts(p)).collect())
    }

    pub fn patient(&self) -> Option<PatientId> {
        self.number?;
        self.people().get(self.person_at).map(|p| p.patient)
    }

    pub fn actions(&self) -> Vec<Action> {
        if self.number.is_some() {
            return vec![Action::NextNumber, Action::Next, Action::Previous, Action::ExportTable];
        }
        let mut actions = vec![];
        if !self.rows.is_empty() {
            actions.extend([Action::ShowPeople, Action::Next, Action::Previous]);
        }
        actions.extend([Action::NextProgramme, Action::EarlierPeriod]);
        if self.later().is_some() {
            actions.push(Action::LaterPeriod);
        }
        actions.push(Action::ExportTable);
        actions
    }

    fn later(&self) -> Option<Period> {
        let next = self.period?.to.plus_days(1);
        (next <= self.today).then(|| Period::of(next)).flatten()
    }

    /// `false` = not for this list.
    pub fn perform(&mut self, shared: &mut Shared, (action, nth): (Action, usize)) -> bool {
        if action == Action::Back && self.number.is_some() {
            self.number = None;
            return true;
        }
        if !self.actions().contains(&action) {
            return false;
        }
        match action {
            Action::ShowPeople => (self.number, self.person_at) = (Some(Number::default()), 0),
            Action::NextNumber => {
                (self.number, self.person_at) = (self.number.map(Number::next), 0);
            }
            Action::NextProgramme => self.next_programme(shared),
            Action::EarlierPeriod => {
                self.period = self.period.and_then(|p| Period::of(p.from.plus_days(-1)));
                self.ask(shared);
            }
            Action::LaterPeriod => {
                self.period = self.later().or(self.period);
                self.ask(shared);
            }
            Action::ExportTable => {
                if let (Some(period), Some(form)) = (self.period, Form::ALL.get(nth)) {
                    let programme = self.programme.clone();
                    shared.ask(Question::ExportIndicators(programme, period, *form));
                }
            }
            _ if self.number.is_some() => {
                self.person_at = stepped(self.person_at, action, self.people().len());
            }
            _ => self.at = stepped(self.at, action, self.rows.len()),
        }
        true
    }

    fn next_programme(&mut self, shared: &mut Shared) {
        let Some(page) = &self.page else { return self.ask(shared) };
        let at = page.programmes.iter().position(|(id, _)| *id == self.programme);
        let next = at.map_or(0, |at| (at + 1) % page.programmes.len().max(1));
        if let Some((id, _)) = page.programmes.get(next) {
            self.programme.clone_from(id);
        }
        (self.at, self.rows) = (0, vec![]);
        self.ask(shared);
    }

    pub fn view(&self, ui: &mut Ui, shared: &Shared, area: Rect) {
        let label = self.period.map_or_else(String::new, |p| p.label());
        let title = words::COUNTS_TITLE.with(shared.lang, &[&short(&self.programme), &label]);
        if self.number.is_some() {
            return self.view_people(ui, shared, (area, &title));
        }
        let wide = usize::from(area.width);
        ui.line(area, Line::from(ui.span(Role::Heading, title)));
        if self.rows.is_empty() {
            let below = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
            ui.line(below, Line::from(ui.span(Role::Muted, shared.t(words::COUNTS_NONE))));
            return;
        }
        let widths = columns(wide);
        let mut lines =
            vec![Line::from(ui.span(Role::Muted, heads(shared, words::COUNTS_COLUMNS, widths)))];
        let mut notes = wrapped(shared.t(words::COUNTS_NOTE), wide);
        notes.extend(wrapped(shared.t(words::COUNTS_EXPORT), wide));
        let height = usize::from(area.height).saturating_sub(3 + notes.len()).max(1);
        let top = scroll(self.at, self.rows.len(), height);
        for (n, row) in self.rows.iter().enumerate().skip(top).take(height) {
            let text = pad(&row_line(shared, (n, row), widths, n == self.at), wide);
            let role = if n == self.at { Role::Selected } else { Role::Base };
            lines.push(Line::from(ui.span(role, text)));
        }
        lines.push(Line::default());
        lines.extend(notes.into_iter().map(|note| Line::from(ui.span(Role::Muted, note))));
        ui.lines(Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area }, lines);
    }

    fn view_people(&self, ui: &mut Ui, shared: &Shared, (area, title): (Rect, &str)) {
        let people = self.people();
        let wide = usize::from(area.width);
        let name = shared.t(self.number.unwrap_or_default().name());
        let place = self.rows.get(self.at).map_or_else(String::new, |row| label(shared, row));
        let about = format!("{title} {place}");
        let title = words::NUMBER_TITLE.with(shared.lang, &[&about, &name, &people.len()]);
        ui.line(area, Line::from(ui.span(Role::Heading, title)));
        let widths = [12, 7, 9, 6, 6, wide.saturating_sub(42)];
        let mut lines =
            vec![Line::from(ui.span(Role::Muted, heads(shared, words::PERSON_COLUMNS, widths)))];
        let height = usize::from(area.height).saturating_sub(2).max(1);
        let top = scroll(self.person_at, people.len(), height);
        let yes = |yes: bool| shared.t(if yes { words::YES } else { words::NO });
        for (n, person) in people.iter().enumerate().skip(top).take(height) {
            let cells = [
                person.name.clone(),
                person.status.zh().to_owned(),
                format!("{}/{}", person.visits, person.needed),
                yes(person.to_spec).to_owned(),
                yes(person.controlled).to_owned(),
                person.last.map_or_else(|| "-".to_owned(), |day| day.to_string()),
            ];
            let text: String = cells.iter().zip(widths).map(|(text, w)| pad(text, w)).collect();
            let chosen = n == self.person_at;
            let text = format!("{} {text}", if chosen { ">" } else { " " });
            let role = if chosen { Role::Selected } else { Role::Base };
            lines.push(Line::from(ui.span(role, pad(&text, wide))));
        }
        ui.lines(Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area }, lines);
    }
}

/// Everybody; what the villages should have adds up only when all of them have said it.
fn sum(rows: &[Row]) -> Row {
    let mut all = Row { estimated: Some(0), ..Row::default() };
    let mut villages: Vec<&str> = vec![];
    for row in rows {
        all.managed += row.managed;
        all.to_spec += row.to_spec;
        all.controlled += row.controlled;
        all.lost += row.lost;
        all.people.extend(row.people.iter().cloned());
        if !villages.contains(&row.village.as_str()) {
            villages.push(&row.village);
            all.estimated = all.estimated.zip(row.estimated).map(|(a, b)| a + b);
        }
    }
    all
}

fn columns(wide: usize) -> [usize; 9] {
    let [number, rate] = if wide >= 72 { [6, 9] } else { [5, 7] };
    let place = wide.saturating_sub(number * 5 + rate * 3 + 2);
    [place, number, number, number, number, number, rate, rate, rate]
}

fn label(shared: &Shared, row: &Row) -> String {
    if row.village.is_empty() && row.doctor.is_empty() {
        return shared.t(words::SUM).to_owned();
    }
    format!("{} {}", row.village, row.doctor).trim().to_owned()
}

fn row_line(shared: &Shared, (n, row): (usize, &Row), widths: [usize; 9], chosen: bool) -> String {
    let share = |part: u32, whole: u32| {
        if whole == 0 {
            return "-".to_owned();
        }
        format!("{:.0}%", f64::from(part) * 100.0 / f64::from(whole))
    };
    let none = shared.t(words::NOT_ENTERED).to_owned();
    let place = if n == 0 { shared.t(words::SUM).to_owned() } else { label(shared, row) };
    let cells = [
        place,
        row.estimated.map_or(none, |n| n.to_string()),
        row.managed.to_string(),
        row.to_spec.to_string(),
        row.controlled.to_string(),
        row.lost.to_string(),
        share(row.managed, row.estimated.unwrap_or(0)),
        share(row.to_spec, row.managed),
        share(row.controlled, row.managed),
    ];
    let text: String = cells.iter().zip(widths).map(|(text, w)| pad(text, w)).collect();
    format!("{} {text}", if chosen { ">" } else { " " })
}
