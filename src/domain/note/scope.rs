//! Whether a word in the note is affirmed, denied, possible, somebody else's or long past.
use super::{
    Experiencer, Mention, Polarity, Reading, Temporality,
    lexicon::{Hit, Meaning},
    text::{NoteText, Section, Span, is_comma},
};
use crate::domain::catalog::{
    Catalog,
    finding::{FindingIx, FindingKind},
};

/// How far a denial reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reach {
    /// Over a list, to the comma.
    List,
    /// Over the whole sentence.
    Sentence,
    /// Only the next word.
    Next,
}

const DENIALS: &[(&str, Reach)] = &[
    ("否认", Reach::Sentence),
    ("均否认", Reach::Sentence),
    ("没有", Reach::List),
    ("没出现", Reach::List),
    ("没发现", Reach::List),
    ("未见明显", Reach::List),
    ("未见", Reach::List),
    ("未闻及", Reach::List),
    ("未闻", Reach::List),
    ("未触及", Reach::List),
    ("未扪及", Reach::List),
    ("未及", Reach::List),
    ("未引出", Reach::List),
    ("未查及", Reach::List),
    ("未发现", Reach::List),
    ("未出现", Reach::List),
    ("未诉", Reach::List),
    ("未伴", Reach::List),
    ("不伴", Reach::List),
    ("不伴有", Reach::List),
    ("无", Reach::List),
    ("並无", Reach::List),
    ("排除", Reach::List),
    ("不是", Reach::Next),
    ("并非", Reach::Next),
    ("不", Reach::Next),
    ("没", Reach::Next),
    ("未", Reach::Next),
    ("非", Reach::Next),
];

/// Look like denials and are none.
const FALSE_FRIENDS: &[&str] = &[
    "无明显诱因",
    "无诱因",
    "无明显原因",
    "无原因",
    "无意中",
    "无意间",
    "无缘无故",
    "无故",
    "无痛性",
    "无痛",
    "无规律",
    "无法",
    "无论",
    "无关",
    "无需",
    "无效",
    "无缓解",
    "无好转",
    "无改善",
    "无减轻",
    "无明显缓解",
    "无明显好转",
    "无明显改善",
    "无加重",
    "无明显加重",
    "无精打采",
    "不明原因",
    "不规则",
    "不规律",
    "不全",
    "不足",
    "不止",
    "不停",
    "不断",
    "不久",
    "不清",
    "不明",
    "不等",
    "不仅",
    "不但",
    "不同",
    "不慎",
    "不小心",
    "不良",
    "不稳",
    "不齐",
    "不对称",
    "不能",
    "不会",
    "不敢",
    "不愿",
    "不想",
    "不肯",
    "不要",
    "不得",
    "不了",
    "不见好",
    "不缓解",
    "不好转",
    "不减轻",
    "不完全",
    "不典型",
    "不自主",
    "不均",
    "不耐受",
    "不耐",
    "不舒服",
    "不适",
    "不除外",
    "不能排除",
    "不排除",
    "未婚",
    "未育",
    "未治",
    "未服药",
    "未处理",
    "未就诊",
    "未诊治",
    "未予",
    "未重视",
    "未在意",
    "未用",
    "没精神",
    "没劲",
    "没力气",
    "没胃口",
    "没治",
    "没在意",
    "没管",
    "没吃药",
    "没去",
    "没看",
    "非常",
    "并非",
    "除非",
    "非洲",
    "未缓解",
    "未好转",
    "未改善",
    "没好",
    "没见好",
    "不见好转",
    "不减",
    "不消",
    "不退",
    "没退",
    "未退",
    "不愈",
    "未愈",
    "排除不了",
];

/// End what a denial reaches over.
const TURNS: &[&str] = &[
    "但",
    "而",
    "却",
    "伴",
    "出现",
    "发生",
    "仅",
    "只有",
    "只是",
    "可见",
    "可闻",
    "可触及",
    "偶有",
    "偶",
    "有时",
    "自觉",
    "感觉",
    "现",
    "转为",
    "继而",
    "随后",
    "然后",
    "之后",
    "后来",
    "就",
    "便",
    "并",
    "觉",
    "诉",
    "只",
    "有",
];

