//! Mutual recognition of test results (国卫医发〔2022〕6号): is a prior result on the list and good enough, and if the
//! doctor repeats it anyway, why. The list is data; windows are local.
use crate::domain::age::Day;
use crate::domain::words::Lang;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    National,
    Province,
    City,
    /// 县域医共体
    CountyUnion,
}

impl Scope {
    pub const ALL: [Self; 4] = [Self::National, Self::Province, Self::City, Self::CountyUnion];

    pub fn id(self) -> &'static str {
        match self {
            Self::National => "national",
            Self::Province => "province",
            Self::City => "city",
            Self::CountyUnion => "county-union",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.id() == text)
    }
}

/// One line of an item list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedItem {
    pub scope: Scope,
    /// Six-digit region code the list holds in; empty = everywhere.
    pub region: String,
    pub code: String,
    pub name: String,
    /// DICOM modality, or `LAB`.
    pub modality: String,
    /// DICOM body part; empty = any.
    pub body_part: String,
    pub valid_days: u16,
    pub from: Day,
    pub to: Option<Day>,
    pub source: String,
    pub version: String,
    /// The window or the line is ours, not an authority's.
    pub ours: bool,
}

/// A result that is there already.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Prior {
    /// `study:1.2.3` here, `ImagingStudy/…` at the hub.
    pub reference: String,
    pub modality: String,
    pub body_part: String,
    /// Item code, when the result carries one.
    pub code: String,
    pub on: Option<Day>,
    pub issuer: String,
    /// 【全国HR】, 赣HR …; empty = no mark.
    pub mark: String,
    /// The issuer passed quality control; `None` = not known.
    pub quality_passed: Option<bool>,
    /// Images or values with units are there, not the report's text alone.
    pub data_present: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lack {
    NotListed,
    OutOfForce,
    TooOld,
    NoDay,
    InTheFuture,
    IssuerOutOfScope,
    NoMark,
    QualityFailed,
    QualityUnknown,
    NoData,
}

impl Lack {
    pub fn name_zh(self) -> &'static str {
        match self {
            Self::NotListed => "不在互认清单",
            Self::OutOfForce => "清单条目未生效或已失效",
            Self::TooOld => "超过互认时限",
            Self::NoDay => "没有检查日期",
            Self::InTheFuture => "检查日期在将来",
            Self::IssuerOutOfScope => "出具机构不在互认范围",
            Self::NoMark => "报告没有互认标识",
            Self::QualityFailed => "质控不合格",
            Self::QualityUnknown => "质控情况不明",
            Self::NoData => "只有报告文字，没有影像或数据",
        }
    }

    pub fn name_en(self) -> &'static str {
        match self {
            Self::NotListed => "not on the list",
            Self::OutOfForce => "the list's line is not in force",
            Self::TooOld => "too old",
            Self::NoDay => "no day",
            Self::InTheFuture => "dated in the future",
            Self::IssuerOutOfScope => "the issuer is not in the scope",
            Self::NoMark => "no recognition mark",
            Self::QualityFailed => "failed quality control",
            Self::QualityUnknown => "quality control not known",
            Self::NoData => "a report without images or values",
        }
    }

    pub fn name(self, lang: Lang) -> &'static str {
        match lang {
            Lang::Zh => self.name_zh(),
            Lang::En => self.name_en(),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// On the list and good: shown first, one key recognises it.
    Recognisable { code: String, scope: Scope, ours: bool },
    /// May be looked at; ordering stays free.
    Reference(Vec<Lack>),
}

/// What is asked: where, today, and which issuers are in a scope.
#[derive(Clone, Copy)]
pub struct Order<'a> {
    pub region: &'a str,
    pub today: Day,
    pub issuer_in_scope: &'a dyn Fn(Scope, &str) -> bool,
}

fn same_part(listed: &str, found: &str) -> bool {
    listed.is_empty() || listed.eq_ignore_ascii_case(found)
}

/// Does this prior result have to be recognised?
pub fn judge(prior: &Prior, list: &[ListedItem], order: Order<'_>) -> Verdict {
    let on_list = |item: &&ListedItem| {
        (item.region.is_empty() || order.region.starts_with(item.region.trim_end_matches('0')))
            && if prior.code.is_empty() {
                item.modality.eq_ignore_ascii_case(&prior.modality)
                    && same_part(&item.body_part, &prior.body_part)
            } else {
                item.code == prior.code
            }
    };
    let mut nearest: Option<Vec<Lack>> = None;
    for item in list.iter().filter(on_list) {
        let lacks = lacks_of(prior, item, order);
        if lacks.is_empty() {
            return Verdict::Recognisable {
                code: item.code.clone(),
                scope: item.scope,
                ours: item.ours,
            };
        }
        if nearest.as_ref().is_none_or(|best| lacks.len() < best.len()) {
            nearest = Some(lacks);
        }
    }
    Verdict::Reference(nearest.unwrap_or_else(|| vec![Lack::NotListed]))
}

fn lacks_of(prior: &Prior, item: &ListedItem, order: Order<'_>) -> Vec<Lack> {
    let mut lacks = vec![];
    if order.today < item.from || item.to.is_some_and(|to| order.today > to) {
        lacks.push(Lack::OutOfForce);
    }
    match prior.on.map(|on| order.today.days_since(on)) {
        None => lacks.push(Lack::NoDay),
        Some(age) if age < 0 => lacks.push(Lack::InTheFuture),
        Some(age) if age > i32::from(item.valid_days) => lacks.push(Lack::TooOld),
        Some(_) => {}
    }
    if !(order.issuer_in_scope)(item.scope, &prior.issuer) {
        lacks.push(Lack::IssuerOutOfScope);
    }
    // Inside a county union every member's result counts; the mark is for the wider scopes.
    if item.scope != Scope::CountyUnion && prior.mark.trim().is_empty() {
        lacks.push(Lack::NoMark);
    }
    match prior.quality_passed {
        Some(true) => {}
        Some(false) => lacks.push(Lack::QualityFailed),
        None => lacks.push(Lack::QualityUnknown),
    }
    if !prior.data_present {
        lacks.push(Lack::NoData);
    }
    lacks
}

