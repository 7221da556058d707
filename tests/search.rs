//! Searching the shipped base as a village doctor types: words, everyday speech, pinyin, initials, slips, and nonsense.
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    sync::OnceLock,
    time::Instant,
};

use serde::Deserialize;
use xinglin::{
    domain::{
        audit::Hash,
        catalog::guideline::Paragraph,
        instant::Instant as Moment,
        local_document::{LocalDocument, LocalDocumentId, LocalDocumentLine},
    },
    services::library::{self, Filter, Hit, Kind, LabelledQuery, Library, Support},
};

use crate::knowledge_base::shipped;

fn shelf() -> &'static Library {
    static LIBRARY: OnceLock<Library> = OnceLock::new();
    LIBRARY.get_or_init(|| Library::open(&shipped().catalog).unwrap())
}

#[derive(Deserialize)]
struct QueryFile {
    test_topics: Vec<String>,
    query: Vec<QueryEntry>,
}

#[derive(Deserialize)]
struct QueryEntry {
    topic: String,
    way: String,
    typed: String,
    answers: Vec<String>,
}

fn labelled() -> Vec<LabelledQuery> {
    let [dev, test] = parts();
    dev.into_iter().chain(test).collect()
}

/// Queries for development, and those of topics that are kept for the test.
fn parts() -> [Vec<LabelledQuery>; 2] {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/search/queries.toml");
    let file: QueryFile = toml::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let mut parts = [vec![], vec![]];
    for q in file.query {
        let part = usize::from(file.test_topics.contains(&q.topic));
        parts[part].push(LabelledQuery { way: q.way, typed: q.typed, answers: q.answers });
    }
    parts
}

fn docs(hits: &[Hit]) -> Vec<&str> {
    hits.iter().map(|h| h.doc.as_str()).collect()
}

/// A document stands among the first `place` hits.
#[track_caller]
fn check(typed: &str, doc: &str, place: usize) {
    let hits = shelf().search(typed, 10);
    assert!(
        hits.iter().take(place).any(|h| h.doc == doc),
        "{typed}: {doc} is not among the first {place} of {:?}",
        docs(&hits)
    );
}

/// The aim is nDCG@10 0.85 and the first hit right in 80 % on the test part, as `bench search` measures it; the bounds here
/// leave the base some room to grow before somebody has to look.
#[test]
fn labelled_queries_are_answered_within_honest_bounds() {
    let [dev, test] = parts();
    assert!(dev.len() + test.len() >= 160 && test.len() >= 80, "{} {}", dev.len(), test.len());
    for (name, queries, least) in
        [("dev", dev, [0.84, 0.90, 0.95]), ("test", test, [0.83, 0.80, 0.93])]
    {
        let answered = library::judge(shelf(), &queries);
        assert_eq!(answered.len(), queries.len(), "some query has no answer in the base");
        let mut by_way: BTreeMap<&str, Vec<(f64, Option<usize>)>> = BTreeMap::new();
        for query in &answered {
            by_way.entry(&query.way).or_default().push((query.ndcg, query.first));
        }
        let share = |list: &[(f64, Option<usize>)], most: usize| {
            list.iter().filter(|(_, first)| first.is_some_and(|f| f <= most)).count() as f64
                / list.len() as f64
        };
        let mean = |list: &[(f64, Option<usize>)]| {
            list.iter().map(|(ndcg, _)| ndcg).sum::<f64>() / list.len() as f64
        };
        for (way, list) in &by_way {
            println!(
                "{name} {way:<10} n {:<3} nDCG@10 {:.3}  first hit {:.3}  within three {:.3}",
                list.len(),
                mean(list),
                share(list, 1),
                share(list, 3)
            );
        }
        let all: Vec<_> = by_way.values().flatten().copied().collect();
        let got = [mean(&all), share(&all, 1), share(&all, 3)];
        for ((what, got), least) in
            ["nDCG@10", "first hit", "within three"].iter().zip(got).zip(least)
        {
            assert!(got >= least, "{name}: {what} {got:.3}, at least {least}");
        }
    }
}

/// The parts are of different topics, so that nothing is tuned on what it is measured by.
#[test]
fn no_query_stands_in_both_parts() {
    let [dev, test] = parts();
    let typed: BTreeSet<&str> = dev.iter().map(|q| q.typed.as_str()).collect();
    assert_eq!(typed.len(), dev.len(), "a query stands twice");
    assert!(test.iter().all(|q| !typed.contains(q.typed.as_str())));
}