const MAYBE_BEFORE: &[&str] = &[
    "疑似",
    "可疑",
    "怀疑",
    "疑",
    "可能",
    "考虑",
    "似有",
    "似乎",
    "好像",
    "待排",
    "不除外",
    "不能排除",
    "不排除",
    "警惕",
    "是不是",
];
const MAYBE_AFTER: &[&str] = &["可能", "待排", "可疑", "?", "待查", "不除外", "不能排除", "(?"];

const DENIED_AFTER: &[&str] = &[
    "(-)",
    "(--)",
    "阴性",
    "(阴性)",
    "未见",
    "未闻及",
    "未触及",
    "未引出",
    "没有",
    "均无",
    "都无",
    "不明显",
    "消失",
    "否认",
    "-)",
    "(一)",
    "未见异常",
    "均阴性",
    "均(-)",
    "都没有",
    "均未见",
    "均未触及",
    "均未引出",
    "都不",
    "也没有",
    "也无",
];

const KIN: &[&str] = &[
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
    "家族",
    "家里人",
    "家中",
    "家人",
    "父",
    "母",
    "直系亲属",
    "亲属",
    "堂",
    "表",
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

const PAST: &[&str] = &[
    "既往",
    "曾经",
    "曾",
    "以前",
    "过去",
    "从前",
    "年前",
    "小时候",
    "幼时",
    "儿时",
    "早年",
    "病史",
    "上次",
    "去年",
    "前年",
];
const NOW: &[&str] =
    &["现", "目前", "近", "这次", "本次", "此次", "加重", "又", "再次", "仍", "还", "今"];

#[derive(Clone, Copy, Debug)]
pub(super) struct Denial {
    pub start: usize,
    pub end: usize,
    until: usize,
    reach: Reach,
}

/// All denials of a note, with how far they reach.
#[derive(Debug, Default)]
pub(super) struct Cues {
    pub denials: Vec<Denial>,
}

pub(super) fn cues(note: &NoteText, words: &[Hit]) -> Cues {
    let mut cues = Cues::default();
    // A word that itself begins with 无/不/没 (无力, 不能平卧) is no denial of what follows.
    let mut covered = vec![false; note.chars.len()];
    let is_word = |h: &&Hit| h.gaps.is_empty() && !matches!(h.meaning, Meaning::NotFinding(_));
    for hit in words.iter().filter(is_word) {
        covered[hit.start..hit.end].fill(true);
    }
    for sentence in &note.sentences {
        let mut at = sentence.start;
        while at < sentence.end {
            if covered[at] {
                at += 1;
                continue;
            }
            if let Some(friend) = longest_at(note, at, FALSE_FRIENDS.iter().copied()) {
                at += friend;
                continue;
            }
            let found = DENIALS
                .iter()
                .filter(|(w, _)| note.at(at, w))
                .max_by_key(|(w, _)| w.chars().count());
            let Some((word, reach)) = found else {
                at += 1;
                continue;
            };
            let end = at + word.chars().count();
            cues.denials.push(Denial {
                start: at,
                end,
                until: until(note, end, *sentence, *reach),
                reach: *reach,
            });
            at = end;
        }
    }
    cues
}

fn longest_at<'a>(
    note: &NoteText,
    at: usize,
    words: impl Iterator<Item = &'a str>,
) -> Option<usize> {
    words.filter(|w| note.at(at, w)).map(|w| w.chars().count()).max()
}

fn until(note: &NoteText, from: usize, sentence: Span, reach: Reach) -> usize {
    let mut at = from;
    while at < sentence.end {
        let c = note.chars[at];
        if is_comma(c) && reach != Reach::Sentence {
            break;
        }
        if at > from
            && longest_at(note, at, TURNS.iter().copied()).is_some()
            && !inside_longer(note, at)
        {
            break;
        }
        at += 1;
    }
    at
}

