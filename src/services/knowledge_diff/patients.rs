//! Which of the clinic's own patients change class when the knowledge changes: `37 人由达标变为未达标`.
//!
//! The evaluation itself is handed in, once for each version: it belongs to follow-up, which knows its programme tables.
use std::collections::BTreeMap;

/// A follow-up programme: `高血压`.
pub type Programme = String;

/// So many people of one programme go from one class to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatientChange<P> {
    pub programme: Programme,
    pub from: String,
    pub to: String,
    /// The people, for the list behind the number.
    pub people: Vec<P>,
}

impl<P> PatientChange<P> {
    pub fn sentence(&self) -> String {
        format!("{}：{} 人由{}变为{}", self.programme, self.people.len(), self.from, self.to)
    }
}

/// Classes of all people under the old and the new knowledge -> who changes, the most people first.
///
/// `before` and `after` give, for a person, the class of each programme; a programme that only one of them knows is `未纳入`
/// in the other.
pub fn compare<P: Clone>(
    people: &[P],
    before: impl Fn(&P) -> BTreeMap<Programme, String>,
    after: impl Fn(&P) -> BTreeMap<Programme, String>,
) -> Vec<PatientChange<P>> {
    const OUTSIDE: &str = "未纳入";
    let mut changes: BTreeMap<(Programme, String, String), Vec<P>> = BTreeMap::new();
    for person in people {
        let (old, new) = (before(person), after(person));
        let programmes = old.keys().chain(new.keys().filter(|p| !old.contains_key(*p)));
        for programme in programmes {
            let class = |classes: &BTreeMap<Programme, String>| {
                classes.get(programme).cloned().unwrap_or_else(|| OUTSIDE.to_owned())
            };
            let (from, to) = (class(&old), class(&new));
            if from != to {
                let key = (programme.clone(), from, to);
                changes.entry(key).or_default().push(person.clone());
            }
        }
    }
    let mut changes: Vec<PatientChange<P>> = changes
        .into_iter()
        .map(|((programme, from, to), people)| PatientChange { programme, from, to, people })
        .collect();
    changes.sort_by_key(|change| std::cmp::Reverse(change.people.len()));
    changes
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Systolic pressure against a target, as two editions of a guideline would judge it.
    fn by(target: i32) -> impl Fn(&(u32, i32)) -> BTreeMap<Programme, String> {
        move |(_, systolic)| {
            let class = if *systolic < target { "达标" } else { "未达标" };
            [("高血压".to_owned(), class.to_owned())].into()
        }
    }

    #[test]
    fn people_who_change_class_are_counted_and_named() {
        let people = [(1, 128), (2, 135), (3, 138), (4, 150)];
        let changes = compare(&people, by(140), by(130));
        assert_eq!(changes.len(), 1);
        assert_eq!(changes[0].sentence(), "高血压：2 人由达标变为未达标");
        assert_eq!(changes[0].people, [(2, 135), (3, 138)]);
        assert!(compare(&people, by(140), by(140)).is_empty());
    }
}
