//! Registering a person, or correcting what is written about one. Everything typed stays until it is kept.
use ratatui::{layout::Rect, text::Line};

use super::{Screen, visit::Visit, waiting::open_patient};
use crate::{
    domain::{
        age::Sex,
        duplicate::{Duplicate, Reason},
        identity::{IdNumber, IdRefusal},
        patient::{Allergies, Allergy, AllergyKind, AllergySeverity, Patient, PatientId},
        registration::{Field as Place, NewPatient, Problem, Registration, Why},
    },
    tui::{
        action::Action,
        draw::{Ui, clip},
        effect::{Answer, Question},
        field::Field,
        people,
        state::{Go, Shared},
        text::{T, people as words},
        theme::Role,
    },
};

const PLACES: [(Place, T); 10] = [
    (Place::Name, words::NAME),
    (Place::IdNumber, words::ID_NUMBER),
    (Place::Sex, words::SEX),
    (Place::Birth, words::BIRTH),
    (Place::Phone, words::PHONE),
    (Place::Address, words::ADDRESS),
    (Place::Allergies, words::ALLERGY_FIELD),
    (Place::Conditions, words::CONDITIONS_FIELD),
    (Place::Weight, words::WEIGHT_FIELD),
    (Place::Pregnancy, words::PREGNANCY_FIELD),
];

#[derive(Debug)]
pub struct Register {
    fields: [Field; 10],
    at: usize,
    problems: Vec<Problem>,
    duplicates: Vec<Duplicate>,
    /// The form as it was when the duplicates were shown: the same form once more means "another person".
    asked: Option<Registration>,
    editing: Option<(PatientId, u32)>,
    saving: bool,
}

impl Default for Register {
    fn default() -> Self {
        Self {
            fields: std::array::from_fn(|_| Field::line()),
            at: 0,
            problems: vec![],
            duplicates: vec![],
            asked: None,
            editing: None,
            saving: false,
        }
    }
}

impl From<Register> for Screen {
    fn from(screen: Register) -> Self {
        Self::Register(Box::new(screen))
    }
}

impl Register {
    /// What was searched for in vain goes into the field it fits.
    pub fn named(query: &str) -> Self {
        let mut form = Self::default();
        let digits = query.chars().filter(char::is_ascii_digit).count();
        let place = match (digits, query.chars().count()) {
            (0, _) => 0,
            (15.., _) => 1,
            (d, n) if d == n => 4,
            _ => return form,
        };
        let spelled = place == 0 && query.is_ascii();
        if !spelled {
            form.fields[place].set(query.trim());
        }
        form
    }

    pub fn editing(patient: &Patient) -> Self {
        let details = &patient.details;
        let sex = match details.sex {
            Sex::Male => "男",
            Sex::Female => "女",
            Sex::Unknown => "",
        };
        let texts = [
            details.name.clone(),
            details.id_number.as_ref().map_or_else(String::new, |id| id.as_str().to_owned()),
            sex.to_owned(),
            details.birth.map_or_else(String::new, |day| day.to_string()),
            details.phone.as_ref().map_or_else(String::new, |phone| phone.as_str().to_owned()),
            details.address.clone(),
            allergies_text(&details.allergies),
            details.conditions.join("、"),
            details.weight.map_or_else(String::new, |w| w.kilograms().to_string()),
            if details.lactating {
                "哺乳".to_owned()
            } else {
                details.pregnancy.map_or_else(String::new, |p| p.weeks.to_string())
            },
        ];
        let mut form =
            Self { editing: Some((patient.id, patient.revision)), at: 6, ..Self::default() };
        for (field, text) in form.fields.iter_mut().zip(texts) {
            field.set(&text);
        }
        form
    }

    pub fn actions(&self, _shared: &Shared) -> Vec<Action> {
        let mut actions =
            vec![Action::Save, Action::Submit, Action::NextField, Action::PreviousField];
        actions.extend([Action::Next, Action::Previous]);
        if !self.duplicates.is_empty() {
            actions.push(Action::UseKnown);
        }
        actions
    }

    pub const fn has_field(&self) -> bool {
        true
    }

    pub fn field(&mut self) -> Option<&mut Field> {
        self.fields.get_mut(self.at)
    }

    pub fn edited(&mut self, _shared: &mut Shared) {
        let place = PLACES[self.at].0;
        self.problems.retain(|problem| problem.field != place);
    }