/// 有 in 没有 / 所有 / 有关, 现 in 发现, 后 … are no turns.
fn inside_longer(note: &NoteText, at: usize) -> bool {
    let before = at.checked_sub(1).map(|i| note.chars[i]);
    match note.chars[at] {
        '有' => matches!(before, Some('没' | '所' | '伴' | '带' | '具' | '含' | '还' | '也')),
        '现' => matches!(before, Some('发' | '出' | '表')),
        '诉' => matches!(before, Some('告' | '主' | '未')),
        '觉' => matches!(before, Some('感' | '知' | '睡' | '幻' | '听' | '视' | '嗅' | '味')),
        '并' => {
            matches!(before, Some('合'))
                || note.at(at, "并发")
                || note.at(at, "并未")
                || note.at(at, "并无")
        }
        '便' => true,
        '就' => note.at(at, "就诊") || note.at(at, "就医"),
        '只' => note.at(at, "只眼"),
        '伴' => matches!(before, Some('不' | '未')),
        _ => false,
    }
}

/// Turns one word into a mention (or a known illness) of the reading.
pub(super) fn resolve(
    catalog: &Catalog,
    note: &NoteText,
    cues: &Cues,
    hit: &Hit,
    reading: &mut Reading,
) {
    let Some(sentence) = note.sentence_at(hit.start) else { return };
    let mut polarity = polarity(note, cues, hit, sentence);
    let family = is_family(note, hit, sentence);
    match hit.meaning {
        Meaning::Condition(ix) => {
            let context = sentence.section == Section::Past
                || known_by_words(note, hit, sentence)
                || PAST.iter().any(|w| before_in_clause(note, hit.start, sentence, w));
            if polarity == Polarity::Present && !family && context {
                reading.known_conditions.push(ix);
            }
        }
        Meaning::NotFinding(ix) => {
            if polarity == Polarity::Present {
                push(catalog, note, hit, ix, Polarity::Absent, family, sentence, reading);
            }
        }
        Meaning::Finding(ix) => {
            let kind = catalog.finding(ix).kind;
            if kind == FindingKind::Family && !family && !hit_names_kin(note, hit) {
                return;
            }
            if hit
                .gaps
                .iter()
                .any(|(a, b)| cues.denials.iter().any(|d| d.start >= *a && d.end <= *b))
            {
                polarity = Polarity::Absent;
            }
            push(
                catalog,
                note,
                hit,
                ix,
                polarity,
                family && kind != FindingKind::Family,
                sentence,
                reading,
            );
        }
    }
}

#[expect(
    clippy::too_many_arguments,
    reason = "one mention has this many sides; a struct would be built only to be taken apart"
)]
fn push(
    catalog: &Catalog,
    note: &NoteText,
    hit: &Hit,
    finding: FindingIx,
    polarity: Polarity,
    family: bool,
    sentence: Span,
    reading: &mut Reading,
) {
    let kind = catalog.finding(finding).kind;
    let mut finding = finding;
    let mut experiencer = if family { Experiencer::Family } else { Experiencer::Patient };
    if family {
        // 父亲有糖尿病: the patient's family history, not the patient's diabetes.
        let id = &catalog.finding(finding).id;
        let own = id.strip_prefix("hx-").map(|rest| format!("fh-{rest}"));
        if let Some(ix) = own.and_then(|id| catalog.finding_by_id(&id)) {
            finding = ix;
            experiencer = Experiencer::Patient;
        }
    }
    let past = !kind.is_background() && is_past(note, hit, sentence);
    let (start, end) = note.typed_range(hit.start, hit.end);
    reading.mentions.push(Mention {
        finding,
        polarity,
        experiencer,
        temporality: if past { Temporality::Past } else { Temporality::Current },
        value: None,
        unit: None,
        start,
        end,
        section: sentence.section,
    });
}

fn polarity(note: &NoteText, cues: &Cues, hit: &Hit, sentence: Span) -> Polarity {
    let denied = cues.denials.iter().any(|d| {
        if d.end > hit.start || hit.start >= d.until {
            return false;
        }
        match d.reach {
            Reach::List | Reach::Sentence => true,
            Reach::Next => hit.start - d.end <= 2,
        }
    });
    if denied {
        return Polarity::Absent;
    }
    if denied_after(note, hit, sentence) {
        return Polarity::Absent;
    }
    let (from, _) = note.clause_around(hit.start, sentence);
    let near = hit.start.saturating_sub(6).max(from);
    let before = note.slice(near, hit.start);
    let maybe = MAYBE_BEFORE.iter().any(|w| before.contains(w))
        || MAYBE_AFTER.iter().any(|w| note.at(hit.end, w));
    if maybe { Polarity::Possible } else { Polarity::Present }
}

