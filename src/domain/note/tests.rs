//! Sentences of the ward, against the shipped vocabulary.
use super::*;
use crate::knowledge;

#[track_caller]
fn check(text: &str, want: &[(&str, Polarity)]) {
    let catalog = knowledge::compile(&knowledge::embedded().unwrap()).catalog;
    let lexicon = Lexicon::new(&catalog).unwrap();
    let subject = Subject { sex: Sex::Male, age: Age::parse("40岁"), pregnant: false };
    let reading = read(&catalog, &lexicon, subject, text);
    for (id, polarity) in want {
        let got: Vec<_> = reading
            .mentions
            .iter()
            .filter(|m| {
                catalog.finding(m.finding).id == *id && m.experiencer == Experiencer::Patient
            })
            .map(|m| m.polarity)
            .collect();
        assert!(got.contains(polarity), "{text}: {id} should be {polarity:?}, got {got:?}");
        let opposite =
            if *polarity == Polarity::Present { Polarity::Absent } else { Polarity::Present };
        assert!(!got.contains(&opposite), "{text}: {id} is also {opposite:?}");
    }
}

#[test]
fn a_denial_reaches_over_a_list_and_ends_at_but() {
    use Polarity::{Absent, Present};
    check(
        "无恶心、呕吐及腹泻，但有头晕",
        &[("nausea", Absent), ("vomiting", Absent), ("diarrhea", Absent), ("dizziness", Present)],
    );
}