    fn typed(&self) -> NewPatient {
        let text = |n: usize| self.fields[n].text().trim().to_owned();
        let split = |text: &str| -> Vec<String> {
            text.split(['、', '，', ',', ';', '；'])
                .map(str::trim)
                .filter(|part| !part.is_empty())
                .map(str::to_owned)
                .collect()
        };
        let expecting = text(9);
        let nursing = expecting.contains("哺乳") || expecting.eq_ignore_ascii_case("nursing");
        NewPatient {
            name: text(0),
            id_number: text(1),
            sex: Sex::parse(&text(2)),
            birth_or_age: text(3),
            phone: text(4),
            address: text(5),
            allergies: allergies(&text(6), &split),
            conditions: split(&text(7)).into_iter().filter(|c| c != "无").collect(),
            weight_kg: text(8),
            pregnant_weeks: if nursing { String::new() } else { expecting },
            lactating: nursing,
        }
    }

    pub fn perform(&mut self, shared: &mut Shared, (action, _): (Action, usize)) -> Option<Go> {
        let last = PLACES.len() - 1;
        match action {
            Action::Submit if self.at == last => self.save(shared),
            Action::Submit | Action::NextField | Action::Next => {
                self.at = if self.at == last { 0 } else { self.at + 1 };
            }
            Action::PreviousField | Action::Previous => {
                self.at = if self.at == 0 { last } else { self.at - 1 };
            }
            Action::Save => self.save(shared),
            Action::UseKnown => open_patient(shared, self.duplicates.first()?.patient.id),
            _ => return None,
        }
        Some(Go::Stay)
    }

    fn save(&mut self, shared: &mut Shared) {
        if self.saving {
            return;
        }
        let bad_sex = Sex::parse(self.fields[2].text()).is_none();
        match self.typed().validate(shared.today()) {
            Ok(registration) if !bad_sex => self.send(shared, registration),
            result => {
                self.problems = result.err().unwrap_or_default();
                if bad_sex {
                    let problem = Problem { field: Place::Sex, why: Why::Unreadable };
                    self.problems.insert(0, problem);
                }
                let first = PLACES.iter().position(|(place, _)| {
                    self.problems.iter().any(|problem| problem.field == *place)
                });
                self.at = first.unwrap_or(self.at);
            }
        }
    }

    fn send(&mut self, shared: &mut Shared, registration: Registration) {
        self.problems.clear();
        self.saving = true;
        if let Some((id, revision)) = self.editing {
            let registration = Box::new(registration);
            shared.ask(Question::Correct { id, revision, registration });
        } else if self.asked.as_ref() == Some(&registration) && !self.is_certain() {
            shared.ask(Question::Register(Box::new(registration)));
        } else {
            shared.ask(Question::Duplicates(Box::new(registration)));
        }
    }

    fn is_certain(&self) -> bool {
        self.duplicates.iter().any(|known| known.score >= Duplicate::CERTAIN)
    }

    pub fn answered(&mut self, shared: &mut Shared, answer: Answer) -> Result<Go, Answer> {
        match answer {
            Answer::Duplicates { registration, found } => {
                let alike: Vec<Duplicate> =
                    found.into_iter().filter(|known| known.score >= Duplicate::WARN).collect();
                if alike.is_empty() {
                    shared.ask(Question::Register(registration));
                } else {
                    self.saving = false;
                    self.asked = Some(*registration);
                    self.duplicates = alike;
                }
                Ok(Go::Stay)
            }
            Answer::Registered { id, name } => {
                let text = words::REGISTERED.with(shared.lang, &[&name]);
                shared.say(Role::Good, text);
                open_patient(shared, id);
                Ok(Go::Stay)
            }
            Answer::Opened(opened) => {
                Ok(Go::Replace(Box::new(Screen::Visit(Box::new(Visit::new(*opened, shared))))))
            }
            Answer::Chart { patient, visits } => Ok(Go::Replace(Box::new(Screen::Chart(
                Box::new(super::chart::Chart::new(patient, visits)),
            )))),
            // The visit below takes the corrected details over; this form is done.
            Answer::Corrected(patient) => {
                let text = words::CORRECTED.with(shared.lang, &[&patient.details.name]);
                shared.say(Role::Good, text);
                shared.ask(Question::OpenVisitOf(patient.id));
                Ok(Go::Back)
            }
            Answer::Failed(topic, failure) => {
                self.saving = false;
                Err(Answer::Failed(topic, failure))
            }
            other => Err(other),
        }
    }

