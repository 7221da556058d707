//! Sentences of the ward, against the shipped vocabulary.
use super::*;
use std::sync::OnceLock;

use crate::knowledge;

fn shipped() -> (&'static Catalog, &'static Lexicon) {
    static SHIPPED: OnceLock<(Catalog, Lexicon)> = OnceLock::new();
    let (catalog, lexicon) = SHIPPED.get_or_init(|| {
        let catalog = knowledge::compile(&knowledge::embedded().unwrap()).catalog;
        let lexicon = Lexicon::new(&catalog).unwrap();
        (catalog, lexicon)
    });
    (catalog, lexicon)
}

#[track_caller]
fn check(text: &str, want: &[(&str, Polarity)]) {
    let (catalog, lexicon) = shipped();
    let subject = Subject { sex: Sex::Male, age: Age::parse("40岁"), pregnant: false };
    let reading = read(catalog, lexicon, subject, text);
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

#[test]
fn years_of_hypertension_are_no_blood_pressure() {
    let (catalog, lexicon) = shipped();
    let subject = Subject { sex: Sex::Male, age: Age::parse("62岁"), pregnant: false };
    let reading = read(catalog, lexicon, subject, "既往高血压10年，吸烟。BP 160/95mmHg");
    assert!(reading.doubts.is_empty(), "{:?}", reading.doubts);
    let found = |id: &str| {
        reading
            .mentions
            .iter()
            .any(|m| catalog.finding(m.finding).id == id && m.polarity == Polarity::Present)
    };
    assert!(found("hx-hypertension") && found("hypertension-reading"));
}

#[test]
fn pain_behind_the_breastbone_is_no_bone_pain() {
    let (catalog, lexicon) = shipped();
    let subject = Subject { sex: Sex::Male, age: Age::parse("62岁"), pregnant: false };
    let reading = read(catalog, lexicon, subject, "胸骨后压榨样疼痛1小时");
    let ids: Vec<&str> =
        reading.mentions.iter().map(|m| catalog.finding(m.finding).id.as_str()).collect();
    assert!(ids.contains(&"chest-pain-retrosternal") && !ids.contains(&"bone-pain"), "{ids:?}");
}

#[test]
fn what_runs_in_the_family_is_read_by_its_bare_name() {
    let (catalog, lexicon) = shipped();
    let subject = Subject { sex: Sex::Female, age: Age::parse("26岁"), pregnant: false };
    let has = |text: &str| {
        let reading = read(catalog, lexicon, subject, text);
        reading.mentions.iter().any(|m| catalog.finding(m.finding).id == "fh-thalassemia")
    };
    assert!(has("乏力3月。\n家族史：地中海贫血。"));
    assert!(!has("既往史：地中海贫血。"));
}

#[test]
fn a_word_that_begins_with_hearing_is_denied_by_not_hearing() {
    check("未闻及心包摩擦音，未触及肿大淋巴结", &[("pericardial-rub", Polarity::Absent)]);
    check("可闻及心包摩擦音", &[("pericardial-rub", Polarity::Present)]);
}

#[test]
fn a_history_does_not_hide_the_known_illness() {
    let (catalog, lexicon) = shipped();
    let subject = Subject { sex: Sex::Male, age: Age::parse("62岁"), pregnant: false };
    let reading = read(catalog, lexicon, subject, "头晕2天。\n既往史：高血压病史10年。");
    let known: Vec<&str> =
        reading.known_conditions.iter().map(|c| catalog.conditions[*c].zh.as_str()).collect();
    assert_eq!(known, ["原发性高血压"]);
}

#[test]
fn weakness_inside_a_pattern_denies_nothing_behind_it() {
    use Polarity::Present;
    check("双下肢没力气，头晕、恶心", &[("dizziness", Present), ("nausea", Present)]);
    check("活着不如死了，头痛", &[("headache", Present)]);
}

#[test]
fn what_never_happens_is_denied_over_its_list() {
    use Polarity::Absent;
    check(
        "睡眠中不会痛醒或憋醒",
        &[("woken-by-symptom", Absent), ("paroxysmal-nocturnal-dyspnea", Absent)],
    );
}

#[test]
fn bare_histories_behind_a_denied_one_are_denied_with_it() {
    use Polarity::{Absent, Present};
    check(
        "无手术史，外伤史及药物过敏史，否认高血压",
        &[("hx-trauma", Absent), ("hx-drug-allergy", Absent), ("hx-hypertension", Absent)],
    );
    check("无手术史，有糖尿病史", &[("hx-diabetes", Present)]);
}

#[test]
fn a_list_denied_at_its_end_is_denied_whole() {
    use Polarity::{Absent, Present};
    check(
        "恶心呕吐、拉肚子这些都没有，就是肚子疼",
        &[
            ("nausea", Absent),
            ("vomiting", Absent),
            ("diarrhea", Absent),
            ("abdominal-pain", Present),
        ],
    );
    check(
        "腹痛，恶心没有呕吐",
        &[("abdominal-pain", Present), ("nausea", Present), ("vomiting", Absent)],
    );
}

#[test]
fn an_angle_is_no_fever_and_a_bare_tenth_after_the_night_is_one() {
    let (catalog, lexicon) = shipped();
    let subject = Subject { sex: Sex::Male, age: Age::parse("40岁"), pregnant: false };
    let degrees = |text: &str| -> Vec<f64> {
        read(catalog, lexicon, subject, text).mentions.iter().filter_map(|m| m.value).collect()
    };
    assert!(degrees("直腿抬高40度阳性").is_empty());
    assert!(degrees("昨晚39.3，吃了退烧药").contains(&39.3));
    assert!(degrees("体重昨晚称了，39.3公斤").is_empty());
}

#[test]
fn the_fathers_heart_and_a_feared_one_are_not_the_patients() {
    let (catalog, lexicon) = shipped();
    let subject = Subject { sex: Sex::Male, age: Age::parse("40岁"), pregnant: false };
    for text in ["父亲五十岁心梗去世", "担心自己得了癌症，怕是心梗"] {
        let reading = read(catalog, lexicon, subject, text);
        let own: Vec<&str> = reading
            .mentions
            .iter()
            .filter(|m| m.experiencer == Experiencer::Patient)
            .map(|m| catalog.finding(m.finding).id.as_str())
            .filter(|id| id.starts_with("hx-"))
            .collect();
        assert!(own.is_empty(), "{text}: {own:?}");
    }
}

#[test]
fn small_words_that_turn_a_sign_round_are_heard() {
    use Polarity::{Absent, Present};
    check("托起阴囊疼痛不减轻", &[("prehn-positive", Absent)]);
    check("小便带血，没有发烧", &[("hematuria-gross", Present), ("fever", Absent)]);
    check("觉得自己不配当妈妈，睡不着", &[("insomnia", Present)]);
    let (catalog, lexicon) = shipped();
    let subject = Subject { sex: Sex::Male, age: Age::parse("40岁"), pregnant: false };
    let reading = read(catalog, lexicon, subject, "小便带血");
    let stool = catalog.finding_by_id("stool-blood");
    assert!(stool.is_some() && reading.mentions.iter().all(|m| Some(m.finding) != stool));
}

#[test]
fn what_is_not_seen_felt_or_of_no_use_is_told_apart() {
    use Polarity::{Absent, Present};
    check("没看到水疱，也不觉得反酸烧心", &[("rash-vesicular", Absent), ("heartburn", Absent)]);
    check("胸背出了一片不痒的红疹", &[("rash", Present)]);
    check("没去看过病，咳嗽3天", &[("cough", Present)]);
    check("咳嗽、咽痛吃药都不管用", &[("cough", Present), ("sore-throat", Present)]);
    check("乙肝丙肝阴性", &[("hx-hepatitis-b", Absent)]);
    check("家人都没事，呕吐3次", &[("vomiting", Present)]);
    check("三个月前骑摩托摔伤头，现在头痛", &[("headache", Present)]);
}

#[test]
fn the_wifes_illness_is_not_the_patients() {
    let (catalog, lexicon) = shipped();
    let subject = Subject { sex: Sex::Male, age: Age::parse("40岁"), pregnant: false };
    let reading = read(catalog, lexicon, subject, "妻子有糖尿病，表面皮肤有点红，尿白细胞3+");
    let patient: Vec<&str> = reading
        .mentions
        .iter()
        .filter(|m| m.experiencer == Experiencer::Patient)
        .map(|m| catalog.finding(m.finding).id.as_str())
        .collect();
    assert!(
        !patient.iter().any(|id| id.contains("diabetes") || id.contains("wbc-low")),
        "{patient:?}"
    );
}

#[test]
fn what_has_nothing_to_do_with_a_meal_is_there_all_the_same() {
    use Polarity::{Absent, Present};
    check("腹痛与进食无关，咳嗽和天气没关系", &[("abdominal-pain", Present), ("cough", Present)]);
    check("胸痛与活动无关", &[("chest-pain", Present), ("worse-on-exertion", Absent)]);
    check("头晕与体位无关", &[("dizziness", Present), ("vertigo-positional", Absent)]);
}

#[test]
fn a_healthy_mother_says_nothing_of_the_patient() {
    let (catalog, lexicon) = shipped();
    let subject = Subject { sex: Sex::Male, age: Age::parse("40岁"), pregnant: false };
    let own = catalog.finding_by_id("hx-diabetes");
    let said = |text: &str| {
        let reading = read(catalog, lexicon, subject, text);
        reading.mentions.iter().find(|m| Some(m.finding) == own).map(|m| m.polarity)
    };
    assert_eq!(said("母亲没有糖尿病，自己口渴"), None);
    assert_eq!(said("母亲体健，有糖尿病3年"), Some(Polarity::Present));
}

#[test]
fn a_blister_at_the_corner_of_the_mouth_takes_no_fever_away() {
    let (catalog, lexicon) = shipped();
    let subject = Subject { sex: Sex::Male, age: Age::parse("4岁"), pregnant: false };
    for text in ["嘴角起泡39℃", "嘴角起泡，39度", "体温38.6+，头痛"] {
        let reading = read(catalog, lexicon, subject, text);
        assert!(reading.mentions.iter().any(|m| m.value.is_some_and(|v| v >= 38.6)), "{text}");
    }
}

#[test]
fn what_a_cough_brings_on_says_nothing_of_a_cough() {
    use Polarity::Present;
    let silent = |text: &str, id: &str| {
        let (catalog, lexicon) = shipped();
        let reading = read(catalog, lexicon, Subject::default(), text);
        !reading.mentions.iter().any(|m| catalog.finding(m.finding).id == id)
    };
    for text in [
        "咳嗽时漏尿",
        "一咳嗽就漏尿",
        "咳嗽、深呼吸时胸痛加剧",
        "腰痛，咳嗽或打喷嚏时右腿更痛",
        "右腹股沟包块，咳嗽的时候鼓出来",
    ] {
        assert!(silent(text, "cough"), "{text}");
    }
    check("咳嗽3天，咳嗽时胸痛", &[("cough", Present)]);
    check("咳嗽时痰多", &[("cough", Present)]);
    check("咳嗽时无胸痛", &[("cough", Present)]);
    check("咳嗽时咳出血丝", &[("cough", Present)]);
}

#[test]
fn the_patient_speaks_again_after_a_relative() {
    check("婆婆查出肺结核，近2月我也咳嗽", &[("cough", Polarity::Present)]);
    let (catalog, lexicon) = shipped();
    let reading = read(catalog, lexicon, Subject::default(), "母亲自己有糖尿病");
    assert!(reading.known_conditions.is_empty());
}

#[test]
fn pressures_lying_and_standing_are_compared() {
    use Polarity::{Absent, Present};
    check("卧位血压135/82mmHg，站立3分钟后108/66mmHg", &[("orthostatic-hypotension", Present)]);
    check("平躺血压130/80，站起来血压100/60", &[("orthostatic-hypotension", Present)]);
    check("卧位血压135/82mmHg，站立3分钟后130/80mmHg", &[("orthostatic-hypotension", Absent)]);
}

#[test]
fn height_and_weight_make_the_mass_index() {
    use Polarity::{Absent, Present};
    check("身高165cm，体重90kg", &[("obesity", Present)]);
    check("身高1.7米，体重约62公斤", &[("obesity", Absent), ("underweight", Absent)]);
    check("身高1米75，体重130斤", &[]);
}

#[test]
fn spoken_numbers_and_counts_are_read() {
    use Polarity::Present;
    check("脉搏一百二十次", &[("tachycardia", Present)]);
    check("心率一分钟一百三十次", &[("tachycardia", Present)]);
    check("体温三十九点二度", &[("fever-high", Present)]);
    check("中性粒细胞0.2×10^9/L", &[("neutrophils-low", Present)]);
}

#[test]
fn a_painless_lump_is_a_lump() {
    use Polarity::{Absent, Present};
    check("脖子上方有个不疼的包块，三个月来越长越大", &[("neck-mass", Present)]);
    check("乳房摸到一个不痛的硬块", &[("breast-lump", Present)]);
    check("身上起不痒的红疹", &[("rash", Present), ("itch", Absent)]);
}

#[test]
fn a_distance_walked_denies_nothing() {
    use Polarity::Present;
    check("走不到两百米小腿就疼，得停下来", &[("intermittent-claudication", Present)]);
    check("非要抓，瘙痒难忍", &[("itch", Present)]);
    check("没力气好几个月", &[("fatigue", Present)]);
}

#[test]
fn the_past_two_weeks_are_now() {
    let (catalog, lexicon) = shipped();
    let now = |text: &str| {
        let reading = read(catalog, lexicon, Subject::default(), text);
        let said = |m: &&Mention| catalog.finding(m.finding).id == "weight-loss";
        reading.mentions.iter().find(said).map(|m| m.temporality)
    };
    assert_eq!(now("过去两周体重下降五斤"), Some(Temporality::Current));
    assert_eq!(now("过去的3个月体重下降"), Some(Temporality::Current));
    assert_eq!(now("过去体重下降"), Some(Temporality::Past));
}

#[test]
fn who_has_the_same_rash_has_it_as_the_patient_has() {
    use Polarity::Present;
    check("丈夫有同样的皮疹", &[("rash", Present)]);
    let (catalog, lexicon) = shipped();
    let reading = read(catalog, lexicon, Subject::default(), "家人无类似皮疹");
    let rash = catalog.finding_by_id("rash").unwrap();
    let own = |m: &Mention| m.finding == rash && m.experiencer == Experiencer::Patient;
    assert!(!reading.mentions.iter().any(own));
}

#[test]
fn a_quality_behind_a_comma_belongs_to_the_part_before_it() {
    use Polarity::Present;
    check("耳朵流脓，疼", &[("ear-pain", Present)]);
    check("头痛，平卧缓解", &[("headache-worse-upright", Present)]);
}

#[test]
fn a_warm_limb_is_no_fever_and_a_healed_bone_no_fall() {
    let (catalog, lexicon) = shipped();
    let says = |text: &str, id: &str| {
        let reading = read(catalog, lexicon, Subject::default(), text);
        reading.mentions.iter().any(|m| catalog.finding(m.finding).id == id)
    };
    assert!(!says("双腿发热发红", "fever") && !says("膝关节红肿发热", "fever"));
    assert!(says("手足口病，发热2天", "fever") && says("关节痛，发热", "fever"));
    assert!(!says("不咳的时候玩得好", "cough"));
    check("心慌，好像要晕过去", &[("palpitations", Polarity::Present)]);
}
