//! `share hub add | list | test | org`.
use std::path::PathBuf;

use serde_json::{Value, json};

use super::{hub_named, read_text};
use crate::cli::desk::Place;
use crate::cli::{exit, out};
use crate::domain::share::hub::{Hub, Ways};
use crate::services::clinic::Clinic;
use crate::services::failure::Failure;

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// 新增或改写一个上级，随即自检
    Add(Box<Add>),
    List,
    /// 自检：连接、证书、写入并读回一个测试患者
    Test {
        name: String,
    },
    /// 本机构 OID，编号由它生成
    Org {
        oid: String,
    },
}

#[derive(Debug, clap::Args)]
pub struct Add {
    name: String,
    /// FHIR R4 地址，如 https://hub/fhir
    #[arg(long, value_name = "URL", default_value = "")]
    fhir: String,
    /// DICOMweb 地址，如 https://hub/dicom-web
    #[arg(long, value_name = "URL", default_value = "")]
    dicomweb: String,
    /// DICOM 节点 AET@主机:端口
    #[arg(long, value_name = "AET@HOST:PORT", default_value = "")]
    dimse: String,
    /// DICOM 走 TLS
    #[arg(long)]
    dimse_tls: bool,
    /// 本站的 AE 名称
    #[arg(long, value_name = "AET", default_value = "XINGLIN")]
    aet: String,
    /// 上级 CA 证书（PEM 文件）
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// 本站客户端证书（PEM 文件）
    #[arg(long, value_name = "FILE", requires = "key")]
    cert: Option<PathBuf>,
    /// 本站私钥（PEM 文件）；存进加密库，文件可删
    #[arg(long, value_name = "FILE", requires = "cert")]
    key: Option<PathBuf>,
    /// 摆渡文件夹
    #[arg(long, value_name = "DIR", default_value = "")]
    folder: String,
    /// 上级的 age1… 公钥，U 盘包封给它
    #[arg(long, value_name = "KEY", default_value = "")]
    seal_to: String,
    /// 上级的回执公钥（十六进制）
    #[arg(long, value_name = "HEX", default_value = "")]
    receipt_key: String,
    /// 只保存，不自检
    #[arg(long)]
    no_test: bool,
}

pub fn run(command: &Command, clinic: &mut Clinic, place: &Place) -> Result<u8, Failure> {
    match command {
        Command::Add(add) => {
            let ways = Ways {
                fhir: add.fhir.clone(),
                dicomweb: add.dicomweb.clone(),
                dimse: add.dimse.clone(),
                calling_aet: add.aet.clone(),
                dimse_tls: add.dimse_tls,
                folder: add.folder.clone(),
                seal_to: add.seal_to.clone(),
                receipt_key: add.receipt_key.clone(),
                ca: read_text(add.ca.as_ref())?,
                certificate: read_text(add.cert.as_ref())?,
                key: read_text(add.key.as_ref())?,
            };
            let id = clinic.set_hub(&add.name, &ways)?;
            if add.no_test || !ways.is_online() {
                out::json(&json!({ "hub": add.name, "tested": false }));
                return Ok(exit::DONE);
            }
            test(clinic, id, place)
        }
        Command::Test { name } => {
            let id = hub_named(clinic, name)?;
            test(clinic, id, place)
        }
        Command::List => {
            for hub in clinic.hubs()? {
                out::json(&line(&hub));
            }
            Ok(exit::DONE)
        }
        Command::Org { oid } => {
            clinic.set_org_oid(oid)?;
            out::json(&json!({ "org": oid }));
            Ok(exit::DONE)
        }
    }
}

fn test(
    clinic: &mut Clinic,
    id: crate::domain::share::HubId,
    place: &Place,
) -> Result<u8, Failure> {
    let tested = clinic.test_hub(id)?;
    out::json(&line(&tested.hub));
    match tested.trouble {
        None => Ok(exit::DONE),
        Some(trouble) => Ok(place.fail(&trouble.into())),
    }
}

fn line(hub: &Hub) -> Value {
    json!({
        "hub": hub.name,
        "fhir": hub.ways.fhir,
        "dicomweb": hub.ways.dicomweb,
        "dimse": hub.ways.dimse,
        "folder": hub.ways.folder,
        "sealed": !hub.ways.seal_to.is_empty(),
        "mutual_tls": !hub.ways.certificate.is_empty(),
        "software": hub.software,
        "tested": hub.tested.map(|at| at.to_string()),
        "stopped": hub.stopped,
        "stopped_class": hub.stopped_class,
        "refused_bytes": hub.refused_bytes,
        "clock_skew_s": hub.skew_s,
        "last_ok": hub.last_ok.map(|at| at.to_string()),
        "next_try": hub.next_try.map(|at| at.to_string()),
    })
}