#[test]
fn words_of_two_characters_are_found() {
    check("头痛", "cma-headache-2022/01-red-flags", 6);
    check("失眠", "cma-insomnia-2023/01-insomnia", 6);
    check("痛风", "gout", 3);
}

#[test]
fn two_words_are_found_by_full_pinyin_and_by_initials() {
    for typed in ["高血压 转诊", "高血压转诊", "gaoxueya zhuanzhen", "gaoxueyazhuanzhen", "gxy zz"]
    {
        check(typed, "nhc-hypertension-2025/03-referral-followup", 10);
        // The illness's own entry stands behind the guidelines.
        let wide = shelf().search(typed, 20);
        assert!(wide.iter().any(|h| h.doc == "hypertension"), "{typed}: {:?}", docs(&wide));
    }
}

#[test]
fn everyday_speech_finds_the_term_of_the_books() {
    for typed in ["拉肚子", "laduzi", "拉稀"] {
        let hits = shelf().search(typed, 10);
        assert!(
            hits.iter().any(|h| h.text.contains("腹泻") || h.title.contains("腹泻")),
            "{typed}"
        );
    }
    check("心梗", "acute-myocardial-infarction", 3);
}

#[test]
fn highlights_are_the_characters_that_were_meant() {
    let hits = shelf().search("高血压 转诊", 20);
    let mut marked = 0;
    for hit in &hits {
        let chars: Vec<char> = hit.text.chars().collect();
        let mut last_end = 0;
        for range in &hit.highlights {
            assert!(range.start < range.end && range.end <= chars.len(), "{range:?}");
            assert!(marked == 0 || range.start >= last_end);
            last_end = range.end;
            let words: String = chars[range.clone()].iter().collect();
            assert!(
                ["高血压", "转", "运", "血压"].iter().any(|w| words.contains(w)),
                "{words} in {}",
                hit.text
            );
            marked += 1;
        }
        last_end = 0;
        for range in &hit.highlights {
            assert!(range.start >= last_end, "ranges out of order");
            last_end = range.end;
        }
    }
    assert!(marked > 0, "nothing is marked");
    let plain = shelf().search("ibuprofen", 5);
    assert!(!plain.is_empty());
}

#[test]
fn every_highlight_of_every_labelled_query_fits_its_text() {
    let mut marked = 0;
    for query in labelled() {
        for hit in shelf().search(&query.typed, 20) {
            let length = hit.text.chars().count();
            for pair in hit.highlights.windows(2) {
                assert!(pair[0].end < pair[1].start, "{}: {:?}", query.typed, hit.highlights);
            }
            assert!(hit.highlights.iter().all(|r| r.start < r.end && r.end <= length));
            marked += hit.highlights.len();
        }
    }
    assert!(marked > 500, "only {marked} places marked");
}

#[test]
fn filters_leave_out_what_they_must() {
    let within = |filter: Filter| shelf().search_within("高血压", &filter, 30);
    let newest = within(Filter { year_from: Some(2025), ..Filter::default() });
    assert!(!newest.is_empty() && newest.iter().all(|h| h.year.is_some_and(|y| y >= 2025)));
    let source = "nhc-hypertension-2020";
    let old = within(Filter { source: Some(source.into()), ..Filter::default() });
    assert!(!old.is_empty() && old.iter().all(|h| h.source == source));
    assert!(old.iter().all(|h| h.newer_edition == Some(2025)));
    let drugs = within(Filter { kind: Some(Kind::Drug), ..Filter::default() });
    assert!(!drugs.is_empty() && drugs.iter().all(|h| h.kind == Kind::Drug));
    let gout = shelf().search_within(
        "用法",
        &Filter { disease: Some("gout".into()), ..Filter::default() },
        30,
    );
    assert!(!gout.is_empty() && gout.iter().any(|h| h.doc == "colchicine"), "{:?}", docs(&gout));
    assert!(within(Filter { source: Some("nobody".into()), ..Filter::default() }).is_empty());
}

/// Two papers of an invented clinic.
fn own_papers() -> Vec<LocalDocument> {
    let paper = |id: i64, title: &str, texts: &[&str]| LocalDocument {
        line: LocalDocumentLine {
            id: LocalDocumentId(id),
            title: title.to_owned(),
            year: Some(2024),
            format: "pdf".to_owned(),
            file_name: "a.pdf".to_owned(),
            sha256: Hash::of(title.as_bytes()),
            paragraphs: texts.len() as u32,
            added_by: "wang".to_owned(),
            added_at: Moment::from_millis(1_795_000_000_000),
        },
        paragraphs: texts
            .iter()
            .enumerate()
            .map(|(n, text)| Paragraph {
                section: "转诊".to_owned(),
                place: format!("第{}页", n + 1),
                text: (*text).to_owned(),
            })
            .collect(),
    };
    vec![
        paper(
            1,
            "柳溪镇高血压双向转诊流程",
            &["血压超过 180/110 者电话联系县医院心内科王主任，随车护送。"],
        ),
        paper(2, "柳溪镇蛇伤处置卡", &["抗蝮蛇毒血清存放于药房二号冰箱，本院只备两支。"]),
    ]
}

