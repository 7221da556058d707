//! Words and codes of a form -> signs of the tables. What is not understood is given back, never dropped.
use crate::domain::catalog::follow_up::{FollowUpBook, Kind, Sign, SignKind, plain};

/// What a list of words came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Understood {
    pub signs: Vec<String>,
    pub not_understood: Vec<String>,
}

const DENIALS: &[&str] = &["无", "没有", "否认", "未见", "未诉", "no", "not", "denies"];

/// A name for a programme in any of its words.
pub fn programme(book: &FollowUpBook, words: &str) -> Option<String> {
    let asked = plain(words);
    let by_table = book.tables.iter().find(|t| {
        t.kind == Kind::Programme
            && [&t.programme, &t.id, &t.short].into_iter().any(|name| plain(name) == asked)
    });
    if let Some(table) = by_table {
        return Some(table.programme.clone());
    }
    let id = match asked.as_str() {
        "老年人" | "老年" | "aged" | "elder" => "elderly",
        "孕产妇" | "妊娠" | "pregnancy" | "prenatal" | "antenatal" => "maternal",
        "儿童" | "06岁儿童" | "children" | "06岁" => "child",
        "精神障碍" | "精神病" | "smi" | "mental" | "mentalillness" => {
            "severe-mental-illness"
        }
        "签约" | "家庭医生" | "familydoctor" | "familydoctorcontract" => "contract",
        _ => {
            let sign = book.sign_named(words)?;
            return book
                .tables
                .iter()
                .find(|t| t.programme == sign.id)
                .map(|t| t.programme.clone());
        }
    };
    Some(id.to_owned())
}

/// Symptoms as words or as codes of the programme's form.
pub fn symptoms(book: &FollowUpBook, programmes: &[String], words: &[String]) -> Understood {
    let mut out = Understood::default();
    for word in words {
        let word = word.trim();
        if word.is_empty() {
            continue;
        }
        if word.bytes().all(|b| b.is_ascii_digit()) {
            code(book, programmes, word, &mut out);
        } else {
            phrase(book, word, SignKind::Symptom, &mut out);
        }
    }
    out
}

/// Diseases and states of the person.
pub fn conditions(book: &FollowUpBook, words: &[String]) -> Understood {
    let mut out = Understood::default();
    for word in words.iter().map(|w| w.trim()).filter(|w| !w.is_empty()) {
        phrase(book, word, SignKind::State, &mut out);
    }
    out
}

/// The same number means different things on two forms: each form that is filled gets its own reading.
fn code(book: &FollowUpBook, programmes: &[String], word: &str, out: &mut Understood) {
    let mut found = false;
    for id in programmes {
        let forms = book.tables.iter().filter(|t| t.programme == *id && t.kind == Kind::Programme);
        let fields = forms.flat_map(|t| &t.fields).filter(|f| f.id == "symptoms");
        if let Some(choice) = fields.flat_map(|f| &f.choices).find(|c| c.code == word) {
            found = true;
            out.signs.extend(choice.signs.iter().cloned());
        }
    }
    if !found && word != "0" {
        out.not_understood.push(word.to_owned());
    }
}

fn phrase(book: &FollowUpBook, word: &str, kind: SignKind, out: &mut Understood) {
    if let Some(sign) = book.sign_named(word) {
        out.signs.push(sign.id.clone());
        return;
    }
    let parts: Vec<&str> = word
        .split(['、', '，', ',', ';', '；', '。', '/', '+', '\n'])
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .collect();
    if parts.len() > 1 {
        for part in parts {
            phrase(book, part, kind, out);
        }
        return;
    }
    let lower = word.to_lowercase();
    if let Some(rest) = DENIALS.iter().find_map(|d| lower.strip_prefix(d))
        && (kind == SignKind::State || !inside(book, rest, kind).is_empty())
    {
        return;
    }
    let found = inside(book, word, kind);
    if found.is_empty() {
        out.not_understood.push(word.to_owned());
    } else {
        out.signs.extend(found.into_iter().map(|sign| sign.id.clone()));
    }
}

/// Signs whose names stand inside longer words, the longest first and none inside another.
fn inside<'a>(book: &'a FollowUpBook, word: &str, kind: SignKind) -> Vec<&'a Sign> {
    const SHORTEST: usize = 2;
    let mut text = plain(word);
    let mut names: Vec<(String, &Sign)> = book
        .signs
        .iter()
        .filter(|sign| sign.kind == kind && sign.id != "no-symptom")
        .flat_map(|sign| sign.names.iter().chain([&sign.zh]).map(move |name| (plain(name), sign)))
        .filter(|(name, _)| {
            let chars = name.chars().count();
            // Short Latin abbreviations stand inside other words by chance.
            chars >= if name.is_ascii() { 5 } else { SHORTEST }
        })
        .collect();
    names.sort_by_key(|(name, _)| std::cmp::Reverse(name.chars().count()));
    let mut found: Vec<&Sign> = vec![];
    for (name, sign) in names {
        if text.contains(&name) {
            text = text.replace(&name, "|");
            if !found.iter().any(|f| f.id == sign.id) {
                found.push(sign);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn book() -> FollowUpBook {
        crate::services::knowledge_base::compiled(None).unwrap().catalog.follow_up
    }

    #[test]
    fn words_codes_and_english_ids_come_to_the_same_signs() {
        let book = book();
        let programmes = ["hypertension".to_owned()];
        let read = |words: &[&str]| {
            let words: Vec<String> = words.iter().map(|w| (*w).to_owned()).collect();
            symptoms(&book, &programmes, &words)
        };
        assert_eq!(read(&["6"]).signs, ["palpitations-or-tightness"]);
        assert_eq!(read(&["心慌"]).signs, ["palpitations"]);
        assert_eq!(read(&["blurred_vision"]).signs, ["blurred-vision"]);
        assert_eq!(read(&["偶有心悸、头晕"]).signs, ["palpitations", "dizziness"]);
        assert_eq!(read(&["无胸闷"]), Understood::default());
        assert_eq!(read(&["膝盖疼"]).not_understood, ["膝盖疼"]);
        assert_eq!(read(&["17"]).not_understood, ["17"]);
    }

    #[test]
    fn programmes_are_known_by_all_their_names() {
        let book = book();
        for (word, id) in [
            ("高血压", "hypertension"),
            ("hypertension", "hypertension"),
            ("糖尿病", "diabetes"),
            ("2型糖尿病", "diabetes"),
            ("T2DM", "diabetes"),
            ("慢阻肺", "copd"),
            ("elderly", "elderly"),
            ("孕产妇", "maternal"),
            ("0-6岁儿童", "child"),
            ("肺结核", "tuberculosis"),
        ] {
            assert_eq!(programme(&book, word).as_deref(), Some(id), "{word}");
        }
        assert_eq!(programme(&book, "牙科"), None);
    }
}
