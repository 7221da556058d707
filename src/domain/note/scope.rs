//! Whether a word in the note is affirmed, denied, possible, somebody else's or long past.
use super::{
    Experiencer, Mention, Polarity, Reading, Temporality,
    kin::{KIN, NOT_OF_THE_BLOOD, hit_names_kin, is_family},
    lexicon::{Hit, Meaning},
    scope_words::{
        ACTS, ALIKE, DENIALS, DENIED_AFTER, FALSE_FRIENDS, FEARED, HEALED, IF, LIKE, LIST_ENDS,
        MAYBE_AFTER, MAYBE_BEFORE, NOW, OF_NO_USE, PARTS, PAST, PROVOKED, RELATED_BY, Reach, SEEMS,
        TURNS, UNRELATED,
    },
    text::{NoteText, Section, Span, is_comma},
};
use crate::domain::catalog::{
    Catalog,
    finding::{FindingIx, FindingKind},
};

#[derive(Clone, Copy, Debug)]
pub(super) struct Denial {
    pub start: usize,
    pub end: usize,
    until: usize,
    reach: Reach,
}

/// All denials of a note, with how far they reach.
#[derive(Debug)]
pub(super) struct Cues {
    pub denials: Vec<Denial>,
    /// For every character the end of the furthest whole word over it; 0 = none.
    word_ends: Vec<usize>,
}

