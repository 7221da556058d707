//! What `followup evaluate` reads: forgiving in words and places, strict in names: a key that is not known is refused.
use serde_json::{Map, Value};

use super::keys::{self, Key};
use super::values::{self, Numbers};
use crate::domain::age::{Age, Day, Sex};
use crate::domain::catalog::follow_up::FollowUpBook;
use crate::domain::followup::{Case, Mode, Occasion, Person, Provenance};
use crate::services::follow_up::words;

/// One visit as read.
pub(super) struct VisitIn {
    pub id: Value,
    pub programmes: Vec<String>,
    pub case: Case,
    /// Said not to be in the programme yet: screened as well.
    pub screen_too: bool,
    /// Values that cannot be and were not used; assumptions that were made.
    pub doubts: Vec<String>,
    pub not_understood: Vec<String>,
}

pub(super) struct Words<'a> {
    book: &'a FollowUpBook,
}

/// Everything that stands at one place of the line, before it is put together.
#[derive(Default)]
struct Place {
    date: Option<Day>,
    mode: Option<Mode>,
    programmes: Vec<String>,
    numbers: Numbers,
    symptoms: Vec<String>,
    conditions: Vec<String>,
    signs: Vec<String>,
    classes: Vec<(Option<String>, u8)>,
    previous: Option<u8>,
    provenance: Option<Provenance>,
    sex: Option<Sex>,
    age_years: Option<f64>,
    birth: Option<Day>,
    enrolled: Option<Day>,
    not_enrolled: bool,
    annual_check: Option<Day>,
    annual_check_done: bool,
    region: Option<String>,
    history: Vec<Value>,
    id: Value,
    doubts: Vec<String>,
    not_understood: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Where {
    Visit,
    Patient,
    History,
}

impl<'a> Words<'a> {
    pub fn new(book: &'a FollowUpBook) -> Self {
        Self { book }
    }

    /// Reads one line; with an error comes the id, as far as it could be read.
    pub fn read(&self, line: &str) -> Result<VisitIn, (Value, String)> {
        let object: Map<String, Value> = serde_json::from_str(line)
            .map_err(|e| (Value::Null, format!("不是 JSON 对象（{e}）")))?;
        let id = object.get("id").cloned().unwrap_or(Value::Null);
        self.visit(&object).map_err(|what| (id, what))
    }

    fn visit(&self, object: &Map<String, Value>) -> Result<VisitIn, String> {
        let mut place = Place::default();
        self.fill(object, Where::Visit, &mut place)?;
        let day = place.date.ok_or("缺 date（随访日期，写成 2026-11-24）")?;
        let mut history = vec![];
        for (n, entry) in place.history.iter().enumerate() {
            let Value::Object(entry) = entry else {
                return Err(format!("history 第 {} 条不是对象", n + 1));
            };
            let mut past = Place::default();
            self.fill(entry, Where::History, &mut past)
                .map_err(|what| format!("history 第 {} 条：{what}", n + 1))?;
            let on = past.date.ok_or_else(|| format!("history 第 {} 条缺 date", n + 1))?;
            place.doubts.extend(past.doubts.iter().map(|d| format!("history {on}：{d}")));
            if past.annual_check_done {
                place.annual_check = place.annual_check.max(Some(on));
            }
            history.push(self.occasion(on, &mut past, &[]));
        }
        if let Some(class) = place.previous {
            // Only its class is known: as a call it decides about "twice running" and counts as no visit.
            let mut past = Occasion::on(day.plus_days(-1));
            past.mode = Some(Mode::Phone);
            past.classes.push((None, class));
            history.push(past);
        }
        self.finish(place, day, history)
    }