    fn hint(&self, shared: &Shared) -> String {
        let hint = match PLACES[self.at].0 {
            Place::Sex => words::SEX_HINT,
            Place::Birth => words::BIRTH_HINT,
            Place::Allergies => words::ALLERGY_HINT,
            Place::Conditions => words::CONDITIONS_HINT,
            Place::Weight => words::WEIGHT_HINT,
            Place::Pregnancy => words::PREGNANCY_HINT,
            _ => return String::new(),
        };
        shared.t(hint).to_owned()
    }

    pub fn view(&self, ui: &mut Ui, shared: &Shared, area: Rect) {
        let title = if self.editing.is_some() { words::EDIT_TITLE } else { words::REGISTER_TITLE };
        let inner = ui.boxed(area, shared.t(title), true);
        let label = 12;
        let value = if inner.width >= 76 { 32 } else { 24 };
        for (n, (place, name)) in PLACES.into_iter().enumerate() {
            if n as u16 >= inner.height {
                break;
            }
            let focus = n == self.at;
            let row = Rect { y: inner.y + n as u16, height: 1, ..inner };
            let role = if focus { Role::Accent } else { Role::Base };
            let needed = if n == 0 { "*" } else { " " };
            ui.line(row, Line::from(ui.span(role, format!("{needed}{}", shared.t(name)))));
            let at = Rect { x: row.x + label, width: value.min(row.width - label), ..row };
            ui.field(at, &self.fields[n], focus && !self.saving);
            let used = label + value + 1;
            let beside = Rect { x: row.x + used, width: row.width.saturating_sub(used), ..row };
            ui.line(beside, self.beside(ui, shared, place, focus));
        }
        let below = Rect {
            y: inner.y + 11.min(inner.height),
            height: inner.height.saturating_sub(11),
            ..inner
        };
        self.view_duplicates(ui, shared, below);
    }

    fn beside<'t>(&self, ui: &Ui, shared: &Shared, place: Place, focus: bool) -> Line<'t> {
        if let Some(problem) = self.problems.iter().find(|problem| problem.field == place) {
            return Line::from(ui.span(Role::Warning, why(&problem.why, shared)));
        }
        if place == Place::IdNumber {
            return self.id_says(ui, shared);
        }
        let text = if focus { self.hint(shared) } else { String::new() };
        Line::from(ui.span(Role::Muted, text))
    }

    /// Checked while it is typed: sex and birth day are seen before anything is kept.
    fn id_says<'t>(&self, ui: &Ui, shared: &Shared) -> Line<'t> {
        let text = self.fields[1].text().trim();
        if text.chars().count() < 15 {
            return Line::default();
        }
        match IdNumber::parse(text, shared.today()) {
            Ok(id) => {
                let sex = people::sex(id.sex(), shared.lang);
                let text = words::FROM_ID.with(shared.lang, &[&sex, &id.birth()]);
                Line::from(ui.span(Role::Good, text))
            }
            Err(IdRefusal::Length { .. }) => Line::default(),
            Err(refusal) => {
                let text = why(&Why::IdNumber(refusal), shared);
                Line::from(ui.span(Role::Warning, text))
            }
        }
    }

    fn view_duplicates(&self, ui: &mut Ui, shared: &Shared, area: Rect) {
        if self.duplicates.is_empty() {
            return;
        }
        let mut lines = vec![Line::from(ui.span(Role::Warning, shared.t(words::DUPLICATES)))];
        for known in self.duplicates.iter().take(3) {
            let details = &known.patient.details;
            let birth = details.birth.map_or_else(String::new, |day| day.to_string());
            let reasons: Vec<&str> =
                known.reasons.iter().map(|reason| shared.t(reason_words(*reason))).collect();
            let text = format!(
                "  {} {birth} {}（{}）",
                people::named(details, shared),
                details.address,
                reasons.join("、")
            );
            lines.push(Line::from(ui.span(Role::Base, clip(&text, area.width.into()))));
        }
        let ask = if self.is_certain() { words::DUPLICATE_CERTAIN } else { words::DUPLICATE_ASK };
        lines.push(Line::from(ui.span(Role::Caution, shared.t(ask))));
        ui.lines(area, lines);
    }
}

