//! How a Chinese name is looked up by pinyin: full spelling and initials, in every reading of its characters.
use pinyin::ToPinyinMulti;

/// Surnames whose reading as a surname is not the everyday one, or that the reading table lacks.
const SURNAMES: &[(char, &[&str])] = &[
    ('单', &["shan", "dan"]),
    ('仇', &["qiu", "chou"]),
    ('曾', &["zeng", "ceng"]),
    ('解', &["xie", "jie"]),
    ('区', &["ou", "qu"]),
    ('查', &["zha", "cha"]),
    ('盖', &["ge", "gai"]),
    ('乐', &["yue", "le"]),
    ('朴', &["piao", "pu"]),
    ('缪', &["miao", "mou"]),
    ('覃', &["qin", "tan"]),
    ('翟', &["zhai", "di"]),
    ('宓', &["mi", "fu"]),
    ('秘', &["bi", "mi"]),
    ('冼', &["xian"]),
    ('洗', &["xian", "xi"]),
    ('员', &["yun", "yuan"]),
    ('种', &["chong", "zhong"]),
    ('繁', &["po", "fan"]),
    ('盛', &["sheng", "cheng"]),
    ('召', &["shao", "zhao"]),
    ('车', &["che"]),
    ('尉', &["wei", "yu"]),
    ('万', &["wan", "mo"]),
    ('俟', &["qi", "si"]),
    ('长', &["zhang", "chang"]),
    ('重', &["zhong", "chong"]),
    ('晟', &["cheng", "sheng"]),
    ('逄', &["pang"]),
    ('黑', &["he", "hei"]),
    ('折', &["she", "zhe"]),
    ('那', &["na"]),
    ('呙', &["guo"]),
    ('郇', &["xun", "huan"]),
    ('訾', &["zi"]),
    ('牟', &["mou", "mu"]),
    ('佴', &["nai"]),
    ('行', &["xing", "hang"]),
    ('令', &["ling"]),
    ('都', &["du", "dou"]),
    ('隗', &["wei", "kui"]),
    ('谌', &["chen", "shen"]),
    ('阙', &["que"]),
    ('臧', &["zang"]),
    ('卜', &["bu"]),
    ('石', &["shi"]),
    ('叶', &["ye"]),
];

/// More combinations of readings than this are not kept; the most usual come first.
const MOST_SPELLINGS: usize = 24;

/// The spellings of a name, lower case, without tones; `lü` is written `lv`.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Spellings {
    /// `zengxiaoming`
    pub full: Vec<String>,
    /// `zxm`
    pub initials: Vec<String>,
}

/// Every spelling of a name. Letters and digits stand for themselves; dots and blanks are left out.
pub fn spellings(name: &str) -> Spellings {
    let mut full = vec![String::new()];
    let mut initials = vec![String::new()];
    for c in name.chars() {
        let readings = readings(c);
        if readings.is_empty() {
            continue;
        }
        full = combine(&full, &readings);
        let mut first: Vec<String> = vec![];
        for reading in &readings {
            let letter: String = reading.chars().take(1).collect();
            if !first.contains(&letter) {
                first.push(letter);
            }
        }
        initials = combine(&initials, &first);
    }
    full.retain(|s| !s.is_empty());
    initials.retain(|s| !s.is_empty());
    Spellings { full, initials }
}

/// Whether a character may be read as beginning with this spelling (`解` with `x`, `xi`, `jie`).
pub fn may_begin_with(c: char, spelling: &str) -> bool {
    readings(c).iter().any(|reading| reading.starts_with(spelling))
}

/// All readings of one character, usual ones first.
fn readings(c: char) -> Vec<String> {
    if c.is_ascii_alphanumeric() {
        return vec![c.to_ascii_lowercase().to_string()];
    }
    let mut readings: Vec<String> = vec![];
    let mut add = |reading: &str| {
        let plain = reading.replace('ü', "v");
        if !readings.contains(&plain) {
            readings.push(plain);
        }
    };
    for (_, surname) in SURNAMES.iter().filter(|(surname, _)| *surname == c) {
        surname.iter().for_each(|reading| add(reading));
    }
    if let Some(all) = c.to_pinyin_multi() {
        all.into_iter().for_each(|reading| add(reading.plain()));
    }
    readings
}

/// Every beginning with every reading, in an order that puts the usual readings first, cut at a cap.
fn combine(beginnings: &[String], readings: &[String]) -> Vec<String> {
    let mut combined = Vec::with_capacity(beginnings.len() * readings.len());
    for reading in readings {
        for beginning in beginnings {
            let spelling = format!("{beginning}{reading}");
            if !combined.contains(&spelling) {
                combined.push(spelling);
            }
        }
    }
    combined.truncate(MOST_SPELLINGS);
    combined
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, full: &[&str], initials: &[&str]) {
        let spellings = spellings(name);
        for want in full {
            assert!(
                spellings.full.iter().any(|s| s == want),
                "{name}: {want} not in {:?}",
                spellings.full
            );
        }
        for want in initials {
            assert!(
                spellings.initials.iter().any(|s| s == want),
                "{name}: {want} not in {:?}",
                spellings.initials
            );
        }
    }

    #[test]
    fn a_plain_name_is_spelled_in_full_and_by_initials() {
        check("王小明", &["wangxiaoming"], &["wxm"]);
        check("吕秀英", &["lvxiuying"], &["lxy"]);
    }

    #[test]
    fn surnames_of_two_readings_are_found_by_both() {
        check("单国强", &["shanguoqiang", "danguoqiang"], &["sgq", "dgq"]);
        check("仇英", &["qiuying", "chouying"], &["qy", "cy"]);
        check("曾国", &["zengguo", "cengguo"], &["zg", "cg"]);
        check("解珍", &["xiezhen", "jiezhen"], &["xz", "jz"]);
        check("区大", &["ouda", "quda"], &["od", "qd"]);
        check("查良", &["zhaliang", "chaliang"], &["zl", "cl"]);
        check("朴正", &["piaozheng", "puzheng"], &["pz"]);
        check("尉迟恭", &["yuchigong"], &["ycg"]);
        check("万俟", &["moqi"], &["mq"]);
    }

    #[test]
    fn letters_stand_for_themselves_and_dots_are_left_out() {
        check("买买提·Ali", &["maimaitiali"], &["mmtali"]);
    }

    #[test]
    fn a_long_name_of_many_readings_stays_within_the_cap() {
        let spellings = spellings("重乐行单解曾区查长都重乐行单解曾区查长都");
        assert!(spellings.full.len() <= MOST_SPELLINGS);
        assert!(spellings.initials.len() <= MOST_SPELLINGS);
    }

    #[test]
    fn mixed_input_is_matched_character_by_character() {
        assert!(
            may_begin_with('解', "x") && may_begin_with('解', "jie") && !may_begin_with('解', "w")
        );
    }
}