/// 压痛、反跳痛(-) denies both.
fn denied_after(note: &NoteText, hit: &Hit, sentence: Span) -> bool {
    let mut at = hit.end;
    let limit = (hit.end + 24).min(sentence.end + 3).min(note.chars.len());
    while at < limit {
        if DENIED_AFTER.iter().any(|w| note.at(at, w)) {
            // "咳嗽，没有痰": the comma cuts; "咳嗽没有" does not.
            return !(note.at(at, "没有") && !ends_clause(note, at + 2, sentence))
                && !(note.at(at, "否认") && !ends_clause(note, at + 2, sentence))
                && !(note.at(at, "未见")
                    && !ends_clause(note, at + 2, sentence)
                    && !note.at(at, "未见异常"));
        }
        let c = note.chars[at];
        if is_comma(c) && c != ':' {
            return false;
        }
        let list = matches!(
            c,
            '、' | '及' | '和' | '与' | '均' | '都' | '皆' | '征' | ':' | '也' | '/' | '试' | '验'
        );
        if !list && at == hit.end {
            return false;
        }
        if !list && !(at > hit.end && list_continues(note, hit.end, at)) {
            return false;
        }
        at += 1;
    }
    false
}

fn ends_clause(note: &NoteText, at: usize, sentence: Span) -> bool {
    at >= sentence.end || is_comma(note.chars[at])
}

/// Between the word and here there is a list mark, so another item of the list may stand here.
fn list_continues(note: &NoteText, from: usize, at: usize) -> bool {
    note.chars[from..at].iter().any(|c| matches!(c, '、' | '及' | '和' | '与' | '/'))
}

fn hit_names_kin(note: &NoteText, hit: &Hit) -> bool {
    let text = note.slice(hit.start, hit.end);
    KIN.iter().any(|k| text.contains(k))
}

fn is_family(note: &NoteText, hit: &Hit, sentence: Span) -> bool {
    if sentence.section == Section::Family {
        return true;
    }
    let from = hit.start.saturating_sub(14).max(sentence.start);
    let before = note.slice(from, hit.start);
    let Some((at, kin)) = KIN
        .iter()
        .filter_map(|k| before.rfind(k).map(|at| (at, *k)))
        .max_by_key(|(at, k)| (at + k.len(), k.len()))
    else {
        return false;
    };
    let after = &before[at + kin.len()..];
    if TELLS.iter().any(|t| after.starts_with(t) || after.contains(t))
        || after.contains(['。', ';'])
    {
        return false;
    }
    let short = kin.chars().count() == 1;
    let ill = ["有", "患", "得", "死于", "因", "曾", "也", "均", "都", "中有", "史", "是"]
        .iter()
        .any(|w| after.contains(w));
    ill || (!short && after.chars().count() <= 2)
}

fn before_in_clause(note: &NoteText, at: usize, sentence: Span, word: &str) -> bool {
    let (from, _) = note.clause_around(at, sentence);
    note.slice(from, at).contains(word)
}

fn known_by_words(note: &NoteText, hit: &Hit, sentence: Span) -> bool {
    let after = note.slice(hit.end, (hit.end + 6).min(sentence.end));
    let before = note.slice(hit.start.saturating_sub(8).max(sentence.start), hit.start);
    after.starts_with('史')
        || after.starts_with("病史")
        || after.contains('年')
        || after.starts_with("术后")
        || ["确诊", "诊断为", "诊断", "患有", "患", "得过", "有"]
            .iter()
            .any(|w| before.ends_with(w))
}

fn is_past(note: &NoteText, hit: &Hit, sentence: Span) -> bool {
    let (from, to) = note.clause_around(hit.start, sentence);
    let before = note.slice(from, hit.start);
    let clause = note.slice(from, to);
    if sentence.section == Section::Past {
        return !NOW.iter().any(|w| clause.contains(w));
    }
    let after = note.slice(hit.end, (hit.end + 2).min(to));
    let past = PAST.iter().any(|w| before.contains(w) && *w != "年前")
        || after.starts_with('史')
        || after.starts_with("病史");
    past && !NOW.iter().any(|w| before.contains(w))
}
