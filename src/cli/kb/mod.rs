//! `xinglin kb`: lint, cases, stats; the clinic's own papers; signed packs.
mod diff;
mod pack;
mod papers;

use std::{collections::BTreeMap, path::Path};

use serde::Serialize;

use super::{desk::Place, exit, out};
use crate::{
    domain::diagnosis::Engine,
    services::{follow_up, knowledge_base, prescribing::Pharmacist, rx_cases},
};

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// 查格式、引用、重名；有错误时退出码 1
    Lint {
        /// 不列建议，只列错误
        #[arg(long)]
        errors: bool,
    },
    /// 跑规则旁的病例与安静用例
    Cases,
    /// 数一数有多少
    Stats {
        /// 列出仅凭门诊信息分不开的病
        #[arg(long)]
        confusable: bool,
    },
    /// 导入本单位资料（PDF、DOCX、HTML、Markdown、纯文本）
    Import(papers::Import),
    /// 本单位资料：列出；remove 移出
    Papers(papers::Papers),
    /// 把知识、指南和模型做成一个知识包
    Build(pack::Build),
    /// 新的一对签名密钥（minisign 格式）
    Keygen(pack::Keygen),
    /// 给知识包签名（与 minisign 通用）
    Sign(pack::Sign),
    /// 核对签名和内容
    Verify(pack::Verify),
    /// 验证、自检并启用一个知识包
    Install(pack::Install),
    /// 换回前一个知识包
    Rollback(pack::Rollback),
    /// 另一个知识库会改变什么（知识包、目录或 git 版本）
    Diff(diff::Args),
    /// 可信的发布者：add list remove
    Trust(pack::Trust),
    #[command(hide = true)]
    ReadPaper(papers::ReadPaper),
}

#[derive(Debug, Serialize)]
struct Conditions {
    total: usize,
    by_status: BTreeMap<&'static str, usize>,
    by_system: BTreeMap<String, usize>,
}

#[derive(Debug, Serialize)]
struct Drugs {
    total: usize,
    with_dose: usize,
    with_contraindications: usize,
    with_pregnancy: usize,
    with_renal: usize,
    essential: usize,
    by_kind: BTreeMap<&'static str, usize>,
}

#[derive(Debug, Serialize)]
struct FollowUp {
    programmes: usize,
    tables: usize,
    signs: usize,
    cases: usize,
}

#[derive(Debug, Serialize)]
struct Guidelines {
    documents: usize,
    paragraphs: usize,
}

#[derive(Debug, Serialize)]
struct Stats {
    version: String,
    findings: usize,
    synonyms: usize,
    measurements: usize,
    conditions: Conditions,
    red_flags: usize,
    follow_up: FollowUp,
    drugs: Drugs,
    rules: BTreeMap<&'static str, usize>,
    guidelines: Guidelines,
    cases: usize,
    quiet: usize,
}

pub fn run(args: &Args, (kb, model): (Option<&Path>, Option<&Path>), place: &Place) -> u8 {
    match &args.command {
        Command::Diff(args) => return diff::run(args, kb, place),
        Command::Build(build) => return pack::build(build, kb, model),
        Command::Keygen(keygen) => return pack::keygen(keygen, place),
        Command::Sign(sign) => return pack::sign(sign, place),
        Command::Verify(verify) => return pack::verify(verify),
        Command::Install(install) => return pack::install(install, place),
        Command::Rollback(rollback) => return pack::rollback(rollback, place),
        Command::Trust(trust) => return pack::trust(trust, place),
        Command::Import(import) => return papers::import(import, place),
        Command::Papers(list) => return papers::papers(list, place),
        Command::ReadPaper(child) => return papers::read_paper(child),
        _ => {}
    }
    let compiled = match knowledge_base::compiled(kb) {
        Ok(compiled) => compiled,
        Err(error) => {
            out::note(&error.to_string());
            return exit::REFUSED;
        }
    };
    match &args.command {
        Command::Lint { errors } => {
            for lint in compiled.lints.0.iter().filter(|l| !errors || l.id.is_error()) {
                out::line(&lint.to_string());
            }
            let (wrong, all) = (compiled.lints.errors(), compiled.lints.0.len());
            out::note(&format!("错误 {wrong}，建议 {}", all - wrong));
            if wrong > 0 { exit::FINDINGS } else { exit::DONE }
        }
        Command::Cases => {
            let Some(engine) = Engine::new(compiled.catalog) else { return exit::BUG };
            let visits = knowledge_base::run_visit_cases(&engine, &compiled.cases);
            let follow_up = follow_up::cases::run(&engine.catalog, &compiled.cases);
            let pharmacist = Pharmacist::new(engine.catalog);
            let runs = [
                ("病例", visits),
                ("随访病例", follow_up),
                ("处方病例", rx_cases::run_written(&pharmacist, &compiled.cases)),
                ("相互作用", rx_cases::generated::run_interactions(&pharmacist)),
                ("剂量", rx_cases::generated::run_doses(&pharmacist)),
                ("限制", rx_cases::generated::run_limits(&pharmacist)),
            ];
            let mut wrong = 0;
            for (name, run) in &runs {
                for failure in &run.failures {
                    out::line(&failure.to_string());
                }
                wrong += run.failures.len();
                out::note(&format!("{name} {}，不符 {}", run.ran, run.failures.len()));
            }
            if wrong == 0 { exit::DONE } else { exit::FINDINGS }
        }
        Command::Stats { confusable } => {
            if *confusable {
                return confusable_pairs(&compiled.catalog);
            }
            out::json(&stats(&compiled));
            exit::DONE
        }
        // Served above, before the knowledge is read.
        _ => exit::BUG,
    }
}

