//! `xinglin user add | list | passwd | off` and `xinglin set-up`.
use serde::Serialize;

use super::desk::{Place, Who};
use super::{exit, out};
use crate::domain::role::Roles;
use crate::domain::visit::Setting;
use crate::services::clinic::NewUser;
use crate::services::failure::{Failure, Kind};
use crate::services::session::FirstRun;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    who: Who,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// 新增用户
    Add {
        name: String,
        /// 处方上的姓名
        #[arg(long, value_name = "NAME")]
        display_name: Option<String>,
        /// doctor,pharmacist,public-health,clerk,admin 之一或几个；auditor 只能单独
        #[arg(long, value_name = "ROLES")]
        roles: String,
    },
    /// 列出用户
    List {
        #[arg(long)]
        json: bool,
    },
    /// 改口令；不写用户名则改自己的
    Passwd { name: Option<String> },
    /// 停用用户，其口令随即失效
    Off { name: String },
}

#[derive(Debug, clap::Args)]
pub struct SetUp {
    /// 机构名称
    #[arg(long, value_name = "NAME")]
    clinic_name: String,
    /// village 或 township
    #[arg(long, value_name = "SETTING", default_value = "village")]
    setting: String,
    /// 第一个用户的登录名
    #[arg(long, value_name = "NAME")]
    user: String,
    #[arg(long, value_name = "NAME")]
    display_name: Option<String>,
    /// 第一个用户的角色，须含 admin
    #[arg(long, value_name = "ROLES", default_value = "doctor,admin")]
    roles: String,
    #[arg(long, value_name = "N")]
    passphrase_fd: Option<u32>,
}

#[derive(Serialize)]
struct UserOut {
    name: String,
    display_name: String,
    roles: Vec<&'static str>,
    active: bool,
}

pub fn run(args: &Args, place: &Place) -> u8 {
    done(place, act(args, place))
}

pub(super) fn done(place: &Place, result: Result<(), Failure>) -> u8 {
    match result {
        Ok(()) => exit::DONE,
        Err(failure) => place.fail(&failure),
    }
}

fn act(args: &Args, place: &Place) -> Result<(), Failure> {
    let mut secrets = args.who.secrets()?;
    let mut clinic = args.who.sign_in(place, &mut secrets)?;
    match &args.command {
        Command::Add { name, display_name, roles } => {
            let roles = read_roles(roles)?;
            let user = NewUser {
                name: name.clone(),
                display_name: display_name.clone().unwrap_or_default(),
                roles,
            };
            let passphrase = secrets.next("新用户的口令：", "New user's passphrase: ", place)?;
            clinic.add_user(&user, &passphrase)?;
            place.say(&format!("已新增用户 {name}。"), &format!("User {name} was added."));
        }
        Command::List { json } => {
            for user in clinic.users()? {
                let row = UserOut {
                    roles: user.roles.iter().map(crate::domain::role::Role::id).collect(),
                    name: user.name,
                    display_name: user.display_name,
                    active: user.active,
                };
                if *json {
                    out::json(&row);
                } else {
                    let off = if row.active { "" } else { "  (off)" };
                    out::line(&format!(
                        "{}\t{}\t{}{off}",
                        row.name,
                        row.display_name,
                        row.roles.join(",")
                    ));
                }
            }
        }
        Command::Passwd { name: Some(name) } if *name != clinic.who().name => {
            let new = secrets.next("新口令：", "New passphrase: ", place)?;
            clinic.set_passphrase(name, &new)?;
            place.say("口令已重设。", "The passphrase was set.");
        }
        Command::Passwd { .. } => {
            let old = secrets.next("原口令再输一次：", "Old passphrase again: ", place)?;
            let new = secrets.next("新口令：", "New passphrase: ", place)?;
            clinic.change_passphrase(&old, &new)?;
            place.say("口令已修改。", "The passphrase was changed.");
        }
        Command::Off { name } => {
            let mut user =
                clinic.users()?.into_iter().find(|user| user.name == *name).ok_or_else(|| {
                    Failure::new(
                        Kind::User,
                        format!("没有用户 {name}。"),
                        format!("There is no user {name}."),
                    )
                })?;
            user.active = false;
            clinic.change_user(&user)?;
            place.say(&format!("已停用用户 {name}。"), &format!("User {name} is off."));
        }
    }
    Ok(())
}

pub fn set_up(args: &SetUp, place: &Place) -> u8 {
    done(place, found(args, place))
}

fn found(args: &SetUp, place: &Place) -> Result<(), Failure> {
    let who = Who { user: Some(args.user.clone()), passphrase_fd: args.passphrase_fd };
    let passphrase = who.secrets()?.next("给自己定一个口令：", "Choose a passphrase: ", place)?;
    let setting = Setting::parse(&args.setting).ok_or_else(|| {
        Failure::new(
            Kind::Config,
            "--setting 只能是 village 或 township。",
            "--setting is village or township.",
        )
    })?;
    let first = FirstRun {
        clinic_name: args.clinic_name.clone(),
        setting,
        user: args.user.clone(),
        display_name: args.display_name.clone().unwrap_or_default(),
        roles: read_roles(&args.roles)?,
        passphrase: passphrase.to_string(),
    };
    let (_clinic, recovery) = place.station()?.set_up(&first)?;
    place.say(
        "建站完成。请把恢复密钥抄下来锁好，它只显示这一次：",
        "The station is set up. Write the recovery key down and lock it away; it is shown only now:",
    );
    out::line(&recovery.groups().join("-"));
    Ok(())
}

fn read_roles(text: &str) -> Result<Roles, Failure> {
    Roles::parse(text).ok_or_else(|| {
        Failure::new(
            Kind::Config,
            format!("角色 {text:?} 不对。"),
            format!("{text:?} are no roles that one person can hold."),
        )
        .next(
            "可用 doctor,pharmacist,public-health,clerk,admin；auditor 只能单独。",
            "Use doctor,pharmacist,public-health,clerk,admin; auditor stands alone.",
        )
    })
}