    fn finish(
        &self,
        mut place: Place,
        day: Day,
        history: Vec<Occasion>,
    ) -> Result<VisitIn, String> {
        let conditions = words::conditions(self.book, &place.conditions);
        let mut person = Person {
            sex: place.sex.unwrap_or_default(),
            birth: place.birth,
            age_years: place.age_years,
            signs: conditions.signs.into_iter().collect(),
            enrolled: place.enrolled,
            annual_check: place.annual_check.or(place.annual_check_done.then_some(day)),
        };
        if place.birth.is_some_and(|birth| birth > day) {
            return Err("出生日期晚于随访日期".to_owned());
        }
        let programmes = std::mem::take(&mut place.programmes);
        let mut case = Case::new(Person::default(), Occasion::on(day));
        case.region = place.region.take().unwrap_or_default();
        case.history = history;
        let mut probe = case.clone();
        probe.person = person.clone();
        let forms = if programmes.is_empty() {
            crate::services::follow_up::programmes_of(self.book, &probe)
        } else {
            programmes.clone()
        };
        if place.mode.is_none() {
            place.doubts.push("没有随访方式，按门诊计".to_owned());
        }
        case.visit = self.occasion(day, &mut place, &forms);
        if case.visit.signs.contains("pregnant")
            || case.visit.numbers.contains_key("gestation-days")
        {
            person.signs.insert("pregnant".to_owned());
        }
        case.person = person;
        let not_understood = [conditions.not_understood, place.not_understood].concat();
        Ok(VisitIn {
            id: place.id,
            programmes,
            case,
            screen_too: place.not_enrolled,
            doubts: place.doubts,
            not_understood,
        })
    }

    fn occasion(&self, day: Day, place: &mut Place, forms: &[String]) -> Occasion {
        let mut occasion = Occasion::on(day);
        occasion.mode = place.mode;
        occasion.classes.clone_from(&place.classes);
        occasion.programmes.clone_from(&place.programmes);
        let told = place.mode == Some(Mode::Phone);
        let provenance =
            place.provenance.unwrap_or(if told { Provenance::Told } else { Provenance::Typed });
        for (id, value) in place.numbers.settle(&mut place.doubts) {
            let known = self.book.measure(&id).filter(|m| {
                let (low, high) = m.plausible;
                !(low..high).contains(&value)
            });
            match known {
                Some(m) => place.doubts.push(format!(
                    "{} {value} 不在可信范围 {}–{}{}，未采用",
                    m.zh, m.plausible.0, m.plausible.1, m.unit
                )),
                None => occasion.set(&id, value, provenance),
            }
        }
        let mut forms_of = forms.to_vec();
        if forms_of.is_empty() {
            forms_of = if occasion.programmes.is_empty() {
                vec!["hypertension".to_owned()]
            } else {
                occasion.programmes.clone()
            };
        }
        let understood = words::symptoms(self.book, &forms_of, &place.symptoms);
        occasion.signs.extend(understood.signs);
        occasion.signs.extend(place.signs.iter().cloned());
        place.not_understood.extend(understood.not_understood);
        occasion
    }

    fn fill(
        &self,
        object: &Map<String, Value>,
        at: Where,
        place: &mut Place,
    ) -> Result<(), String> {
        for (name, value) in object {
            if value.is_null() {
                // A key that is not known is refused even when it is empty.
                keys::find(self.book, name).ok_or_else(|| keys::unknown(name))?;
                continue;
            }
            let key = keys::find(self.book, name).ok_or_else(|| keys::unknown(name))?;
            self.take(key, (name, value), (at, place))?;
        }
        Ok(())
    }

