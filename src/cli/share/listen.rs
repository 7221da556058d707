//! `share listen`: C-ECHO and C-STORE from the township's devices, in the foreground.
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use serde_json::{Value, json};
use signal_hook::consts::{SIGINT, SIGTERM};

use super::{import, read_text};
use crate::cli::desk::Place;
use crate::cli::{exit, out};
use crate::services::clinic::{
    AssociationEnded as Ended, AssociationLimits, Clinic, Listened, Listening, ServerPem, ServerTls,
};
use crate::services::failure::{Failure, Kind};

#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(long, value_name = "N", default_value_t = 11112)]
    port: u16,
    /// 只在这个网卡上听
    #[arg(long, value_name = "IP", default_value = "0.0.0.0")]
    bind: IpAddr,
    /// 本站的 AE 名
    #[arg(long, value_name = "NAME", default_value = "XINGLIN")]
    ae: String,
    /// 允许哪些设备（它们的 AE 名），可多个
    #[arg(long, value_name = "AE", required = true, value_delimiter = ',')]
    allow: Vec<String>,
    /// 单个影像最大多少 MB
    #[arg(long, value_name = "MB", default_value_t = 512)]
    object_mb: usize,
    /// 同时几个连接
    #[arg(long, value_name = "N", default_value_t = 4)]
    associations: usize,
    /// 所有连接正在收的影像合计最多多少 MB
    #[arg(long, value_name = "MB", default_value_t = 1024)]
    total_mb: usize,
    /// 本站没有的人按影像登记
    #[arg(long)]
    register: bool,
    /// 只收 TLS：本站证书（PEM）
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// 本站私钥（PEM）
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// 设备也要出示这个机构签发的证书（PEM）
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    client_ca: Option<PathBuf>,
    #[arg(long, hide = true)]
    json: bool,
}

pub fn run(args: &Args, clinic: &mut Clinic, place: &Place) -> Result<u8, Failure> {
    const MB: usize = 1024 * 1024;
    let title = |text: &str| (1..=16).contains(&text.len()) && text.is_ascii();
    if let Some(wrong) = args.allow.iter().chain([&args.ae]).find(|ae| !title(ae.trim())) {
        return Err(Failure::new(
            Kind::Config,
            format!("{wrong:?} 不是 AE 名（1–16 个英文字符）。"),
            format!("{wrong:?} is no AE title (1 to 16 ASCII characters)."),
        ));
    }
    let how = Listening {
        address: SocketAddr::new(args.bind, args.port),
        limits: AssociationLimits {
            called: args.ae.trim().to_owned(),
            allowed: args.allow.iter().map(|ae| ae.trim().to_owned()).collect(),
            object_bytes: args.object_mb.saturating_mul(MB),
            silence: Duration::from_secs(30),
        },
        tls: tls(args)?,
        associations: args.associations.max(1),
        bytes: args.total_mb.saturating_mul(MB),
        longest: Duration::from_hours(1),
    };
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        signal_hook::flag::register(signal, stop.clone()).map_err(|error| {
            Failure::new(
                Kind::Bug,
                format!("Ctrl-C 接不住（{error}）。"),
                format!("Ctrl-C cannot be caught ({error})."),
            )
        })?;
    }
    let whose = import::whose(None, args.register);
    let reader = import::reader()?;
    let (mut kept, mut refused) = (0u64, 0u64);
    clinic.listen(&how, (&stop, whose, &reader), &mut |told| match told {
        Listened::Ready(address) => {
            out::json(&json!({
                "listening": address.to_string(), "ae": how.limits.called, "tls": how.tls.is_some(),
                "device_certificates": args.client_ca.is_some(),
            }));
        }
        Listened::Taken { calling, taken, status } => {
            if status == 0 {
                kept += 1;
            } else {
                refused += 1;
            }
            let mut line = import::line(&taken);
            line["calling"] = Value::from(calling);
            line["status"] = Value::from(format!("{status:04X}"));
            out::json(&line);
        }
        Listened::Ended(ended) => out::json(&ended_line(&ended)),
        Listened::Busy(peer) => {
            out::json(&json!({ "association": "busy", "peer": peer.to_string() }));
        }
    })?;
    place.say(
        &format!("已停止接收：收下 {kept}，拒收 {refused}。"),
        &format!("Stopped: {kept} kept, {refused} refused."),
    );
    Ok(if refused > 0 { exit::FINDINGS } else { exit::DONE })
}

/// `None` = plain.
fn tls(args: &Args) -> Result<Option<ServerTls>, Failure> {
    if args.tls_cert.is_none() {
        return Ok(None);
    }
    let (certificate, key) =
        (read_text(args.tls_cert.as_ref())?, read_text(args.tls_key.as_ref())?);
    let client_ca = args.client_ca.as_ref().map(|file| read_text(Some(file))).transpose()?;
    let pem = ServerPem { certificate: &certificate, key: &key, client_ca: client_ca.as_deref() };
    Ok(Some(ServerTls::new(&pem)?))
}

fn ended_line(ended: &Ended) -> Value {
    match ended {
        Ended::Released { calling, objects, echoes } => {
            json!({ "association": "released", "calling": calling, "objects": objects, "echoes": echoes })
        }
        Ended::Broken { calling, objects, why } => {
            json!({ "association": "broken", "calling": calling, "objects": objects, "reason": why })
        }
        Ended::Refused { why } => json!({ "association": "refused", "reason": why }),
    }
}
