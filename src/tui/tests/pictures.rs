//! Pictures at three sizes, the strip, the rail, the caret.
use super::{
    super::{
        effect::Answer,
        field::cells_of,
        screens::{Screen, sign_in::SignIn},
        testing::*,
        text::Lang,
    },
    SCENES,
};

#[test]
fn every_screen_looks_as_it_did_at_three_sizes() {
    for (name, scene) in SCENES {
        for size in SIZES {
            let shown = scene(size).text();
            insta::assert_snapshot!(format!("{name}-{}x{}", size.0, size.1), shown);
        }
    }
}

#[test]
fn no_screen_is_wider_than_its_terminal() {
    for (name, scene) in SCENES {
        for size in SIZES {
            for row in scene(size).picture() {
                assert!(cells_of(&row) <= usize::from(size.0), "{name} {size:?}: {row}");
            }
        }
    }
}

#[test]
fn the_strip_and_the_rail_stand_on_every_pane_of_a_visit() {
    for size in SIZES {
        for pane in ["f2", "f3", "f4", "f5", "f6"] {
            let mut bench = Bench::in_visit(size);
            bench.press(pane);
            for text in ["张桂兰 女 71岁", "过敏:青霉素", "[急]脓毒症", "[重]重症肺炎"]
            {
                bench.sees(text);
            }
        }
    }
}

#[test]
fn the_caret_stands_behind_what_was_typed_on_every_field() {
    let end = |bench: &mut Bench, text: &str| {
        let rows = bench.picture();
        let (y, row) = rows
            .iter()
            .enumerate()
            .find(|(_, row)| row.contains(text))
            .unwrap_or_else(|| panic!("{text} not found:\n{}", rows.join("\n")));
        let before = row.split(text).next().unwrap();
        (cells_of(before) as u16 + cells_of(text) as u16, y as u16)
    };
    let fields: [(&str, fn(&mut Bench)); 5] = [
        ("sign-in", |_| {}),
        ("find", |b| b.types("f")),
        ("register", |b| b.types("n")),
        ("note", |b| {
            b.press("enter");
            b.answer(Answer::Opened(Box::new(opened())));
        }),
        ("palette", |b| b.types(":")),
    ];
    for (name, open) in fields {
        for text in ["血压150", "abc", "咳嗽𬭎x", "１２３"] {
            let mut bench = if name == "sign-in" {
                let mut bench = Bench::new((80, 24), Some(vec!["a".into(), "b".into()]));
                bench.state.shared.demo = None;
                bench.state.screens =
                    vec![Screen::SignIn(SignIn::new(vec!["a".into(), "b".into()], None))];
                bench
            } else {
                Bench::at_home((80, 24))
            };
            open(&mut bench);
            bench.types(text);
            let want = end(&mut bench, text);
            assert_eq!(bench.cursor(), Some(want), "{name} {text}");
        }
    }
}

#[test]
fn only_one_place_sets_the_cursor() {
    let mut found = vec![];
    let mut folders = vec![std::path::PathBuf::from("src/tui")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs")
                && !path.starts_with("src/tui/tests")
            {
                let text = std::fs::read_to_string(&path).unwrap();
                let calls = text.matches(".set_cursor_position(").count();
                found.extend(std::iter::repeat_n(path.clone(), calls));
            }
        }
    }
    assert_eq!(found.len(), 1, "{found:?}");
}

#[test]
fn a_small_terminal_says_so_and_a_large_one_again_shows_everything() {
    let mut bench = Bench::in_visit((80, 24));
    bench.resize((59, 19));
    bench.sees("终端太小");
    bench.resize((80, 24));
    bench.sees("主诉：咳嗽");
}

#[test]
fn every_screen_speaks_english_too() {
    for (name, scene) in SCENES {
        let mut bench = scene((80, 24));
        bench.state.shared.lang = Lang::En;
        let hints = bench.picture().pop().unwrap();
        let han = |c: char| ('\u{4e00}'..='\u{9fff}').contains(&c);
        assert!(!hints.replace("空格", "").chars().any(han), "{name}: {hints}");
    }
}
