//! Lines of text -> paragraphs under headings; what every format shares.
use crate::domain::{
    catalog::guideline::Paragraph, cleaning::clean_text, local_document::ReadDocument,
};

/// A paragraph is what fits on a screen; longer ones are cut at the end of a sentence.
const LONGEST_PARAGRAPH: usize = 400;
/// A heading is a short line.
const LONGEST_HEADING: usize = 40;

/// Collects paragraphs while a document is read from its top to its bottom.
#[derive(Debug, Default)]
pub(super) struct Collected {
    pub title: String,
    /// Stands in where nothing is marked as the title; only one that comes before all text.
    first_heading: String,
    pub paragraphs: Vec<Paragraph>,
    /// Headings that hold here, outermost first.
    headings: Vec<String>,
    place: String,
}

impl Collected {
    /// Where the following paragraphs stand, e.g. `第3页`; headings are the place where there are no pages.
    pub fn at(&mut self, place: String) {
        self.place = place;
    }

    /// A heading of a level, 1 = outermost. The first one is the title.
    pub fn heading(&mut self, level: usize, text: &str) {
        let text = tidy(text);
        if text.is_empty() {
            return;
        }
        if self.title.is_empty() && level <= 1 && self.paragraphs.is_empty() {
            self.title = text;
            return;
        }
        if self.paragraphs.is_empty() && self.first_heading.is_empty() {
            self.first_heading.clone_from(&text);
        }
        self.headings.truncate(level.saturating_sub(1));
        self.headings.push(text.chars().take(80).collect());
    }

    pub fn paragraph(&mut self, text: &str) {
        let section = self.headings.last().cloned().unwrap_or_default();
        let place =
            if self.place.is_empty() { self.headings.join(" › ") } else { self.place.clone() };
        for text in pieces(&tidy(text)) {
            self.paragraphs.push(Paragraph {
                section: section.clone(),
                place: place.clone(),
                text,
            });
        }
    }

    pub fn into_document(self) -> ReadDocument {
        let title = if self.title.is_empty() { self.first_heading } else { self.title };
        ReadDocument { title, paragraphs: self.paragraphs, ..ReadDocument::default() }
    }
}

/// Harmless and on one line: blanks between Chinese characters go, as line ends and careful fonts leave them there.
pub(super) fn tidy(raw: &str) -> String {
    let clean = clean_text(raw, usize::MAX).text;
    let mut text = String::with_capacity(clean.len());
    let (mut gap, mut line_end) = (false, false);
    for c in clean.chars() {
        if c.is_whitespace() {
            gap = !text.is_empty();
            line_end |= c == '\n';
            continue;
        }
        if gap {
            let before = text.chars().next_back().unwrap_or(' ');
            let (left, right) = (before.is_ascii(), c.is_ascii());
            if (left && right) || (!line_end && (left || right)) {
                text.push(' ');
            }
        }
        (gap, line_end) = (false, false);
        text.push(c);
    }
    text
}

/// Cuts a long paragraph at the ends of sentences.
fn pieces(text: &str) -> Vec<String> {
    let mut pieces = vec![];
    let mut piece = String::new();
    let mut length = 0;
    for c in text.chars() {
        piece.push(c);
        length += 1;
        let stop = matches!(c, '。' | '！' | '？' | '；' | ';');
        if (stop && length >= LONGEST_PARAGRAPH / 2) || length >= LONGEST_PARAGRAPH {
            pieces.push(std::mem::take(&mut piece));
            length = 0;
        }
    }
    if !piece.trim().is_empty() {
        // A short rest belongs to what stands before it.
        match pieces.last_mut() {
            Some(last) if length < 30 => last.push_str(&piece),
            _ => pieces.push(piece),
        }
    }
    pieces
}

