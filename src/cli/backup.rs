//! `xinglin backup DIR` and `xinglin restore DIR`.
use std::path::PathBuf;

use super::desk::{Place, Who};
use super::{out, user};
use crate::services::failure::{Failure, Kind};
use crate::services::upkeep::{BackupReport, Credential};

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    who: Who,
    /// 新建的备份目录（不能已存在），最好在移动硬盘上
    folder: PathBuf,
}

#[derive(Debug, clap::Args)]
pub struct RestoreArgs {
    #[command(flatten)]
    who: Who,
    /// 备份目录
    folder: PathBuf,
    /// 只检查备份，不恢复
    #[arg(long)]
    check_only: bool,
    /// 用恢复密钥代替口令
    #[arg(long)]
    recovery_key: bool,
}

pub fn run(args: &Args, place: &Place) -> u8 {
    user::done(place, make(args, place))
}

fn make(args: &Args, place: &Place) -> Result<(), Failure> {
    let mut secrets = args.who.secrets()?;
    let report = args.who.sign_in(place, &mut secrets)?.backup(&args.folder)?;
    place
        .say("备份完成，并已逐页读回核对：", "The backup is made, and was read back page by page:");
    tell(&report);
    Ok(())
}

pub fn restore(args: &RestoreArgs, place: &Place) -> u8 {
    user::done(place, put_back(args, place))
}

fn put_back(args: &RestoreArgs, place: &Place) -> Result<(), Failure> {
    let mut secrets = args.who.secrets()?;
    let secret;
    let credential = if args.recovery_key {
        secret = secrets.next("恢复密钥：", "Recovery key: ", place)?;
        Credential::RecoveryKey(&secret)
    } else {
        let user = args.who.user.as_ref().ok_or_else(|| {
            Failure::new(
                Kind::Config,
                "请用 --user 写明备份时的管理员，或用 --recovery-key。",
                "Name an administrator of the backup with --user, or use --recovery-key.",
            )
        })?;
        secret = secrets.next("备份时的口令：", "Passphrase at the time of the backup: ", place)?;
        Credential::Passphrase { user, passphrase: &secret }
    };
    let station = crate::services::session::Station::at(
        place.data_dir(),
        std::sync::Arc::new(crate::services::clock::SystemClock),
    );
    if args.check_only {
        let report = station.check_backup(&args.folder, &credential)?;
        place.say("备份完好：", "The backup is sound:");
        tell(&report);
        return Ok(());
    }
    let restored = station.restore(&args.folder, &credential)?;
    place.say("已恢复：", "Restored:");
    tell(&restored.report);
    if let Some(replaced) = restored.replaced {
        let replaced = replaced.display();
        place.say(
            &format!("原来的数据保留在 {replaced}"),
            &format!("What was there before is kept in {replaced}"),
        );
    }
    Ok(())
}

fn tell(report: &BackupReport) {
    let BackupReport { folder, clinic_name, made, bytes, patients, visits, audit, .. } = report;
    out::line(&format!("{}\t{clinic_name}\t{made}\t{bytes} B", folder.display()));
    let last = audit.map_or_else(String::new, |last| last.to_string());
    out::line(&format!("patients {patients}\tvisits {visits}\taudit {last}"));
}
