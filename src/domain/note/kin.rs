//! Whether a word is told of a relative, and the words for relatives.
use super::{
    lexicon::{Hit, Meaning},
    text::{NoteText, Section, Span, is_comma},
};

/// The relatives are well: what follows is again about the patient.
const WELL: &[&str] =
    &["没事", "正常", "健康", "体健", "健在", "没有", "都好", "无恙", "没这样", "没人", "无类似"];

/// No blood of the patient's: their illness says nothing of what runs in the family.
pub(super) const NOT_OF_THE_BLOOD: &[&str] = &[
    "公公", "婆婆", "岳父", "岳母", "丈夫", "老公", "妻子", "老婆", "爱人", "老伴", "室友", "同屋",
    "同学", "同事", "邻居",
];

/// The relative died of what was named before.
const DIED: &[&str] = &["去世", "病逝", "过世", "离世", "死了", "死亡", "走了", "病故", "没了"];

pub(super) const KIN: &[&str] = &[
    "父亲",
    "母亲",
    "父母",
    "爸爸",
    "妈妈",
    "爸",
    "妈",
    "哥哥",
    "弟弟",
    "姐姐",
    "妹妹",
    "兄弟",
    "姐妹",
    "兄",
    "弟",
    "姐",
    "妹",
    "祖父",
    "祖母",
    "爷爷",
    "奶奶",
    "外公",
    "外婆",
    "姥姥",
    "姥爷",
    "叔叔",
    "叔",
    "伯父",
    "舅舅",
    "舅",
    "姑姑",
    "姑",
    "姨",
    "儿子",
    "女儿",
    "外孙",
    "孙子",
    "孙女",
    "家族",
    "家里人",
    "家中",
    "家人",
    "父",
    "母",
    "直系亲属",
    "亲属",
    "堂兄",
    "堂弟",
    "堂姐",
    "堂妹",
    "表兄",
    "表弟",
    "表姐",
    "表妹",
    "表哥",
    "堂哥",
];

/// The relative tells, the relative is not ill.
const TELLS: &[&str] = &[
    "觉得",
    "说",
    "诉",
    "发现",
    "代诉",
    "认为",
    "称",
    "担心",
    "反映",
    "述",
    "报告",
    "注意到",
    "带",
    "看到",
    "看",
    "描述",
    "以为",
    "怀疑",
    "送",
    "抱",
    "陪",
    "给",
    "否认",
    "提供",
    "告诉",
    "察觉",
    "见",
    "叫",
];

/// The patient again, after a relative: 婆婆有结核，我也咳嗽.
const ONESELF: &[&str] = &["我", "本人", "患者", "患儿"];

/// The same complaint as the patient's: 同事也有类似发热.
const AS_WELL: &[&str] = &[
    "有类似",
    "有同样",
    "有相同",
    "也类似",
    "也同样",
    "出现类似",
    "出现同样",
    "和我一样",
    "跟我一样",
];

pub(super) fn hit_names_kin(note: &NoteText, hit: &Hit) -> bool {
    let text = note.slice(hit.start, hit.end);
    KIN.iter().any(|k| text.contains(k))
}

pub(super) fn is_family(note: &NoteText, hit: &Hit, sentence: Span) -> bool {
    if sentence.section == Section::Family {
        return true;
    }
    let from = hit.start.saturating_sub(14).max(sentence.start);
    let before = note.slice(from, hit.start);
    let Some((at, kin)) = KIN
        .iter()
        .chain(NOT_OF_THE_BLOOD)
        .filter_map(|k| before.rfind(k).map(|at| (at, *k)))
        .max_by_key(|(at, k)| (at + k.len(), k.len()))
    else {
        return false;
    };
    let after = &before[at + kin.len()..];
    if ONESELF.iter().any(|word| after.contains(word)) {
        return false;
    }
    // 丈夫有同样的皮疹: the patient has it, too; 家人无类似皮疹 says nothing of the patient, nor do 类似 illnesses.
    if matches!(hit.meaning, Meaning::Finding(_))
        && AS_WELL.iter().any(|word| after.contains(word))
        && !after.contains(['无', '没', '未', '不'])
    {
        return false;
    }
    if TELLS.iter().any(|t| after.starts_with(t) || after.contains(t))
        || after.contains(['。', ';'])
        || after
            .split_once(',')
            .is_some_and(|(of_them, _)| WELL.iter().any(|w| of_them.contains(w)))
        || ["当", "做"].iter().any(|w| before[..at].ends_with(w))
    {
        return false;
    }
    // 家人无类似皮疹 denies nothing of the patient.
    if ["无", "均无", "都无", "没", "都没", "均没", "未"].iter().any(|w| after.starts_with(w))
        && !after.contains(is_comma)
    {
        return true;
    }
    let short = kin.chars().count() == 1;
    let ill = ["有", "患", "得", "死于", "因", "曾", "也", "均", "都", "中有", "史", "是"]
        .iter()
        .any(|w| after.contains(w));
    // 父亲五十岁时心梗去世
    let age = "0123456789一二三四五六七八九十几多岁时候那年就在";
    let words = after.chars().filter(|c| !age.contains(*c)).count();
    let same_clause = !after.contains(|c| is_comma(c) && c != ':');
    let (_, to) = note.clause_around(hit.start, sentence);
    let died = note.slice(hit.end, (hit.end + 8).min(to));
    ill || (!short && same_clause && (words <= 2 || DIED.iter().any(|word| died.contains(word))))
}
