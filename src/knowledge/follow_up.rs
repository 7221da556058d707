//! rules/followup -> `catalog::follow_up`. A table with a fault is left out whole: half a programme would harm.
use std::collections::{BTreeMap, HashSet};

use super::{
    compile::{Compiled, status, stem, under},
    files::SourceFile,
    format_follow_up::{FieldHead, PlanHead, RowHead, TableFile, VocabularyFile},
    lint::{LintId, Lints, line_of},
    read::parse,
};
use crate::domain::{
    age::Day,
    catalog::follow_up::{
        Basis, Choice, ClassRow, Compare, Field, FollowUpBook, Kind, Measure, Milestone, PlanRow,
        Referral, Sign, SignKind, SignRow, Table, TargetRow, Term, When, Within,
    },
};

const FOLDER: &str = "rules/followup/";
const VOCABULARY: &str = "rules/followup/vocabulary.toml";

/// Numbers and signs that the engine works out itself.
const COMPUTED_NUMBERS: &[&str] = &["age", "age-days", "class", "previous-class", "high-days"];
const COMPUTED_SIGNS: &[&str] =
    &["male", "female", "danger", "high-risk", "on-target", "off-target"];

pub(super) fn follow_up(files: &[SourceFile], out: &mut Compiled) {
    vocabulary(files, out);
    let sources: BTreeMap<&str, &SourceFile> = under(files, FOLDER, "toml")
        .filter(|f| f.path != VOCABULARY)
        .map(|f| (stem(&f.path), f))
        .collect();
    for file in sources.values() {
        let before = out.lints.errors();
        let Some(head) = read(file, &sources, &mut out.lints) else { continue };
        let Some(status) = status(&head.status, &file.path, &mut out.lints) else { continue };
        let known_source = head.source.is_empty()
            || out.catalog.sources.iter().any(|source| source.id == head.source);
        let mut reader = Reader { book: &out.catalog.follow_up, file, lints: &mut out.lints };
        if stem(&file.path) != head.id {
            reader.lint(LintId::FileName, &head.id, "id 与文件名不同", "文件名 = id.toml");
        }
        if !known_source {
            reader.lint(LintId::UnknownId, &head.source, "来源不存在", "加进 sources.toml");
        }
        let table = reader.table(head, status);
        if let Some(table) = table
            && out.lints.errors() == before
        {
            out.catalog.follow_up.tables.push(table);
        }
    }
}

fn vocabulary(files: &[SourceFile], out: &mut Compiled) {
    let Some(file) = files.iter().find(|f| f.path == VOCABULARY) else { return };
    let Some(head) = parse::<VocabularyFile>(file, &file.text, 0, &mut out.lints) else { return };
    let mut seen = HashSet::new();
    let mut words = HashSet::new();
    let lints = &mut out.lints;
    let mut once = |id: &str, names: &[String], lints: &mut Lints| {
        if !seen.insert(id.to_owned()) {
            lints.push(
                LintId::DuplicateId,
                VOCABULARY,
                line_of(&file.text, id),
                format!("{id} 已有"),
                "合并或改名",
            );
        }
        for name in names {
            if !words.insert(crate::domain::catalog::follow_up::plain(name)) {
                lints.push(
                    LintId::DuplicateWord,
                    VOCABULARY,
                    line_of(&file.text, name),
                    format!("“{name}”已有"),
                    "一个写法只归一条",
                );
            }
        }
    };
    for m in head.measure {
        let mut names = m.names.clone();
        names.push(m.zh.clone());
        once(&m.id, &names, lints);
        if m.plausible.0 >= m.plausible.1 {
            lints.push(
                LintId::BadRange,
                VOCABULARY,
                line_of(&file.text, &m.id),
                format!("{} 的可信范围反了", m.id),
                "左闭右开，左小右大",
            );
        }
        out.catalog.follow_up.measures.push(Measure {
            id: m.id,
            zh: m.zh,
            unit: m.unit,
            names: m.names,
            plausible: m.plausible,
        });
    }
    for s in head.sign {
        let mut names = s.names.clone();
        names.push(s.zh.clone());
        once(&s.id, &names, lints);
        let kind = match s.kind.as_str() {
            "symptom" => SignKind::Symptom,
            "event" => SignKind::Event,
            "state" => SignKind::State,
            other => {
                lints.push(
                    LintId::UnknownWord,
                    VOCABULARY,
                    line_of(&file.text, &s.id),
                    format!("kind 不认识：{other}"),
                    "symptom | event | state",
                );
                continue;
            }
        };
        out.catalog.follow_up.signs.push(Sign {
            id: s.id,
            zh: s.zh,
            kind,
            names: s.names,
            implies: s.implies,
        });
    }
    for sign in &out.catalog.follow_up.signs {
        for other in &sign.implies {
            if out.catalog.follow_up.sign(other).is_none() {
                lints.push(
                    LintId::UnknownId,
                    VOCABULARY,
                    line_of(&file.text, other),
                    format!("{other} 不存在"),
                    "改 id 或删去",
                );
            }
        }
    }
}