    fn take(
        &self,
        key: Key,
        (name, value): (&str, &Value),
        (at, place): (Where, &mut Place),
    ) -> Result<(), String> {
        let object = || value.as_object().ok_or_else(|| format!("{name} 应是对象"));
        match key {
            Key::Patient => self.fill(object()?, Where::Patient, place)?,
            Key::Visit => self.fill(object()?, at, place)?,
            Key::History if at == Where::History => return Err(keys::unknown(name)),
            Key::History => {
                let list = value.as_array().ok_or_else(|| format!("{name} 应是数组"))?;
                place.history.extend(list.iter().cloned());
            }
            Key::Id if at == Where::Visit => place.id = value.clone(),
            Key::Id | Key::Ignored => {}
            Key::Programme => {
                for word in values::list(value) {
                    if values::plain_is(&word, &["screening", "筛查", "none", "无"]) {
                        continue;
                    }
                    let id = words::programme(self.book, &word).ok_or_else(|| {
                        format!(
                            "没有这个随访项目：{word}（可用：{}）",
                            self.book.programmes().join(" ")
                        )
                    })?;
                    if !place.programmes.contains(&id) {
                        place.programmes.push(id);
                    }
                }
            }
            Key::Date => place.date = Some(values::day(name, value)?),
            Key::Mode => {
                let word = values::word(value);
                place.mode = Some(Mode::parse(&word).ok_or_else(|| {
                    format!("随访方式不认识：{word}（门诊 家庭 电话 clinic home phone）")
                })?);
            }
            Key::Region => place.region = Some(values::word(value)),
            Key::Sex => {
                let word = values::word(value);
                place.sex = Some(Sex::parse(&word).ok_or_else(|| {
                    format!("性别写法不认识：{word}（male | female | unknown | 男 | 女）")
                })?);
            }
            Key::Age => place.age_years = Some(age(value)?),
            Key::Birth => place.birth = Some(values::day(name, value)?),
            Key::Enrolled => match value {
                Value::Bool(yes) => place.not_enrolled = !yes,
                _ => place.enrolled = Some(values::day(name, value)?),
            },
            Key::AnnualCheck => match value {
                Value::Bool(yes) => place.annual_check_done = *yes,
                _ => place.annual_check = Some(values::day(name, value)?),
            },
            Key::Conditions => place.conditions.extend(values::list(value)),
            Key::FamilyHistory => values::family(value, &mut place.signs),
            Key::Symptoms => {
                place.signs.push("answered-symptoms".to_owned());
                place.symptoms.extend(values::symptom_list(value));
            }
            Key::Number(id) => {
                if let Some(number) = values::number(name, value)? {
                    place.numbers.set(id, number);
                }
            }
            Key::Measure(id) => {
                if let Some(number) = values::number(name, value)? {
                    place.numbers.set(&id, number);
                }
            }
            Key::Pressure => place.numbers.pressure(name, value)?,
            Key::Glucose => place.numbers.glucose(name, value, &mut place.doubts)?,
            Key::GlucoseKind => place.numbers.glucose_kind(&values::word(value))?,
            Key::Weeks => place.numbers.set("gestation-days", values::weeks(name, value)?),
            Key::Adherence => values::adherence(value, &mut place.signs, &mut place.not_understood),
            Key::Adr => {
                place.signs.push("answered-adr".to_owned());
                if values::adverse(value) {
                    place.signs.push("adr".to_owned());
                }
            }
            Key::Complications if at == Where::Patient => {
                place.conditions.extend(values::list(value));
            }
            Key::Complication | Key::Complications => {
                if values::holds(value) {
                    place.signs.push("new-complication".to_owned());
                }
            }
            Key::Salt => values::salt(value, &mut place.signs),
            Key::Alcohol => values::alcohol(value, &mut place.numbers, &mut place.not_understood),
            Key::Smoking => {
                if let Some(number) = value.as_f64() {
                    place.numbers.set("cigarettes", number);
                }
            }
            Key::Hypoglycaemia => values::hypoglycaemia(value, &mut place.signs),
            Key::Provenance => {
                let word = values::word(value);
                place.provenance =
                    Some(Provenance::parse(&word).ok_or_else(|| {
                        format!("来源不认识：{word}（device typed told imported）")
                    })?);
            }
            Key::Class => place.classes.push((None, values::class(name, value)?)),
            Key::Classes => {
                for (programme, class) in object()? {
                    let id = words::programme(self.book, programme);
                    place.classes.push((id, values::class(name, class)?));
                }
            }
            Key::PreviousClass => place.previous = Some(values::class(name, value)?),
            Key::Sign(id) => {
                if values::holds(value) {
                    place.signs.push(id);
                }
            }
        }
        Ok(())
    }
}

fn age(value: &Value) -> Result<f64, String> {
    let bad = || format!("年龄不可能或写法不认识：{value}（如 61、61岁、8月）");
    if let Some(years) = value.as_f64() {
        return Age::from_years(years).map(|_| years).ok_or_else(bad);
    }
    let text = values::word(value);
    // Whole years stay whole: 65岁 is 65, whatever the length of the years between.
    let years = text.trim().trim_end_matches("周岁").trim_end_matches('岁');
    match years.parse::<f64>() {
        Ok(years) => Age::from_years(years).map(|_| years).ok_or_else(bad),
        Err(_) => Age::parse(&text).map(Age::years).ok_or_else(bad),
    }
}