#[test]
fn the_clinics_own_papers_are_searched_together_with_the_base() {
    let library = Library::with_papers(&shipped().catalog, &own_papers()).unwrap();
    for typed in ["高血压 转诊", "gaoxueya zhuanzhen", "gxy zz"] {
        let hits = library.search(typed, 10);
        let own = hits.iter().find(|h| h.doc == "local:1");
        let own = own.unwrap_or_else(|| panic!("{typed}: {:?}", docs(&hits)));
        assert_eq!((own.kind, own.status, own.place.as_str()), (Kind::Local, None, "第1页"));
        assert_eq!(own.added.as_ref().map(|(who, _)| who.as_str()), Some("wang"));
        assert!(hits.iter().any(|h| h.kind == Kind::Guideline), "{typed}: the base is gone");
    }
    // Words that only the paper has, and a filter for papers.
    assert_eq!(library.search("蝮蛇毒血清 冰箱", 3)[0].doc, "local:2");
    let own = Filter { kind: Some(Kind::Local), ..Filter::default() };
    let hits = library.search_within("高血压", &own, 10);
    assert!(!hits.is_empty() && hits.iter().all(|h| h.kind == Kind::Local));
    let of_disease = Filter { disease: Some("hypertension".into()), ..own };
    assert_eq!(docs(&library.search_within("转诊", &of_disease, 10)), ["local:1"]);
    assert!(shelf().search("蝮蛇毒血清 冰箱", 10).iter().all(|h| h.kind != Kind::Local));
}

#[test]
fn years_and_audience_narrow_on_both_sides() {
    let old = Filter { year_from: Some(2020), year_to: Some(2020), ..Filter::default() };
    let hits = shelf().search_within("高血压", &old, 30);
    assert!(!hits.is_empty() && hits.iter().all(|h| h.year == Some(2020)), "{:?}", docs(&hits));
    let of = |audience: &str| {
        let filter = Filter { audience: Some(audience.into()), ..Filter::default() };
        shelf().search_within("高血压 转诊", &filter, 20)
    };
    assert!(!of("village").is_empty());
    // A guideline for nobody that is asked for is left out; what names no audience stays.
    let strangers = of("astronauts");
    assert!(strangers.iter().all(|h| h.audience.is_empty()), "{:?}", docs(&strangers));
    assert!(of("village").iter().any(|h| h.kind == Kind::Guideline));
}

#[test]
fn a_paragraph_leads_to_its_illnesses_drugs_and_rules_and_those_can_be_opened() {
    let hits = shelf().search("痛风 急性期", 10);
    let hit = hits.iter().find(|h| h.doc == "cma-gout-2019/01-gout").unwrap();
    assert!(hit.related.conditions.iter().any(|e| e.id == "gout"), "{:?}", hit.related);
    assert!(hit.related.drugs.iter().any(|e| e.id == "colchicine"), "{:?}", hit.related);
    let drug = shelf().entry("colchicine");
    assert!(!drug.is_empty() && drug.iter().all(|h| h.doc == "colchicine"));
    let mut opened = 0;
    for hit in shelf().search("胸痛 心梗", 10) {
        for rule in &hit.related.rules {
            let entry = shelf().entry(&rule.id);
            assert_eq!(entry.len(), 1, "{rule:?}");
            assert!(entry[0].kind == Kind::Rule && !entry[0].text.is_empty());
            opened += 1;
        }
        for entry in hit.related.all() {
            assert!(!shelf().entry(&entry.id).is_empty(), "{entry:?} leads nowhere");
        }
    }
    assert!(opened > 0, "no rule is related to anything");
}