/// Why a recognisable result is examined again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Repeat {
    E1,
    E2,
    E3,
    E4,
    E5,
    E6,
}

impl Repeat {
    pub const ALL: [Self; 6] = [Self::E1, Self::E2, Self::E3, Self::E4, Self::E5, Self::E6];

    pub fn id(self) -> &'static str {
        match self {
            Self::E1 => "E1",
            Self::E2 => "E2",
            Self::E3 => "E3",
            Self::E4 => "E4",
            Self::E5 => "E5",
            Self::E6 => "E6",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.id().eq_ignore_ascii_case(text))
    }

    pub fn name_zh(self) -> &'static str {
        match self {
            Self::E1 => "病情变化，与临床表现或诊断不符，难以满足诊疗需要",
            Self::E2 => "疾病演变过程中变化较快",
            Self::E3 => "对诊疗意义重大（手术、输血等重大措施前）",
            Self::E4 => "急诊、急救",
            Self::E5 => "司法、伤残、病退等鉴定",
            Self::E6 => "其他确需复查",
        }
    }
}

/// What the doctor decided about a prior result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    Recognised,
    /// The patient must have been told, and E6 needs words.
    Repeated {
        reason: Repeat,
        words: String,
        told: Told,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    Yes,
    No,
}

/// Why a decision cannot be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undecided {
    NotTold,
    NoWords,
}

impl Decision {
    pub fn check(&self) -> Result<(), Undecided> {
        match self {
            Self::Repeated { told: Told::No, .. } => Err(Undecided::NotTold),
            Self::Repeated { reason: Repeat::E6, words, .. } if words.trim().is_empty() => {
                Err(Undecided::NoWords)
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(month: i8, day: i8) -> Day {
        Day::new(2026, month, day).unwrap()
    }

    fn item(scope: Scope) -> ListedItem {
        ListedItem {
            scope,
            region: "360400".to_owned(),
            code: "DR-CHEST".to_owned(),
            name: "胸部DR".to_owned(),
            modality: "DX".to_owned(),
            body_part: "CHEST".to_owned(),
            valid_days: 30,
            from: day(1, 1),
            to: None,
            source: "本程序".to_owned(),
            version: "1".to_owned(),
            ours: true,
        }
    }

    fn prior() -> Prior {
        Prior {
            reference: "study:1.2".to_owned(),
            modality: "DX".to_owned(),
            body_part: "CHEST".to_owned(),
            on: Some(day(11, 1)),
            issuer: "县医院".to_owned(),
            mark: "赣HR".to_owned(),
            quality_passed: Some(true),
            data_present: true,
            ..Prior::default()
        }
    }

    #[track_caller]
    fn check(change: impl FnOnce(&mut Prior, &mut ListedItem), want: &[Lack]) {
        let (mut prior, mut item) = (prior(), item(Scope::Province));
        change(&mut prior, &mut item);
        let inside = |_: Scope, issuer: &str| issuer == "县医院";
        let order = Order { region: "360481", today: day(11, 24), issuer_in_scope: &inside };
        match judge(&prior, &[item], order) {
            Verdict::Recognisable { .. } => assert_eq!(want, []),
            Verdict::Reference(lacks) => assert_eq!(lacks, want),
        }
    }

    #[test]
    fn each_condition_of_recognition_counts() {
        check(|_, _| {}, &[]);
        check(|p, _| p.body_part = "HEAD".to_owned(), &[Lack::NotListed]);
        check(|_, i| i.region = "360700".to_owned(), &[Lack::NotListed]);
        check(|p, _| p.on = Some(day(10, 24)), &[Lack::TooOld]);
        check(|p, _| p.on = Some(day(10, 25)), &[]);
        check(|p, _| p.on = Some(day(11, 25)), &[Lack::InTheFuture]);
        check(|p, _| p.on = None, &[Lack::NoDay]);
        check(|p, _| p.issuer = "别处".to_owned(), &[Lack::IssuerOutOfScope]);
        check(|p, _| p.mark.clear(), &[Lack::NoMark]);
        check(|p, _| p.quality_passed = Some(false), &[Lack::QualityFailed]);
        check(|p, _| p.quality_passed = None, &[Lack::QualityUnknown]);
        check(|p, _| p.data_present = false, &[Lack::NoData]);
        check(|_, i| i.to = Some(day(11, 23)), &[Lack::OutOfForce]);
    }

    #[test]
    fn inside_the_county_union_no_mark_is_needed() {
        check(
            |p, i| {
                p.mark.clear();
                i.scope = Scope::CountyUnion;
            },
            &[],
        );
    }

    #[test]
    fn a_repeat_needs_the_patient_told_and_other_needs_words() {
        let repeat = |reason, words: &str, told| {
            Decision::Repeated { reason, words: words.to_owned(), told }.check()
        };
        assert_eq!(repeat(Repeat::E1, "", Told::Yes), Ok(()));
        assert_eq!(repeat(Repeat::E1, "", Told::No), Err(Undecided::NotTold));
        assert_eq!(repeat(Repeat::E6, " ", Told::Yes), Err(Undecided::NoWords));
        assert_eq!(Decision::Recognised.check(), Ok(()));
    }
}
