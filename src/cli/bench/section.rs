//! A page of docs that several commands write: each replaces its own marked part and leaves the others as they are.
use std::{fs, path::Path};

fn marks(name: &str) -> (String, String) {
    (format!("<!-- bench {name} -->"), format!("<!-- /bench {name} -->"))
}

fn save(file: &Path, text: &str) -> Result<(), String> {
    fs::write(file, text).map_err(|error| format!("{} 写不进去：{error}", file.display()))
}

/// Puts a part in the place of the old one of its name, or at the end.
pub(super) fn put(file: &Path, name: &str, part: &str) -> Result<(), String> {
    let (begin, end) = marks(name);
    let new = format!("{begin}\n{}\n{end}", part.trim_end());
    let old = fs::read_to_string(file).unwrap_or_default();
    let text = match (old.find(&begin), old.find(&end)) {
        (Some(from), Some(to)) if from < to => {
            format!("{}{new}{}", &old[..from], &old[to + end.len()..])
        }
        _ => format!("{}\n\n{new}\n", old.trim_end()),
    };
    save(file, text.trim_start())
}

/// Writes the page anew, and the parts of the other commands behind it as they were.
pub(super) fn put_page(file: &Path, page: &str) -> Result<(), String> {
    let old = fs::read_to_string(file).unwrap_or_default();
    let parts = old.find("<!-- bench ").map_or("", |at| &old[at..]);
    let behind = if parts.is_empty() { String::new() } else { format!("\n{}\n", parts.trim_end()) };
    save(file, &format!("{}\n{behind}", page.trim_end()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_replaced_in_its_place_and_the_rest_stays() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("q.md");
        put_page(&file, "# head\n").unwrap();
        put(&file, "rx", "one").unwrap();
        put(&file, "trace", "first").unwrap();
        put(&file, "rx", "two").unwrap();
        put_page(&file, "# another head\n").unwrap();
        let text = fs::read_to_string(&file).unwrap();
        let want = "# another head\n\n<!-- bench rx -->\ntwo\n<!-- /bench rx -->\n\n\
                    <!-- bench trace -->\nfirst\n<!-- /bench trace -->\n";
        assert_eq!(text, want);
    }
}