#[test]
fn conditions_dangers_and_alerts_lead_to_paragraphs_that_support_them() {
    let of = |what: &Support| shelf().supporting(what);
    let hypertension = of(&Support::Condition("hypertension".into()));
    assert!(hypertension[0].doc.starts_with("nhc-hypertension-2025/"), "{:?}", docs(&hypertension));
    let without: Vec<&str> = shipped()
        .catalog
        .conditions
        .iter()
        .filter(|c| of(&Support::Condition(c.id.clone())).is_empty())
        .map(|c| c.id.as_str())
        .collect();
    assert!(without.is_empty(), "{} conditions lead nowhere: {without:?}", without.len());
    for rule in &shipped().catalog.red_flags {
        let hits = of(&Support::Rule(rule.id.clone()));
        assert_eq!(hits[0].doc, format!("rule:{}", rule.id));
    }
    let alert = Support::Alert {
        rule: "colchicine/limit-1".into(),
        drugs: vec!["colchicine".into()],
        message: "秋水仙碱：肾功能不全时减量，严重者禁用".into(),
    };
    let hits = of(&alert);
    assert!(hits.iter().take(4).any(|h| h.doc == "colchicine"), "{:?}", docs(&hits));
    assert!(of(&Support::Condition("no-such-thing".into())).is_empty());
}

#[test]
fn one_document_does_not_fill_the_list() {
    let hits = shelf().search("糖尿病", 20);
    for hit in &hits {
        assert!(hits.iter().filter(|h| h.doc == hit.doc).count() <= 3, "{}", hit.doc);
    }
}

#[test]
fn partial_answers_say_so_and_stand_below() {
    let hits = shelf().search("高血压 天外飞仙", 10);
    assert!(!hits.is_empty() && hits.iter().all(|h| !h.every_word), "{:?}", docs(&hits));
    let hits = shelf().search("高血压 转诊 狂犬病", 10);
    let first_partial = hits.iter().position(|h| !h.every_word).unwrap_or(hits.len());
    assert!(hits[first_partial..].iter().all(|h| !h.every_word));
}

#[test]
fn numbers_and_units_are_found_with_and_without_a_gap() {
    for typed in ["二甲双胍 0.5g", "二甲双胍 0.5 g"] {
        let hits = shelf().search(typed, 10);
        assert!(
            hits.iter().any(|h| h.every_word && h.doc == "metformin"),
            "{typed}: {:?}",
            docs(&hits)
        );
    }
    for hit in shelf().search("140/90", 10).iter().filter(|h| h.every_word) {
        assert!(hit.text.contains("140") && hit.text.contains("90"), "{}", hit.text);
    }
}

#[test]
fn a_latin_word_is_not_found_inside_a_longer_one() {
    let hits = shelf().search("ct", 10);
    assert!(!hits.is_empty());
    assert!(
        hits.iter().filter(|h| h.text.to_lowercase().contains("ct")).count() >= 3,
        "{:?}",
        docs(&hits)
    );
}

#[test]
fn nothing_typed_finds_nothing() {
    for typed in ["", "   ", "\u{3000}", "，。！", "\u{0}\u{7}\u{1b}"] {
        assert!(shelf().search(typed, 10).is_empty(), "{typed:?}");
    }
    assert!(shelf().search("高血压", 0).is_empty());
}

#[test]
fn hostile_typing_never_panics() {
    let long = "高血压".repeat(3_334);
    let letters = "gxy".repeat(3_334);
    let mixed = "高gxue压y".repeat(1_500);
    let hostile = [
        long.as_str(),
        &letters,
        &mixed,
        &"(".repeat(10_000),
        &"a".repeat(60),
        &"ang".repeat(20),
        "\"高血压",
        "'\"`;--",
        "title:高血压 AND (",
        "[* TO *]",
        "高血压^99 ~2 +-!{}\\",
        "\u{202e}高血压\u{200b}\u{feff}",
        "a\u{301}\u{1f468}\u{200d}\u{1f469}",
        "İıßﬃ㎎½①",
        "𠮷𠮷 𪚥",
        "\r\n\t高\u{0}血\u{7f}压",
        "....1.2.3..",
        "%_*?",
    ];
    for typed in hostile {
        let hits = shelf().search(typed, usize::MAX);
        for hit in hits {
            assert!(hit.highlights.iter().all(|r| r.end <= hit.text.chars().count()));
        }
    }
}

#[test]
fn the_speed_of_answers_is_measured() {
    let queries: Vec<String> = labelled().into_iter().map(|q| q.typed).collect();
    let clock = Instant::now();
    let speed = library::measure(shelf(), &queries, &|| clock.elapsed().as_micros() as u64);
    println!("{} passages: {speed:?}", shelf().passages());
    assert_eq!(speed.n, queries.len());
    assert!(speed.p50_ms <= speed.p99_ms && speed.p99_ms <= speed.max_ms);
    assert!(speed.empty <= 3, "{} labelled queries find nothing", speed.empty);
}