pub(super) fn cues(note: &NoteText, words: &[Hit]) -> Cues {
    let mut cues = Cues { denials: vec![], word_ends: vec![0; note.chars.len() + 1] };
    for hit in words.iter().filter(|h| h.gaps.is_empty()) {
        for end in &mut cues.word_ends[hit.start..hit.end] {
            *end = hit.end.max(*end);
        }
    }
    // A word that itself begins with 无/不/没 (无力, 不能平卧) is no denial of what follows.
    let mut covered = vec![false; note.chars.len()];
    let is_word = |h: &&Hit| !matches!(h.meaning, Meaning::NotFinding(_) | Meaning::Kin(_));
    for hit in words.iter().filter(is_word) {
        let mut from = hit.start;
        for (gap, next) in hit.gaps.iter().copied().chain([(hit.end, hit.end)]) {
            covered[from..gap].fill(true);
            from = next;
        }
    }
    for sentence in &note.sentences {
        let mut at = sentence.start;
        while at < sentence.end {
            if covered[at] {
                at += 1;
                continue;
            }
            let found = DENIALS
                .iter()
                .filter(|(w, _)| note.at(at, w))
                .max_by_key(|(w, _)| w.chars().count());
            // 没看 is no denial, 没看到 is one: the longer word is meant.
            let friend = longest_at(note, at, FALSE_FRIENDS.iter().copied()).unwrap_or(0);
            if friend > 0 && found.is_none_or(|(word, _)| friend >= word.chars().count()) {
                at += friend;
                continue;
            }
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
        if is_comma(c)
            && reach != Reach::Sentence
            && !(reach == Reach::List && histories_go_on(note, from, at, sentence))
        {
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

/// 无手术史，外伤史及输血史: a clause of bare histories behind a denied history is denied with it.
fn histories_go_on(note: &NoteText, from: usize, comma: usize, sentence: Span) -> bool {
    let next = (comma + 1..sentence.end).find(|at| is_comma(note.chars[*at]));
    let clause = note.slice(comma + 1, next.unwrap_or(sentence.end));
    note.slice(from, comma).ends_with('史')
        && clause.ends_with('史')
        && !["有", "曾", "诊", "患", "现", "年", "岁", "否认", "无", "未", "没"]
            .iter()
            .chain(KIN)
            .any(|word| clause.contains(word))
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
    let told = note.slice(sentence.start.max(hit.start.saturating_sub(40)), hit.start);
    if IF.iter().any(|w| told.contains(w)) {
        return;
    }
    if let Meaning::Finding(ix) = hit.meaning
        && PROVOKERS.contains(&catalog.finding(ix).id.as_str())
        && only_provokes(note, cues, hit, sentence)
    {
        return;
    }
    let family = is_family(note, hit, sentence);
    let (clause, _) = note.clause_around(hit.start, sentence);
    let near = note.slice(hit.start.saturating_sub(8).max(clause), hit.start);
    let is_history = match hit.meaning {
        Meaning::Condition(_) | Meaning::Kin(_) => true,
        Meaning::Finding(ix) => catalog.finding(ix).id.starts_with("hx-"),
        Meaning::NotFinding(_) => false,
    };
    // The husband's diabetes is neither the patient's nor in the family.
    if family && is_history && NOT_OF_THE_BLOOD.iter().any(|kin| near.contains(kin)) {
        return;
    }
    if is_history && (near.ends_with('当') || FEARED.iter().any(|word| near.contains(word))) {
        return;
    }
    if let Meaning::Finding(ix) = hit.meaning
        && catalog.finding(ix).id == "fever"
        && is_warm_part(note, hit, clause)
    {
        return;
    }
    let mut polarity = polarity(note, cues, (hit, is_history), sentence);
    match hit.meaning {
        Meaning::Condition(ix) => {
            if polarity != Polarity::Present {
                return;
            }
            let context = sentence.section == Section::Past
                || known_by_words(note, hit, sentence)
                || PAST.iter().any(|w| before_in_clause(note, hit.start, sentence, w));
            if family {
                reading.family_conditions.push(ix);
            } else if context {
                reading.known_conditions.push(ix);
            }
        }
        Meaning::Kin(ix) if family => {
            push(catalog, note, hit, ix, polarity, false, sentence, reading);
        }
        Meaning::Kin(_) => {}
        Meaning::NotFinding(ix) => {
            // 不咳的时候玩得好: it comes in spells.
            let spells = ["的时候", "时"].iter().any(|w| note.at(hit.end, w));
            if polarity == Polarity::Present && !spells {
                push(catalog, note, hit, ix, Polarity::Absent, family, sentence, reading);
            }
        }
        Meaning::Finding(ix) => {
            let kind = catalog.finding(ix).kind;
            if kind == FindingKind::Family && !family && !hit_names_kin(note, hit) {
                return;
            }
            // 托起*减轻 in 托起阴囊疼痛不减轻
            let turned = |a: usize, b: usize| {
                b > a && matches!(note.chars[b - 1], '不' | '没' | '未' | '无')
            };
            // 脖子*包块 in 脖子上有个不疼的包块: the lump is there, only painless.
            let attribute = |d: &Denial, b: usize| {
                d.reach == Reach::Next && note.slice(d.end, b).contains('的')
            };
            if hit.gaps.iter().any(|(a, b)| {
                turned(*a, *b)
                    || cues
                        .denials
                        .iter()
                        .any(|d| d.start >= *a && d.end <= *b && !attribute(d, *b))
            }) {
                polarity = Polarity::Absent;
            }
            if kind == FindingKind::Exposure && healed(note, hit, sentence) {
                return;
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

/// Complaints that are also something everybody does now and then.
const PROVOKERS: &[&str] = &["cough", "sneezing"];

/// 咳嗽时漏尿, 咳嗽、深呼吸时胸痛加剧, 一咳嗽就疼: the act brings the pain on; whether the patient has a cough is not said.
fn only_provokes(note: &NoteText, cues: &Cues, hit: &Hit, sentence: Span) -> bool {
    let mut at = hit.end;
    while at < sentence.end {
        let act = longest_at(note, at, ACTS.iter().copied()).unwrap_or(0);
        let word_end = if note.at(at, "打喷嚏") { cues.word_ends[at] } else { at };
        let mark = usize::from(matches!(note.chars[at], '、' | '或' | '和' | '及' | '与'));
        let step = act.max(word_end - at).max(mark);
        if step == 0 {
            break;
        }
        at += step;
    }
    let once = note.slice(hit.start.saturating_sub(2), hit.start);
    let whenever = once.ends_with('一') || once.ends_with("每次");
    let when = ["时候", "的时候", "时"].iter().find(|w| note.at(at, w));
    let behind = match when {
        Some(when) => at + when.chars().count(),
        None if whenever && note.at(at, "就") => at,
        None => return false,
    };
    let mut end = behind;
    while end < sentence.end && !is_comma(note.chars[end]) {
        end += 1;
    }
    let clause = note.slice(behind, end);
    PROVOKED.iter().any(|word| clause.contains(word))
        && !clause.contains(['痰', '血', '咳', '无', '没'])
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

fn polarity(
    note: &NoteText,
    cues: &Cues,
    (hit, is_history): (&Hit, bool),
    sentence: Span,
) -> Polarity {
    let denied = cues.denials.iter().any(|d| {
        // 未闻及 also denies the word 闻及心包摩擦音, whose first characters it shares.
        if d.start >= hit.start || hit.start >= d.until.max(d.end) {
            return false;
        }
        match d.reach {
            Reach::List | Reach::Sentence => true,
            // 一片不痒的红疹: the rash is there.
            Reach::Next => {
                hit.start.saturating_sub(d.end) <= 2
                    && !note.slice(d.end, hit.start).ends_with('的')
            }
        }
    });
    if denied {
        return Polarity::Absent;
    }
    if denied_after(note, cues, (hit, is_history), sentence) {
        return Polarity::Absent;
    }
    let (from, _) = note.clause_around(hit.start, sentence);
    let near = hit.start.saturating_sub(6).max(from);
    let before = note.slice(near, hit.start);
    // 像抽筋一样: what it is like, not what it is.
    let simile =
        LIKE.iter().any(|w| before.ends_with(w)) && ALIKE.iter().any(|w| note.at(hit.end, w));
    let maybe = simile
        || MAYBE_BEFORE.iter().any(|w| before.contains(w))
        || (is_history && SEEMS.iter().any(|w| before.contains(w)))
        || MAYBE_AFTER.iter().any(|w| note.at(hit.end, w));
    if maybe { Polarity::Possible } else { Polarity::Present }
}

/// 压痛、反跳痛(-) denies both; 恶心呕吐这些都没有, too.
fn denied_after(
    note: &NoteText,
    cues: &Cues,
    (hit, is_history): (&Hit, bool),
    sentence: Span,
) -> bool {
    let mut at = hit.end;
    let limit = (hit.end + 24).min(sentence.end + 3).min(note.chars.len());
    // Words that stand side by side without a mark: only what denies them all in words is meant for each of them.
    let mut side_by_side = false;
    // 与进食 in 腹痛与进食无关, and the words over both of 头晕与体位无关.
    let before = hit.start.saturating_sub(1)..hit.start;
    let gaps = hit.gaps.iter().map(|(from, to)| *from..*to);
    let related =
        gaps.chain([before]).any(|r| note.chars[r].iter().any(|c| RELATED_BY.contains(c)));
    while at < limit {
        let denial =
            DENIED_AFTER.iter().filter(|w| note.at(at, w)).max_by_key(|w| w.chars().count());
        if longest_at(note, at, OF_NO_USE.iter().copied()).is_some() {
            return false;
        }
        if longest_at(note, at, UNRELATED.iter().copied()).is_some() {
            return related;
        }
        if let Some(denial) = denial {
            // 乙肝丙肝阴性
            let of_all = (is_history && denial.contains("阴性"))
                || ["都", "均", "也", "没有", "否认"].iter().any(|w| denial.starts_with(w));
            // "咳嗽，没有痰": the comma cuts; "咳嗽没有" does not.
            let goes_on =
                |w: &str| note.at(at, w) && !ends_clause(note, at + w.chars().count(), sentence);
            return (of_all || !side_by_side)
                && !goes_on("没有")
                && !goes_on("否认")
                && (!goes_on("未见") || note.at(at, "未见异常"));
        }
        let c = note.chars[at];
        if is_comma(c) && c != ':' {
            return false;
        }
        let list = matches!(
            c,
            '、' | '及' | '和' | '与' | '均' | '都' | '皆' | '征' | ':' | '也' | '/' | '试' | '验'
        );
        if let Some(skip) = longest_at(note, at, LIST_ENDS.iter().copied()) {
            at += skip;
            continue;
        }
        if cues.word_ends[at] > at {
            side_by_side |= !list_continues(note, hit.end, at);
            at = cues.word_ends[at];
            continue;
        }
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

/// 双腿发热发红: a warm limb, no fever.
fn is_warm_part(note: &NoteText, hit: &Hit, clause: usize) -> bool {
    let before = note.slice(hit.start.saturating_sub(4).max(clause), hit.start);
    let bare = before
        .trim_end_matches(['红', '肿', '胀', '痛', '又', '也', '都', '处', '部', '有', '点', '局']);
    PARTS.iter().any(|part| bare.ends_with(part))
}

/// 去年摔断过锁骨，已经长好了: done with.
fn healed(note: &NoteText, hit: &Hit, sentence: Span) -> bool {
    let before = note.slice(sentence.start, hit.start);
    let after = note.slice(hit.end, sentence.end);
    PAST.iter().any(|word| before.contains(word)) && HEALED.iter().any(|word| after.contains(word))
}

/// 过去两周 is now; 过去有胃病 is long ago.
fn lately(before: &str) -> bool {
    let behind = before.rsplit("过去").next().unwrap_or("");
    behind
        .trim_start_matches('的')
        .starts_with(|c: char| c.is_ascii_digit() || "一二两三四五六七八九十几半数".contains(c))
}

fn is_past(note: &NoteText, hit: &Hit, sentence: Span) -> bool {
    let (from, to) = note.clause_around(hit.start, sentence);
    let before = note.slice(from, hit.start);
    let clause = note.slice(from, to);
    if sentence.section == Section::Past {
        return !NOW.iter().any(|w| clause.contains(w));
    }
    let after = note.slice(hit.end, (hit.end + 2).min(to));
    // 三个月前摔伤头，昏迷过一天; 一年前骑跨伤，当时尿血
    let told = note.slice(sentence.start.max(from.saturating_sub(30)), hit.start);
    let then = ["年前", "月前", "小时候"].iter().any(|w| told.contains(w))
        && (after.starts_with('过') || before.contains("当时") || before.contains("那时"));
    let past = then
        || PAST
            .iter()
            .any(|w| before.contains(w) && *w != "年前" && !(*w == "过去" && lately(&before)))
        || after.starts_with('史')
        || after.starts_with("病史");
    past && !NOW.iter().any(|w| before.contains(w))
}
