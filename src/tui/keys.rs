//! Which key does what: the preset, with the station's own file on top.
use std::collections::BTreeMap;

use super::{action::Action, event::Key};

#[derive(Clone, Debug)]
pub struct Keymap(BTreeMap<Action, Vec<Key>>);

const PRESET: &str = include_str!("presets/keys.toml");

impl Default for Keymap {
    fn default() -> Self {
        Self(read(PRESET).unwrap_or_default())
    }
}

/// Reads a key file; the error names what is wrong in it.
fn read(text: &str) -> Result<BTreeMap<Action, Vec<Key>>, String> {
    let table: BTreeMap<String, Vec<String>> =
        toml::from_str(text).map_err(|error| error.message().to_owned())?;
    let mut keys = BTreeMap::new();
    for (id, names) in table {
        let action = Action::by_id(&id).ok_or_else(|| id.clone())?;
        let parsed: Result<Vec<Key>, String> = names
            .iter()
            .map(|name| Key::parse(name).ok_or_else(|| format!("{id} = {name}")))
            .collect();
        keys.insert(action, parsed?);
    }
    Ok(keys)
}

impl Keymap {
    /// The preset with a user's file on top; a faulty file changes nothing and is named.
    pub fn with_file(text: &str) -> (Self, Option<String>) {
        let mut map = Self::default();
        match read(text) {
            Ok(own) => {
                map.0.extend(own);
                (map, None)
            }
            Err(what) => (map, Some(what)),
        }
    }

    pub fn keys(&self, action: Action) -> &[Key] {
        self.0.get(&action).map_or(&[], Vec::as_slice)
    }

    /// The action among the live ones that this key means, and which of its keys it was (for digits).
    pub fn find(&self, key: Key, live: &[Action]) -> Option<(Action, usize)> {
        let key = key.folded();
        live.iter().find_map(|action| {
            self.keys(*action).iter().position(|own| *own == key).map(|nth| (*action, nth))
        })
    }

    /// The key to show for an action where a text field may be in focus: then a bare letter types itself.
    pub fn shown(&self, action: Action, in_field: bool) -> Option<String> {
        let keys = self.keys(action);
        let usable = |key: &&Key| !in_field || key.typed().is_none();
        let first = keys.iter().find(usable)?;
        let digits = keys.len() > 4
            && keys.iter().all(|key| key.typed().is_some_and(|c| c.is_ascii_digit()));
        if digits {
            let last = keys.last().map(|key| key.label()).unwrap_or_default();
            return Some(format!("{}-{last}", first.label()));
        }
        Some(first.label())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_has_a_key_in_the_preset_and_the_preset_names_no_other() {
        let keys = read(PRESET).unwrap();
        for action in Action::ALL {
            assert!(keys.get(action).is_some_and(|k| !k.is_empty()), "{}", action.id());
        }
    }

    #[test]
    fn a_users_file_goes_on_top_and_a_faulty_one_is_named() {
        let (map, fault) = Keymap::with_file("search = [\"ctrl-g\"]");
        assert_eq!((map.shown(Action::Search, true).as_deref(), fault), (Some("^G"), None));
        let (map, fault) = Keymap::with_file("serch = [\"/\"]");
        assert_eq!(
            (map.shown(Action::Search, false).as_deref(), fault.as_deref()),
            (Some("/"), Some("serch"))
        );
    }

    #[test]
    fn a_bare_letter_is_no_shortcut_inside_a_field() {
        let map = Keymap::default();
        assert_eq!(map.shown(Action::Help, true).as_deref(), Some("F1"));
        assert_eq!(map.shown(Action::Quit, true), None);
    }
}