const fn reason_words(reason: Reason) -> T {
    match reason {
        Reason::SameIdNumber => words::DUPLICATE_SAME_ID,
        Reason::SameNameAndBirth => words::DUPLICATE_NAME_BIRTH,
        Reason::SameNameAndPhone => words::DUPLICATE_NAME_PHONE,
        Reason::SameName => words::DUPLICATE_NAME,
        Reason::SameSoundAndBirth => words::DUPLICATE_SOUND_BIRTH,
        Reason::SameSoundAndPhone => words::DUPLICATE_SOUND_PHONE,
        Reason::NearIdNumber => words::DUPLICATE_NEAR_ID,
    }
}

fn why(why: &Why, shared: &Shared) -> String {
    let lang = shared.lang;
    let plain = |t: T| t.get(lang).to_owned();
    match why {
        Why::Missing => plain(words::WHY_MISSING),
        Why::Unreadable => plain(words::WHY_UNREADABLE),
        Why::Impossible => plain(words::WHY_IMPOSSIBLE),
        Why::InTheFuture => plain(words::WHY_FUTURE),
        Why::IdNumber(refusal) => id_words(refusal, shared),
        Why::Phone(_) => plain(words::WHY_PHONE),
        Why::NotAsIdNumber { id_says } => words::WHY_NOT_AS_ID.with(lang, &[id_says]),
        Why::NotForThisPerson => plain(words::WHY_NOT_FOR),
        Why::TooMany { most } => words::WHY_TOO_MANY.with(lang, &[most]),
    }
}

fn id_words(refusal: &IdRefusal, shared: &Shared) -> String {
    let lang = shared.lang;
    match refusal {
        IdRefusal::Length { .. } => words::WHY_ID_LENGTH.get(lang).to_owned(),
        IdRefusal::CharacterAt { position, found } => {
            words::WHY_ID_CHARACTER.with(lang, &[position, found])
        }
        IdRefusal::NoSuchDate { text } => words::WHY_ID_DATE.with(lang, &[text]),
        IdRefusal::InTheFuture { birth } | IdRefusal::TooLongAgo { birth } => {
            words::WHY_ID_AGE.with(lang, &[birth])
        }
        IdRefusal::WrongCheckDigit { .. } => words::WHY_ID_CHECK.get(lang).to_owned(),
    }
}

/// `无` = asked and denied, empty = not asked, else `青霉素(皮疹)、头孢(休克)`.
fn allergies(text: &str, split: &dyn Fn(&str) -> Vec<String>) -> Allergies {
    let denied = ["无", "没有", "否认", "无过敏史", "none", "no"];
    if text.is_empty() {
        return Allergies::NotAsked;
    }
    if denied.iter().any(|word| text.eq_ignore_ascii_case(word)) {
        return Allergies::None;
    }
    Allergies::Known(split(text).iter().map(|part| allergy(part)).collect())
}

fn allergy(text: &str) -> Allergy {
    const SEVERE: [&str; 6] = ["休克", "喉头水肿", "呼吸困难", "剥脱", "重", "severe"];
    let text = text.trim_end_matches("过敏");
    let (substance, reaction) = match text.split_once(['(', '（']) {
        Some((substance, reaction)) => (substance, reaction.trim_end_matches([')', '）'])),
        None => (text, ""),
    };
    let severe = SEVERE.iter().any(|word| reaction.contains(word));
    Allergy {
        substance: substance.trim().to_owned(),
        kind: AllergyKind::Drug,
        severity: if severe { AllergySeverity::Severe } else { AllergySeverity::Unknown },
        reaction: reaction.trim().to_owned(),
    }
}

fn allergies_text(allergies: &Allergies) -> String {
    match allergies {
        Allergies::NotAsked => String::new(),
        Allergies::None => "无".to_owned(),
        Allergies::Known(list) => {
            let one = |a: &Allergy| {
                if a.reaction.is_empty() {
                    a.substance.clone()
                } else {
                    format!("{}({})", a.substance, a.reaction)
                }
            };
            list.iter().map(one).collect::<Vec<_>>().join("、")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn allergies_not_asked_denied_and_known_are_three_things() {
        let split = |text: &str| text.split('、').map(str::to_owned).collect();
        assert_eq!(allergies("", &split), Allergies::NotAsked);
        assert_eq!(allergies("无", &split), Allergies::None);
        let Allergies::Known(list) = allergies("青霉素过敏、头孢(休克)", &split) else {
            panic!()
        };
        assert_eq!(list[0].substance, "青霉素");
        assert_eq!(list[1].severity, AllergySeverity::Severe);
        assert_eq!(allergies_text(&Allergies::Known(list)), "青霉素、头孢(休克)");
    }
}
