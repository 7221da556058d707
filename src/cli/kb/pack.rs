//! `xinglin kb build | keygen | sign | verify | install | rollback | trust`: signed knowledge packs.
use std::{
    fs,
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use crate::{
    cli::{
        desk::{Place, Who},
        exit, out,
    },
    domain::age::Day,
    services::{
        clock::{Clock, SystemClock},
        failure::{Failure, Kind},
        pack,
    },
};

#[derive(Debug, clap::Args)]
pub(super) struct Build {
    /// 写到这个新文件
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// 此日之后不得启用（YYYY-MM-DD）
    #[arg(long, value_name = "DAY")]
    not_after: Option<String>,
    /// 制作日期（默认今天）
    #[arg(long, value_name = "DAY")]
    date: Option<String>,
}

#[derive(Debug, clap::Args)]
pub(super) struct Keygen {
    /// 公钥写到这个新文件
    #[arg(long, value_name = "FILE")]
    public: PathBuf,
    /// 私钥写到这个新文件（仅本人可读）
    #[arg(long, value_name = "FILE")]
    secret: PathBuf,
    /// 从此文件描述符读私钥口令；空行 = 不设口令
    #[arg(long, value_name = "N")]
    passphrase_fd: Option<u32>,
}

#[derive(Debug, clap::Args)]
pub(super) struct Sign {
    file: PathBuf,
    /// minisign 格式的私钥文件
    #[arg(long, value_name = "FILE")]
    secret: PathBuf,
    /// 写进签名、受签名保护的一句话
    #[arg(long, default_value = "")]
    comment: String,
    #[arg(long, value_name = "N")]
    passphrase_fd: Option<u32>,
}

#[derive(Debug, clap::Args)]
pub(super) struct Verify {
    file: PathBuf,
    /// 签名文件（默认 FILE.minisig）
    #[arg(long, value_name = "FILE")]
    signature: Option<PathBuf>,
    /// minisign 格式的公钥文件，可写几次
    #[arg(long, value_name = "FILE", required = true)]
    key: Vec<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub(super) struct Install {
    file: PathBuf,
    /// 签名文件（默认 FILE.minisig）
    #[arg(long, value_name = "FILE")]
    signature: Option<PathBuf>,
    #[command(flatten)]
    who: Who,
}

#[derive(Debug, clap::Args)]
pub(super) struct Rollback {
    #[command(flatten)]
    who: Who,
}

#[derive(Debug, clap::Args)]
pub(super) struct Trust {
    #[command(flatten)]
    who: Who,
    #[command(subcommand)]
    command: TrustCommand,
}

#[derive(Debug, clap::Subcommand)]
enum TrustCommand {
    /// 登记发布者的公钥（minisign 的 .pub 文件）
    Add {
        file: PathBuf,
        /// 这是谁的公钥
        #[arg(long)]
        name: String,
    },
    /// 列出可信公钥
    List,
    /// 不再信任（写密钥号）
    Remove { number: String },
}

pub(super) fn build(args: &Build, kb: Option<&Path>, model: Option<&Path>) -> u8 {
    let day = |text: &Option<String>, name: &str| match text.as_deref().map(Day::parse) {
        None => Ok(None),
        Some(Some(day)) => Ok(Some(day)),
        Some(None) => Err(format!("{name} 要写成 YYYY-MM-DD")),
    };
    let made = day(&args.date, "--date").and_then(|date| {
        let not_after = day(&args.not_after, "--not-after")?;
        let today = date.unwrap_or_else(|| SystemClock.today());
        let bytes =
            pack::build((kb, model), (today, not_after)).map_err(|error| error.to_string())?;
        new_file(&args.out, &bytes, 0o644)?;
        let pack = pack::read(&bytes).map_err(|error| error.to_string())?;
        out::line(&format!(
            "{}  版本 {}  {} 个文件  {} 字节  sha256:{}",
            args.out.display(),
            pack.version,
            pack.files.len(),
            bytes.len(),
            pack.sha256
        ));
        Ok(())
    });
    told(made)
}

pub(super) fn keygen(args: &Keygen, place: &Place) -> u8 {
    let who = Who { user: None, passphrase_fd: args.passphrase_fd };
    let words = who.secrets().and_then(|mut secrets| {
        secrets.next(
            "私钥口令（空 = 不设）：",
            "Passphrase of the secret key (empty = none): ",
            place,
        )
    });
    let words = match words {
        Ok(words) => words,
        Err(failure) => return place.fail(&failure),
    };
    told(pack::new_keys(&words).map_err(|error| error.to_string()).and_then(|(public, secret)| {
        new_file(&args.public, public.as_bytes(), 0o644)?;
        new_file(&args.secret, secret.as_bytes(), 0o600)?;
        out::line(&format!("公钥 {}  私钥 {}", args.public.display(), args.secret.display()));
        Ok(())
    }))
}

pub(super) fn sign(args: &Sign, place: &Place) -> u8 {
    let read = || {
        let bytes = fs::read(&args.file).map_err(|e| unread(&args.file, &e))?;
        let secret = fs::read_to_string(&args.secret).map_err(|e| unread(&args.secret, &e))?;
        Ok::<_, String>((bytes, secret))
    };
    let (bytes, secret) = match read() {
        Ok(read) => read,
        Err(what) => return told(Err(what)),
    };
    let mut words = None;
    if pack::wants_passphrase(&secret) {
        let who = Who { user: None, passphrase_fd: args.passphrase_fd };
        match who
            .secrets()
            .and_then(|mut s| s.next("私钥口令：", "Passphrase of the secret key: ", place))
        {
            Ok(line) => words = Some(line.to_string()),
            Err(failure) => return place.fail(&failure),
        }
    }
    let comment = if args.comment.is_empty() {
        let name = args.file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        format!("file:{name}")
    } else {
        args.comment.replace(['\n', '\r'], " ")
    };
    told(pack::sign(&bytes, &secret, words, &comment).map_err(|e| e.to_string()).and_then(
        |signature| {
            let path = signature_of(&args.file);
            fs::write(&path, signature).map_err(|e| unread(&path, &e))?;
            out::line(&format!("已签名 {}", path.display()));
            Ok(())
        },
    ))
}

pub(super) fn verify(args: &Verify) -> u8 {
    let verified = (|| {
        let (bytes, signature) = both(&args.file, args.signature.as_deref())?;
        let keys: Vec<String> = args
            .key
            .iter()
            .map(|path| fs::read_to_string(path).map_err(|e| unread(path, &e)))
            .collect::<Result<_, _>>()?;
        pack::verify(&bytes, &signature, &keys).map_err(|error| error.to_string())?;
        let what = pack::read(&bytes);
        match &what {
            Ok(pack) => out::line(&format!(
                "签名有效，内容完整：版本 {}，{} 制作，{} 个文件，sha256:{}",
                pack.version,
                pack.made_on,
                pack.files.len(),
                pack.sha256
            )),
            Err(error) => return Err(format!("签名有效，但{error}")),
        }
        Ok(())
    })();
    told(verified)
}

pub(super) fn install(args: &Install, place: &Place) -> u8 {
    let (bytes, signature) = match both(&args.file, args.signature.as_deref()) {
        Ok(both) => both,
        Err(what) => return told(Err(what)),
    };
    let installed = (|| {
        let mut clinic = args.who.sign_in(place, &mut args.who.secrets()?)?;
        out::note("验证签名、核对内容、跑全部病例…");
        clinic.install_pack(&bytes, &signature)
    })();
    match installed {
        Ok(pack) => {
            place.say(
                &format!(
                    "已启用知识包 {}（{} 签名，自检 {} 例全过）；下次打开程序时生效。",
                    pack.version, pack.signed_by, pack.cases
                ),
                &format!(
                    "Pack {} is on (signed by {}, {} cases passed); it counts from the next start.",
                    pack.version, pack.signed_by, pack.cases
                ),
            );
            exit::DONE
        }
        Err(failure) => place.fail(&failure),
    }
}

pub(super) fn rollback(args: &Rollback, place: &Place) -> u8 {
    let back = (|| {
        let mut clinic = args.who.sign_in(place, &mut args.who.secrets()?)?;
        clinic.roll_back_pack()
    })();
    match back {
        Ok(Some(version)) => {
            place.say(
                &format!("已换回知识包 {version}；下次打开程序时生效。"),
                &format!("Pack {version} is on again; it counts from the next start."),
            );
            exit::DONE
        }
        Ok(None) => {
            place.say(
                "已换回程序自带的知识库；下次打开程序时生效。",
                "The built-in knowledge is on again; it counts from the next start.",
            );
            exit::DONE
        }
        Err(failure) => place.fail(&failure),
    }
}

pub(super) fn trust(args: &Trust, place: &Place) -> u8 {
    let done = (|| {
        let mut clinic = args.who.sign_in(place, &mut args.who.secrets()?)?;
        match &args.command {
            TrustCommand::Add { file, name } => {
                let text = fs::read_to_string(file).map_err(|error| {
                    let what = unread(file, &error);
                    Failure::new(Kind::Data, what.clone(), what)
                })?;
                let number = clinic.trust_key(name, &text)?;
                place.say(
                    &format!("已信任 {name} 的公钥，密钥号 {number}。"),
                    &format!("The key of {name} is trusted, number {number}."),
                );
            }
            TrustCommand::List => {
                for key in clinic.trusted_keys()? {
                    let number = key.number().unwrap_or_default();
                    out::line(&format!(
                        "{number}  {}  {} 登记  {}",
                        key.name, key.added_on, key.key
                    ));
                }
            }
            TrustCommand::Remove { number } => {
                let gone = clinic.distrust_key(number)?;
                place.say(
                    &format!("不再信任 {} 的公钥。", gone.name),
                    &format!("The key of {} is no longer trusted.", gone.name),
                );
            }
        }
        Ok(exit::DONE)
    })();
    done.unwrap_or_else(|failure: Failure| place.fail(&failure))
}

fn told(result: Result<(), String>) -> u8 {
    match result {
        Ok(()) => exit::DONE,
        Err(what) => {
            out::note(&what);
            exit::REFUSED
        }
    }
}

fn unread(path: &Path, error: &std::io::Error) -> String {
    format!("{} 读写不了：{error}", path.display())
}

fn signature_of(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".minisig");
    name.into()
}

fn both(file: &Path, signature: Option<&Path>) -> Result<(Vec<u8>, String), String> {
    let bytes = fs::read(file).map_err(|e| unread(file, &e))?;
    let path = signature.map_or_else(|| signature_of(file), Path::to_owned);
    let signature = fs::read_to_string(&path)
        .map_err(|e| format!("没有签名：{}。知识包须连同 .minisig 一起取得", unread(&path, &e)))?;
    Ok((bytes, signature))
}

/// Never over a file that is there.
fn new_file(path: &Path, bytes: &[u8], mode: u32) -> Result<(), String> {
    fs::File::options()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(path)
        .and_then(|mut file| file.write_all(bytes))
        .map_err(|e| unread(path, &e))
}
