//! Follow-up programmes as tables: who belongs, targets, danger signs, classes, plans, milestones, forms. Two versions
//! of one table live side by side; each row says what it rests on.
use super::Status;
use crate::domain::age::Day;

/// What a row or table rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Basis {
    /// Read in the named source.
    Spec,
    /// Of the source as remembered; to be compared with the paper.
    #[default]
    Memory,
    /// Our own proposal; may be changed by whoever runs the station.
    Ours,
}

impl Basis {
    pub const fn id(self) -> &'static str {
        match self {
            Self::Spec => "spec",
            Self::Memory => "memory",
            Self::Ours => "ours",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Spec, Self::Memory, Self::Ours].into_iter().find(|basis| basis.id() == text)
    }
}

/// What a table is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The public-health programme: class, next date, referral, form.
    Programme,
    /// A clinical guideline's targets, shown beside the programme's verdict.
    Clinical,
    /// For people who are not in the programme yet.
    Screening,
}

impl Kind {
    pub const fn id(self) -> &'static str {
        match self {
            Self::Programme => "programme",
            Self::Clinical => "clinical",
            Self::Screening => "screening",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Programme, Self::Clinical, Self::Screening].into_iter().find(|k| k.id() == text)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Compare {
    Below,
    AtMost,
    AtLeast,
    Above,
}

/// `sbp >= 180`, `pregnant`, `!adr`.
#[derive(Clone, Debug, PartialEq)]
pub enum Term {
    Number { name: String, compare: Compare, value: f64 },
    Sign { name: String, wanted: bool },
}

/// Clauses are alternatives; all terms of one clause hold together.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct When(pub Vec<Vec<Term>>);

/// A danger sign, a thing to ask about, or a risk.
#[derive(Clone, Debug)]
pub struct SignRow {
    pub id: String,
    pub zh: String,
    pub when: When,
    pub basis: Basis,
}

/// The first row whose `who` holds gives the target; the last row is for everybody.
#[derive(Clone, Debug)]
pub struct TargetRow {
    pub id: String,
    pub who: When,
    /// `<150/90`
    pub zh: String,
    pub met: When,
    pub basis: Basis,
}

/// The first row that holds gives the class.
#[derive(Clone, Debug)]
pub struct ClassRow {
    pub code: u8,
    pub zh: String,
    pub when: When,
    /// How bad it is, for sorting: 0 = well.
    pub harm: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Referral {
    #[default]
    None,
    Suggest,
    Urgent,
}

impl Referral {
    pub const fn id(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Suggest => "suggest",
            Self::Urgent => "urgent",
        }
    }

    pub const fn zh(self) -> &'static str {
        match self {
            Self::None => "不转诊",
            Self::Suggest => "建议转诊",
            Self::Urgent => "紧急转诊",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::None, Self::Suggest, Self::Urgent].into_iter().find(|r| r.id() == text)
    }
}

/// How far away the next visit is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Within {
    Days(u16),
    Months(u8),
    /// The programme has milestones and the next one decides.
    Milestone,
}

/// The first row that holds is the plan.
#[derive(Clone, Debug)]
pub struct PlanRow {
    pub id: String,
    pub when: When,
    pub referral: Referral,
    pub within: Within,
    /// Pulled earlier when the year's visits would not fit otherwise.
    pub fit_year: bool,
    /// A task to be done within the same time, e.g. asking how the referral went.
    pub task: Option<String>,
    pub say: String,
    pub basis: Basis,
}

/// A window on a clock (`age-days`, `gestation-days` …) in which one visit belongs; half-open.
#[derive(Clone, Debug)]
pub struct Milestone {
    pub id: String,
    pub zh: String,
    pub clock: String,
    pub from: u32,
    pub to: u32,
    pub what: String,
    pub basis: Basis,
}

/// One choice of a form field; `signs` are set by ticking it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    pub code: String,
    pub zh: String,
    pub signs: Vec<String>,
}

/// A field of the paper form, with its codes; a field without codes is a number or words.
#[derive(Clone, Debug)]
pub struct Field {
    pub id: String,
    pub zh: String,
    pub unit: String,
    pub many: bool,
    pub choices: Vec<Choice>,
    /// For whom it stands on the form; without a clause for everybody.
    pub when: When,
    pub basis: Basis,
}