/// Reads a table; one that extends another takes over every key that it does not write itself.
fn read(
    file: &SourceFile,
    sources: &BTreeMap<&str, &SourceFile>,
    lints: &mut Lints,
) -> Option<TableFile> {
    let own: toml::Table = parse(file, &file.text, 0, lints)?;
    let Some(parent) = own.get("extends").and_then(toml::Value::as_str) else {
        return parse(file, &file.text, 0, lints);
    };
    let Some(parent_file) = sources.get(parent) else {
        lints.push(
            LintId::UnknownId,
            &file.path,
            line_of(&file.text, parent),
            format!("extends 的表不存在：{parent}"),
            "改 id",
        );
        return None;
    };
    let mut merged: toml::Table = parse(parent_file, &parent_file.text, 0, lints)?;
    merged.extend(own);
    let text = toml::to_string(&merged).ok()?;
    parse(file, &text, 0, lints)
}

struct Reader<'a> {
    book: &'a FollowUpBook,
    file: &'a SourceFile,
    lints: &'a mut Lints,
}

impl Reader<'_> {
    fn lint(&mut self, id: LintId, word: &str, what: &str, cure: &str) {
        let line = line_of(&self.file.text, word);
        self.lints.push(id, &self.file.path, line, format!("{what}：{word}"), cure);
    }

    fn table(&mut self, head: TableFile, status: crate::domain::catalog::Status) -> Option<Table> {
        let Some(kind) = Kind::parse(&head.kind) else {
            self.lint(
                LintId::UnknownWord,
                &head.kind,
                "kind 不认识",
                "programme | clinical | screening",
            );
            return None;
        };
        let Some(valid_from) = Day::parse(&head.valid_from) else {
            self.lint(LintId::BadRange, &head.valid_from, "valid_from 不是日期", "写成 2017-02-28");
            return None;
        };
        let basis = self.basis(Some(&head.basis));
        if basis != Basis::Ours && head.source.is_empty() {
            self.lint(LintId::MissingBasis, &head.id, "没有 source", "写出处，或 basis = \"ours\"");
        }
        for name in head.required.iter().chain(&head.wanted) {
            self.must_know(name);
        }
        let row = |row: &RowHead, reader: &mut Self| SignRow {
            id: row.id.clone(),
            zh: row.zh.clone(),
            when: reader.when(&row.when),
            basis: row.basis.as_deref().map_or(basis, |b| reader.basis(Some(b))),
        };
        let table = Table {
            kind,
            valid_from,
            basis,
            status,
            targets: head
                .target
                .iter()
                .map(|t| TargetRow {
                    id: t.id.clone(),
                    who: self.when(&t.who),
                    zh: t.zh.clone(),
                    met: self.when(&t.met),
                    basis: t.basis.as_deref().map_or(basis, |b| self.basis(Some(b))),
                })
                .collect(),
            dangers: head.danger.iter().map(|r| row(r, self)).collect(),
            asks: head.ask.iter().map(|r| row(r, self)).collect(),
            risks: head.risk.iter().map(|r| row(r, self)).collect(),
            counts: self.when(&head.counts),
            classes: head
                .class
                .iter()
                .map(|c| ClassRow {
                    code: c.code,
                    zh: c.zh.clone(),
                    when: self.when(&c.when),
                    harm: c.harm,
                })
                .collect(),
            plans: head.plan.iter().map(|p| self.plan(p, basis)).collect(),
            milestones: head
                .milestone
                .iter()
                .map(|m| {
                    self.must_know(&m.clock);
                    Milestone {
                        id: m.id.clone(),
                        zh: m.zh.clone(),
                        clock: m.clock.clone(),
                        from: m.from,
                        to: m.to,
                        what: m.what.clone(),
                        basis: m.basis.as_deref().map_or(basis, |b| self.basis(Some(b))),
                    }
                })
                .collect(),
            fields: head.field.iter().map(|f| self.field(f, basis)).collect(),
            id: head.id,
            programme: head.programme,
            zh: head.zh,
            short: head.short,
            form: head.form,
            region: head.region,
            source: head.source,
            age_from: head.age_from,
            says: head.says,
            says_not: head.says_not,
            icd: head.icd,
            required: head.required,
            wanted: head.wanted,
            face_to_face_a_year: head.face_to_face_a_year,
            visits_a_year: head.visits_a_year,
            annual_check: head.annual_check,
            always: head.always,
        };
        self.whole(&table);
        Some(table)
    }

    fn plan(&mut self, p: &PlanHead, basis: Basis) -> PlanRow {
        let within = match (p.within_days, p.within_months) {
            (Some(days), None) => Within::Days(days),
            (None, Some(months)) => Within::Months(months),
            (None, None) => Within::Milestone,
            (Some(_), Some(_)) => {
                self.lint(
                    LintId::BadRange,
                    &p.id,
                    "within_days 和 within_months 只写一个",
                    "删去一个",
                );
                Within::Milestone
            }
        };
        let referral = match p.referral.as_str() {
            "" => Referral::None,
            word => Referral::parse(word).unwrap_or_else(|| {
                self.lint(LintId::UnknownWord, word, "referral 不认识", "none | suggest | urgent");
                Referral::None
            }),
        };
        PlanRow {
            id: p.id.clone(),
            when: self.when(&p.when),
            referral,
            within,
            fit_year: p.fit_year,
            task: p.task.clone(),
            say: p.say.clone(),
            basis: p.basis.as_deref().map_or(basis, |b| self.basis(Some(b))),
        }
    }

    fn field(&mut self, f: &FieldHead, basis: Basis) -> Field {
        let mut choices = vec![];
        for code in &f.codes {
            let [number, words, signs @ ..] = code.as_slice() else {
                self.lint(LintId::Syntax, &f.id, "codes 要写成 [代码, 文字, 征象…]", "补齐");
                continue;
            };
            for sign in signs {
                self.must_know(sign);
            }
            choices.push(Choice { code: number.clone(), zh: words.clone(), signs: signs.to_vec() });
        }
        Field {
            id: f.id.clone(),
            zh: f.zh.clone(),
            unit: f.unit.clone(),
            many: f.many,
            choices,
            when: self.when(&f.when),
            basis: f.basis.as_deref().map_or(basis, |b| self.basis(Some(b))),
        }
    }

    fn basis(&mut self, word: Option<&str>) -> Basis {
        let word = word.unwrap_or("memory");
        Basis::parse(word).unwrap_or_else(|| {
            self.lint(LintId::UnknownWord, word, "basis 不认识", "spec | memory | ours");
            Basis::Memory
        })
    }

    fn must_know(&mut self, name: &str) {
        let known = self.book.measure(name).is_some()
            || self.book.sign(name).is_some()
            || COMPUTED_NUMBERS.contains(&name)
            || COMPUTED_SIGNS.contains(&name);
        if !known {
            self.lint(LintId::UnknownId, name, "词表里没有", "加进 vocabulary.toml 或改写");
        }
    }

    /// `sbp >= 180 & !pregnant`, each string an alternative.
    fn when(&mut self, alternatives: &[String]) -> When {
        When(alternatives.iter().map(|text| self.clause(text)).collect())
    }

    fn clause(&mut self, text: &str) -> Vec<Term> {
        text.split('&').filter_map(|part| self.term(part.trim())).collect()
    }

    fn term(&mut self, text: &str) -> Option<Term> {
        let words: Vec<&str> = text.split_whitespace().collect();
        match words.as_slice() {
            [name] => {
                let (name, wanted) = name.strip_prefix('!').map_or((*name, true), |n| (n, false));
                self.must_know(name);
                Some(Term::Sign { name: name.to_owned(), wanted })
            }
            [name, compare, value] => {
                self.must_know(name);
                let compare = match *compare {
                    "<" => Compare::Below,
                    "<=" => Compare::AtMost,
                    ">=" => Compare::AtLeast,
                    ">" => Compare::Above,
                    _ => return self.bad(text),
                };
                let Ok(value) = value.parse() else { return self.bad(text) };
                Some(Term::Number { name: (*name).to_owned(), compare, value })
            }
            _ => self.bad(text),
        }
    }

    fn bad<T>(&mut self, text: &str) -> Option<T> {
        self.lint(
            LintId::BadRange,
            text,
            "条件写法不认识",
            "写成 名 >= 数，或 征象，或 !征象，用 & 连接",
        );
        None
    }

    /// No holes: a target for everybody, a plan for everybody, milestones that do not overlap.
    fn whole(&mut self, table: &Table) {
        let mut ids = HashSet::new();
        let rows = table
            .dangers
            .iter()
            .chain(&table.asks)
            .chain(&table.risks)
            .map(|r| &r.id)
            .chain(table.plans.iter().map(|p| &p.id))
            .chain(table.targets.iter().map(|t| &t.id))
            .chain(table.milestones.iter().map(|m| &m.id));
        for id in rows {
            if !ids.insert(id) {
                self.lint(LintId::DuplicateId, id, "行 id 重复", "改名");
            }
        }
        if table.targets.last().is_some_and(|t| !t.who.0.is_empty()) {
            self.lint(LintId::BadRange, "target", "目标有空洞", "最后一行不写 who，管所有人");
        }
        if table.plans.last().is_some_and(|p| !p.when.0.is_empty()) {
            self.lint(LintId::BadRange, "plan", "计划有空洞", "最后一行 when = []，管所有情形");
        }
        for pair in table.milestones.windows(2) {
            if pair[0].from >= pair[0].to
                || (pair[0].clock == pair[1].clock && pair[0].to > pair[1].from)
            {
                self.lint(LintId::BadRange, &pair[1].id, "时间窗重叠或反了", "左闭右开，按先后写");
            }
        }
        if table.kind == Kind::Programme && table.plans.is_empty() {
            self.lint(LintId::BadRange, &table.id, "没有 plan", "至少一行");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::compile;

    const VOCABULARY_TEXT: &str =
        "[[measure]]\nid = \"sbp\"\nzh = \"收缩压\"\nplausible = [40, 300]\n";
    const TABLE: &str = "id = \"t\"\nkind = \"programme\"\nprogramme = \"p\"\nzh = \"甲\"\nshort = \"甲\"\nvalid_from = \"2020-01-01\"\n\
        basis = \"ours\"\nstatus = \"trial\"\nface_to_face_a_year = 4\n";
    const PLAN: &str = "[[plan]]\nid = \"all\"\nwhen = []\nwithin_days = 90\nsay = \"随访\"\n";

    fn compiled(tables: &[(&str, String)]) -> Compiled {
        let file = |path: &str, text: &str| SourceFile { path: path.into(), text: text.into() };
        let mut files = vec![file(VOCABULARY, VOCABULARY_TEXT)];
        files.extend(tables.iter().map(|(id, text)| file(&format!("{FOLDER}{id}.toml"), text)));
        compile(&files)
    }

    #[track_caller]
    fn refused(text: &str, id: LintId) {
        let out = compiled(&[("t", format!("{TABLE}{text}"))]);
        assert!(out.lints.0.iter().any(|l| l.id == id), "{text}: {:?}", out.lints.0);
        assert!(out.catalog.follow_up.tables.is_empty(), "half a programme was loaded: {text}");
    }

    #[test]
    fn a_table_with_a_hole_or_an_unknown_word_is_left_out_whole() {
        assert_eq!(compiled(&[("t", format!("{TABLE}{PLAN}"))]).catalog.follow_up.tables.len(), 1);
        refused(
            "[[plan]]\nid = \"a\"\nwhen = [\"sbp >= 140\"]\nwithin_days = 14\nsay = \"\"\n",
            LintId::BadRange,
        );
        refused(
            &format!("{PLAN}[[danger]]\nid = \"x\"\nzh = \"乙\"\nwhen = [\"nothing\"]\n"),
            LintId::UnknownId,
        );
        refused(
            &format!("{PLAN}[[danger]]\nid = \"x\"\nzh = \"乙\"\nwhen = [\"sbp == 140\"]\n"),
            LintId::BadRange,
        );
        refused(
            &format!(
                "{PLAN}[[target]]\nid = \"x\"\nwho = [\"sbp >= 1\"]\nzh = \"乙\"\nmet = [\"sbp < 140\"]\n"
            ),
            LintId::BadRange,
        );
        refused(&format!("{PLAN}{PLAN}"), LintId::DuplicateId);
    }

    #[test]
    fn a_region_takes_over_what_it_does_not_write_itself() {
        let local = "id = \"t-36\"\nextends = \"t\"\nregion = \"36\"\nface_to_face_a_year = 6\nvalid_from = \"2021-01-01\"\n".to_owned();
        let out = compiled(&[("t", format!("{TABLE}{PLAN}")), ("t-36", local)]);
        let book = &out.catalog.follow_up;
        let on = |day: &str, region: &str| {
            let table =
                book.table(Kind::Programme, "p", (Day::parse(day).unwrap(), region)).unwrap();
            (table.id.as_str(), table.face_to_face_a_year, table.plans.len())
        };
        assert_eq!(on("2026-01-01", "360102"), ("t-36", 6, 1));
        assert_eq!(on("2026-01-01", "440100"), ("t", 4, 1));
        assert_eq!(on("2020-06-01", "360102"), ("t", 4, 1), "not in force yet");
    }
}
