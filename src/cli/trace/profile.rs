//! `trace profile`: the shipped province profiles, what each requires, where its facts come from, and which is in use.
use std::collections::BTreeMap;

use serde::Serialize;

use super::How;
use crate::cli::{exit, out};
use crate::services::clinic::Clinic;
use crate::services::clinic::trace::Stop;
use crate::services::trace_upload::{Profile, named_profile};

#[derive(Debug, clap::Args)]
pub(super) struct ProfileArgs {
    /// 选用这一份（管理员）；本站的 trace.toml 盖在它上面
    #[arg(long = "use", value_name = "NAME")]
    chosen: Option<String>,
}

#[derive(Serialize)]
struct ProfileOut<'a> {
    name: &'a str,
    title: &'a str,
    chosen: bool,
    basis: &'a [String],
    batch: &'a str,
    required: &'a BTreeMap<String, Vec<String>>,
    optional: &'a BTreeMap<String, Vec<String>>,
    platform_required: &'a [String],
}

pub(super) fn profile(args: &ProfileArgs, clinic: &mut Clinic, how: &How<'_>) -> Result<u8, Stop> {
    if let Some(name) = &args.chosen {
        clinic.choose_profile(name)?;
        how.say(&format!("已选用 {name}。"), &format!("{name} is in use."));
        return Ok(exit::DONE);
    }
    let chosen = clinic.profile_or_base()?.base;
    for name in Profile::names() {
        let profile = named_profile(name)?;
        let chosen = name == chosen;
        if how.json {
            out::json(&ProfileOut {
                name,
                title: &profile.name,
                chosen,
                basis: &profile.basis,
                batch: &profile.insurance.batch,
                required: &profile.insurance.required,
                optional: &profile.insurance.optional,
                platform_required: &profile.platform.required,
            });
            continue;
        }
        let mark = if chosen { "*" } else { " " };
        out::line(&format!("{mark} {name}\t{}", profile.name));
        for basis in &profile.basis {
            out::line(&format!("    依据：{basis}"));
        }
        for (word, lists) in
            [("另要", &profile.insurance.required), ("不要", &profile.insurance.optional)]
        {
            for (interface, fields) in lists {
                out::line(&format!("    {interface} {word} {}", fields.join(" ")));
            }
        }
        if !profile.platform.required.is_empty() {
            out::line(&format!("    追溯平台 另要 {}", profile.platform.required.join(" ")));
        }
    }
    Ok(exit::DONE)
}