/// One version of one programme's table.
#[derive(Clone, Debug)]
pub struct Table {
    pub id: String,
    pub kind: Kind,
    pub programme: String,
    pub zh: String,
    /// `高血压`
    pub short: String,
    /// The name of the paper form; empty = none.
    pub form: String,
    pub valid_from: Day,
    /// Prefix of the administrative code (`36` = Jiangxi); empty = the whole country.
    pub region: String,
    pub source: String,
    pub basis: Basis,
    pub status: Status,
    pub age_from: Option<u16>,
    pub says: Vec<String>,
    pub says_not: Vec<String>,
    pub icd: Vec<String>,
    /// Without these there is no class.
    pub required: Vec<String>,
    /// Asked for on the form.
    pub wanted: Vec<String>,
    pub face_to_face_a_year: u8,
    pub visits_a_year: u8,
    pub annual_check: bool,
    pub targets: Vec<TargetRow>,
    pub dangers: Vec<SignRow>,
    pub asks: Vec<SignRow>,
    pub risks: Vec<SignRow>,
    /// Days on which this held are counted as `counted-days`.
    pub counts: When,
    pub classes: Vec<ClassRow>,
    pub plans: Vec<PlanRow>,
    pub milestones: Vec<Milestone>,
    pub fields: Vec<Field>,
    /// Said at every visit.
    pub always: Vec<String>,
}

/// A number that is followed: its names and what can be.
#[derive(Clone, Debug)]
pub struct Measure {
    pub id: String,
    pub zh: String,
    pub unit: String,
    pub names: Vec<String>,
    /// Half-open.
    pub plausible: (f64, f64),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SignKind {
    /// Asked at each visit.
    Symptom,
    /// Of this visit: adverse reaction, new complication …
    Event,
    /// Of the person: diabetes, pregnant …
    State,
}

/// Something that holds or not, with the words it is written in.
#[derive(Clone, Debug)]
pub struct Sign {
    pub id: String,
    pub zh: String,
    pub kind: SignKind,
    pub names: Vec<String>,
    /// Signs that hold too when this one does.
    pub implies: Vec<String>,
}

/// All tables, and the words they are read by.
#[derive(Clone, Debug, Default)]
pub struct FollowUpBook {
    pub measures: Vec<Measure>,
    pub signs: Vec<Sign>,
    pub tables: Vec<Table>,
}

impl FollowUpBook {
    /// The table of a programme on a day in a region: the most local one, then the newest.
    pub fn table(&self, kind: Kind, programme: &str, at: (Day, &str)) -> Option<&Table> {
        let (day, region) = at;
        self.tables
            .iter()
            .filter(|t| t.kind == kind && t.programme == programme)
            .filter(|t| t.valid_from <= day && region.starts_with(&t.region))
            .max_by_key(|t| (t.region.len(), t.valid_from))
    }

    /// Every nation-wide or local version of a kind that is in force, oldest first: shown side by side.
    pub fn versions(&self, kind: Kind, programme: &str, at: (Day, &str)) -> Vec<&Table> {
        let (day, region) = at;
        let mut found: Vec<&Table> = self
            .tables
            .iter()
            .filter(|t| t.kind == kind && t.programme == programme)
            .filter(|t| t.valid_from <= day && region.starts_with(&t.region))
            .collect();
        found.sort_by_key(|t| t.valid_from);
        found
    }

    /// Ids of all programmes, in the order of the files.
    pub fn programmes(&self) -> Vec<&str> {
        let mut ids: Vec<&str> = vec![];
        for table in self.tables.iter().filter(|t| t.kind == Kind::Programme) {
            if !ids.contains(&table.programme.as_str()) {
                ids.push(&table.programme);
            }
        }
        ids
    }

    pub fn measure(&self, id: &str) -> Option<&Measure> {
        self.measures.iter().find(|m| m.id == id)
    }

    pub fn sign(&self, id: &str) -> Option<&Sign> {
        self.signs.iter().find(|s| s.id == id)
    }

    /// The sign of these words: its id, Chinese name or any other name, regardless of case, spaces and punctuation.
    pub fn sign_named(&self, words: &str) -> Option<&Sign> {
        let words = plain(words);
        self.signs.iter().find(|s| {
            plain(&s.id) == words
                || plain(&s.zh) == words
                || s.names.iter().any(|name| plain(name) == words)
        })
    }
}

/// Lower case, half width, without spaces, dashes, underscores and the dots of a list.
pub fn plain(words: &str) -> String {
    words
        .chars()
        .map(crate::domain::age::half_width)
        .filter(|c| !c.is_whitespace() && !matches!(c, '-' | '_' | '。' | '.' | '、' | ',' | '"'))
        .flat_map(char::to_lowercase)
        .collect()
}