/// Whether a line is a heading by its look: numbered, short, and no sentence. Gives the level.
pub(super) fn heading_level(line: &str) -> Option<usize> {
    let line = line.trim();
    let length = line.chars().count();
    if !(2..=LONGEST_HEADING).contains(&length)
        || line.ends_with(['。', '；', '，', ',', ';', '：'])
    {
        return None;
    }
    let numeral = |c: char| "一二三四五六七八九十百".contains(c) || c.is_ascii_digit();
    if let Some(rest) = line.strip_prefix('第') {
        let rest = rest.trim_start_matches(numeral);
        return if rest.starts_with(['章', '篇', '部']) {
            Some(2)
        } else if rest.starts_with(['节', '条']) {
            Some(3)
        } else {
            None
        };
    }
    let chinese = line.trim_start_matches(|c| "一二三四五六七八九十".contains(c));
    if chinese.len() < line.len() && chinese.starts_with('、') {
        return Some(2);
    }
    if line.starts_with('（') {
        let inner = line
            .trim_start_matches('（')
            .trim_start_matches(|c| "一二三四五六七八九十".contains(c));
        return inner.starts_with('）').then_some(3);
    }
    // `1.2 诊断`, but not `1.2 mmol/L 以上` nor `3 天`.
    let digits = line.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    let number = &line[..line.len() - digits.len()];
    let dots = number.trim_end_matches('.').matches('.').count();
    let spaced = digits.starts_with([' ', '\u{3000}', '、']) || number.ends_with('.');
    let word = digits.trim_start_matches([' ', '\u{3000}', '、']).chars().next();
    (!number.is_empty()
        && number.len() <= 8
        && spaced
        && (dots > 0 || number.ends_with('.') || digits.starts_with('、'))
        && word.is_some_and(|c| !c.is_ascii())
        && !line.contains(['。', '，']))
    .then_some(2 + dots)
}

/// Plain text: blank lines part paragraphs; without any, each line is one.
pub(super) fn read_text(text: &str) -> ReadDocument {
    let mut collected = Collected::default();
    let mut first = true;
    for block in blocks(text) {
        let single = !block.contains('\n');
        if first {
            first = false;
            let line = block.lines().next().unwrap_or_default().trim();
            let length = line.chars().count();
            if (2..=60).contains(&length) && !line.ends_with(['。', '；', '，']) {
                collected.heading(1, line);
                let rest = block.lines().skip(1).collect::<Vec<_>>().join("\n");
                add_lines(&mut collected, &rest);
                continue;
            }
        }
        match heading_level(&block) {
            Some(level) if single => collected.heading(level, &block),
            _ => add_lines(&mut collected, &block),
        }
    }
    collected.into_document()
}

/// Lines that belong together, unless one of them is a heading or ends a sentence before a new item.
pub(super) fn add_lines(collected: &mut Collected, block: &str) {
    let mut open = String::new();
    for line in block.lines().map(str::trim).filter(|l| !l.is_empty()) {
        if let Some(level) = heading_level(line) {
            collected.paragraph(&std::mem::take(&mut open));
            collected.heading(level, line);
            continue;
        }
        let item = line.starts_with(['•', '·', '-', '●', '①', '②', '③', '④', '⑤', '⑥', '（']);
        let ended = open.ends_with(['。', '！', '？', '；', '：']);
        if ended && (item || open.chars().count() > 120) {
            collected.paragraph(&std::mem::take(&mut open));
        }
        if !open.is_empty() {
            open.push('\n');
        }
        open.push_str(line);
    }
    collected.paragraph(&open);
}

fn blocks(text: &str) -> Vec<String> {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let parted = text.contains("\n\n");
    let mut blocks: Vec<String> = vec![];
    let mut open = String::new();
    for line in text.lines().chain([""]) {
        let blank = line.trim().is_empty();
        if blank || !parted {
            if !open.trim().is_empty() {
                blocks.push(std::mem::take(&mut open));
            }
            open.clear();
        }
        if !blank {
            if !open.is_empty() {
                open.push('\n');
            }
            open.push_str(line);
        }
    }
    if !open.trim().is_empty() {
        blocks.push(open);
    }
    blocks
}

/// Broken fonts give replacement marks, private characters and letters of no script that is used here.
pub(super) fn is_garbled(paragraphs: &[Paragraph]) -> bool {
    let (mut all, mut odd) = (0_usize, 0_usize);
    for c in paragraphs.iter().flat_map(|p| p.text.chars()).filter(|c| !c.is_whitespace()) {
        all += 1;
        let usual = c.is_ascii()
            || matches!(c, '\u{00A0}'..='\u{024F}' | '\u{0370}'..='\u{03FF}' | '\u{2000}'..='\u{2BFF}'
                | '\u{3000}'..='\u{30FF}' | '\u{3200}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{FE30}'..='\u{FE4F}'
                | '\u{FF00}'..='\u{FFEF}' | '\u{20000}'..='\u{3FFFF}'
                // Uyghur, Tibetan, Mongolian, Yi, Zhuang and others are written here too.
                | '\u{0600}'..='\u{06FF}' | '\u{0F00}'..='\u{0FFF}' | '\u{1800}'..='\u{18AF}' | '\u{A000}'..='\u{A4CF}'
                | '\u{0400}'..='\u{04FF}' | '\u{AC00}'..='\u{D7AF}');
        odd += usize::from(!usual || c == '\u{FFFD}');
    }
    all > 0 && odd * 4 > all
}
