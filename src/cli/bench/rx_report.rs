//! The prescription section of docs/quality.md, written by `bench rx` and kept when `bench quality` writes the rest.
use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
};

use crate::{
    domain::{catalog::formulary::Tier, rx::review::Rate},
    services::{
        prescribing::Pharmacist,
        rx_month::Fatigue,
        rx_quality::{PairReport, why_quiet},
    },
};

pub(super) fn percent(rate: Rate) -> String {
    let (low, high) = rate.interval();
    format!(
        "{:.2}% ({}/{}; 95% {:.2}–{:.2}%)",
        rate.share() * 100.0,
        rate.part,
        rate.whole,
        low * 100.0,
        high * 100.0
    )
}

pub(super) fn section(
    pharmacist: &Pharmacist,
    date: &str,
    (seed, sum): (u64, &Fatigue),
    lists: &[(PathBuf, PairReport)],
) -> String {
    let mut text = format!(
        "## Prescriptions\n\nWritten by `xinglin bench rx` on {date}, knowledge {}.\n\n### A simulated month\n\n\
         {} ordinary township and village prescriptions (seed {seed}), drawn from `src/services/rx_month/recipes.txt`: what a careful doctor writes, put down from practice and not from the checker's rules. It is not a record of a real month.\n\n\
         | spoken | prescriptions | aim |\n|---|---|---|\n",
        pharmacist.catalog.version, sum.sheets
    );
    let aims = ["<= 1 %", "<= 8 % (warnings)", "none"];
    for ((name, rate), aim) in sum.rates().into_iter().zip(aims) {
        let _ = writeln!(text, "| {name} | {} | {aim} |", percent(rate));
    }
    text.push_str("\nEvery rule that spoke, with one example (missing data left out):\n\n| tier | rule | times | example |\n|---|---|---|---|\n");
    let mut rules: Vec<_> = sum.rules.iter().collect();
    rules.sort_by_key(|(_, (n, _))| std::cmp::Reverse(*n));
    for ((rule, tier), (n, example)) in rules {
        let _ = writeln!(text, "| {tier} | `{rule}` | {n} | {} |", example.replace('|', "/"));
    }
    let unknown: usize = sum.unknown_drugs.values().sum();
    let names: Vec<&str> = sum.unknown_drugs.keys().map(String::as_str).collect();
    let _ = writeln!(
        text,
        "\nDrugs of the month that the knowledge base does not know: {unknown} lines{}{}.",
        if names.is_empty() { "" } else { ": " },
        names.join("、")
    );
    for (path, report) in lists {
        pairs(&mut text, path, report);
    }
    text
}

fn pairs(text: &mut String, path: &Path, report: &PairReport) {
    let name = path.file_stem().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let judged = report.judged().count();
    let _ = write!(
        text,
        "\n### Public pairs: {name}\n\n{} pairs, {judged} with both drugs known and systemic. Stop {}; warn or stop {}.\n",
        report.pairs.len(),
        percent(Rate::of(report.at_least(Tier::Stop), judged)),
        percent(Rate::of(report.at_least(Tier::Warn), judged)),
    );
    if !name.contains("severe") && !name.contains("high") {
        return;
    }
    let quiet: Vec<_> = report.judged().filter(|p| p.tier < Some(Tier::Warn)).collect();
    if quiet.is_empty() {
        return;
    }
    text.push_str("\nBelow a warning, and why:\n\n| pair | graded | why |\n|---|---|---|\n");
    for pair in quiet {
        let _ = writeln!(
            text,
            "| {} + {} | {} | {} |",
            pair.a,
            pair.b,
            pair.tier.map_or("-", Tier::zh),
            why_quiet(&pair.rule).unwrap_or("no reason written: a gap")
        );
    }
}
