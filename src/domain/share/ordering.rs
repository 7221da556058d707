//! Which tests a note orders, so that what is there already is seen first. A test that is told as a result is no order.

/// A test as the note names it, and where its earlier results are looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ordered {
    /// As it stands in the note.
    pub words: String,
    /// DICOM modality, or `LAB`; empty = any (a chest film is CR or DX).
    pub modality: &'static str,
    /// DICOM body part; empty = any.
    pub body_part: &'static str,
}

/// Words, modality, body part; the longer and more special before the shorter.
const TESTS: &[(&[&str], &str, &str)] = &[
    (&["胸部CT", "胸CT", "肺部CT", "肺CT"], "CT", "CHEST"),
    (&["头颅CT", "颅脑CT", "头部CT", "头CT", "脑CT"], "CT", "HEAD"),
    (&["腹部CT", "全腹CT", "上腹CT", "下腹CT"], "CT", "ABDOMEN"),
    (&["头颅MR", "颅脑MR", "头MR", "脑MR", "头颅磁共振", "颅脑磁共振", "头颅核磁"], "MR", "HEAD"),
    (&["胸片", "胸部正侧位", "胸部X线", "胸部X光", "胸透", "胸部DR", "胸部平片"], "", "CHEST"),
    (&["心脏彩超", "心脏超声", "超声心动图", "心脏B超"], "US", "HEART"),
    (&["腹部B超", "腹部彩超", "腹部超声", "肝胆B超", "肝胆彩超", "肝胆胰脾"], "US", "ABDOMEN"),
    (&["心电图", "ECG", "EKG"], "ECG", ""),
    (&["血常规"], "LAB", ""),
    (&["肝功", "肾功", "生化", "血脂"], "LAB", ""),
];

/// What asks for a test, in front of it.
const ORDERS: [&str; 14] =
    ["查", "做", "拍", "行", "照", "完善", "建议", "申请", "开", "预约", "送检", "复", "去", "加"];
/// What makes it a thing of the past, in front of it.
const PAST: [&str; 12] = [
    "已查",
    "已做",
    "查过",
    "做过",
    "拍过",
    "曾",
    "外院",
    "上级医院",
    "前查",
    "未查",
    "拒",
    "不查",
];
/// What tells a result, behind it.
const RESULTS: [&str; 10] =
    ["示", "提示", "见", "未见", "正常", "异常", "阴性", "阳性", "结果", "报告"];

/// Each kind of test once, in the order of the note.
pub fn ordered(note: &str) -> Vec<Ordered> {
    let plain = note.to_ascii_uppercase();
    let mut found: Vec<Ordered> = vec![];
    for clause in plain.split(['。', '；', ';', '\n', '，', ',']) {
        // Within one clause the orders stand in a row: 查血常规、胸片.
        for (words, modality, body_part) in TESTS {
            let Some((at, word)) =
                words.iter().find_map(|word| clause.find(word).map(|at| (at, *word)))
            else {
                continue;
            };
            let (before, behind) = (&clause[..at], &clause[at + word.len()..]);
            let asked = ORDERS.iter().any(|cue| before.contains(cue))
                && !PAST.iter().any(|cue| before.contains(cue));
            let told = RESULTS.iter().any(|cue| behind.contains(cue));
            let known =
                found.iter().any(|one| (one.modality, one.body_part) == (modality, body_part));
            if asked && !told && !known {
                found.push(Ordered { words: word.to_owned(), modality, body_part });
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(note: &str) -> Vec<String> {
        ordered(note).into_iter().map(|one| one.words).collect()
    }

    #[test]
    fn what_is_ordered_is_found_with_where_to_look_for_it() {
        let found = ordered("咳嗽5天。处理：查血常规、胸片；建议去乡镇卫生院做胸部ct。");
        let places: Vec<_> = found.iter().map(|one| (one.modality, one.body_part)).collect();
        assert_eq!(places, [("", "CHEST"), ("LAB", ""), ("CT", "CHEST")]);
        assert_eq!(words("头痛，完善头颅CT"), ["头颅CT"]);
        assert_eq!(words("复查心电图"), ["心电图"]);
    }

    #[test]
    fn a_result_or_a_test_of_the_past_is_no_order() {
        for note in [
            "查胸片示右下肺斑片影",
            "胸片：未见异常",
            "曾查头颅CT",
            "外院做胸部CT",
            "患者拒做心电图",
            "心电图正常",
            "咳嗽三天，无发热",
        ] {
            assert_eq!(words(note), Vec::<String>::new(), "{note}");
        }
    }
}
