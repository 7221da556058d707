//! `xinglin key recovery | unlock`.
use super::desk::{Place, Who};
use super::{out, user};
use crate::services::failure::{Failure, Kind};

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    who: Who,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// 生成新的恢复密钥（旧的作废），只显示一次
    Recovery,
    /// 用恢复密钥给 --user 重设口令
    Unlock,
}

pub fn run(args: &Args, place: &Place) -> u8 {
    user::done(place, act(args, place))
}

fn act(args: &Args, place: &Place) -> Result<(), Failure> {
    let mut secrets = args.who.secrets()?;
    match args.command {
        Command::Recovery => {
            let recovery = args.who.sign_in(place, &mut secrets)?.new_recovery_key()?;
            place.say(
                "新的恢复密钥（旧的已作废），请抄下来锁好，只显示这一次：",
                "The new recovery key (the old one opens nothing now); it is shown only now:",
            );
            out::line(&recovery.groups().join("-"));
        }
        Command::Unlock => {
            let user = args.who.user.as_ref().ok_or_else(|| {
                Failure::new(
                    Kind::Config,
                    "请用 --user 写明给谁重设口令。",
                    "Name the user with --user.",
                )
            })?;
            let key = secrets.next("恢复密钥：", "Recovery key: ", place)?;
            let passphrase = secrets.next("新口令：", "New passphrase: ", place)?;
            place.station()?.unlock_with_recovery_key(&key, user, &passphrase)?;
            place.say("口令已重设，可以登录了。", "The passphrase was set; you can sign in.");
        }
    }
    Ok(())
}