/// Pairs that share nearly all expected findings and do not say so.
fn confusable_pairs(catalog: &crate::domain::catalog::Catalog) -> u8 {
    let mut undeclared = 0;
    for (n, a) in catalog.conditions.iter().enumerate() {
        for b in &catalog.conditions[n + 1..] {
            let shared = a
                .findings
                .iter()
                .filter(|(f, p)| b.findings.iter().any(|(g, q)| f == g && p == q))
                .count();
            let larger = a.findings.len().max(b.findings.len());
            if larger > 0 && shared * 100 >= larger * 85 {
                let told = a.confusable.contains(&b.id)
                    || b.confusable.contains(&a.id)
                    || a.is_a.contains(&b.id)
                    || b.is_a.contains(&a.id);
                undeclared += usize::from(!told);
                out::line(&format!(
                    "{} {} {shared}/{larger}{}",
                    a.id,
                    b.id,
                    if told { "" } else { " 未声明" }
                ));
            }
        }
    }
    if undeclared > 0 { exit::FINDINGS } else { exit::DONE }
}

fn rows(table: &crate::domain::catalog::follow_up::Table) -> usize {
    let signs = table.dangers.len() + table.asks.len() + table.risks.len();
    let rest = table.targets.len() + table.classes.len() + table.plans.len();
    signs + rest + table.milestones.len()
}

fn stats(compiled: &knowledge_base::Compiled) -> Stats {
    use crate::domain::catalog::formulary::{DrugKind, RuleKind, Safety};
    let catalog = &compiled.catalog;
    let mut by_status = BTreeMap::new();
    let mut by_system = BTreeMap::new();
    for condition in &catalog.conditions {
        *by_status.entry(condition.status.id()).or_default() += 1;
        *by_system.entry(condition.system.clone()).or_default() += 1;
    }
    let drugs = &catalog.formulary.drugs;
    let mut by_kind = BTreeMap::new();
    for drug in drugs {
        let kind = match drug.kind {
            DrugKind::Chemical => "chemical",
            DrugKind::Biological => "biological",
            DrugKind::Patent => "patent",
            DrugKind::Herb => "herb",
        };
        *by_kind.entry(kind).or_default() += 1;
    }
    let mut rules: BTreeMap<&'static str, usize> = BTreeMap::new();
    for kind in RuleKind::ALL {
        rules.insert(kind.id(), catalog.formulary.rules.iter().filter(|r| r.kind == kind).count());
    }
    rules.insert("interaction", catalog.formulary.interactions.len());
    rules.insert("limit", drugs.iter().map(|d| d.limits.len()).sum());
    rules.insert("dose", drugs.iter().map(|d| d.doses.len()).sum());
    rules.insert("red-flag", catalog.red_flags.len());
    rules.insert("follow-up", catalog.follow_up.tables.iter().map(rows).sum());
    Stats {
        version: catalog.version.clone(),
        findings: catalog.findings.len(),
        synonyms: catalog.findings.iter().map(|f| f.synonyms.len() + f.absent.len()).sum(),
        measurements: catalog.measurements.len(),
        conditions: Conditions { total: catalog.conditions.len(), by_status, by_system },
        red_flags: catalog.red_flags.len(),
        follow_up: FollowUp {
            programmes: catalog.follow_up.programmes().len(),
            tables: catalog.follow_up.tables.len(),
            signs: catalog.follow_up.signs.len(),
            cases: compiled.cases.follow_up.values().map(Vec::len).sum(),
        },
        drugs: Drugs {
            total: drugs.len(),
            with_dose: drugs.iter().filter(|d| !d.doses.is_empty()).count(),
            with_contraindications: drugs.iter().filter(|d| !d.limits.is_empty()).count(),
            with_pregnancy: drugs
                .iter()
                .filter(|d| d.pregnancy.iter().any(|p| *p != Safety::Unknown))
                .count(),
            with_renal: drugs
                .iter()
                .filter(|d| d.limits.iter().any(|l| l.when.egfr_below.is_some()))
                .count(),
            essential: drugs.iter().filter(|d| d.essential).count(),
            by_kind,
        },
        rules,
        guidelines: Guidelines {
            documents: catalog.guidelines.len(),
            paragraphs: catalog.guidelines.iter().map(|g| g.paragraphs.len()).sum(),
        },
        cases: compiled.cases.count(),
        quiet: compiled.cases.quiet_visits.len() + compiled.cases.quiet_rx.len(),
    }
}
