//! What goes wrong between the clinic and a hub, and what follows from it: try later, stop the hub, or ask a person.
use super::parts::Hold;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Nobody answers: no route, refused, reset, no name.
    Away(String),
    /// Connected, but no answer in time.
    Slow,
    /// The connection broke, or the answer was cut.
    Broken(String),
    /// 429, 503, 5xx.
    Busy { status: u16, retry_after_s: Option<u32> },
    /// The hub's disk is full.
    Full,
    /// 413, with the limit that was learnt.
    TooLarge { bytes: u64 },
    /// Same id, other content: nothing is overwritten.
    Conflict(String),
    /// Answered, but the record is not there: an empty list, a missing entry, other bytes.
    NotStored(String),
    /// Some entries were taken and some not.
    Partial(String),
    /// 400, 422 with the hub's words.
    Refused(String),
    /// The hub takes no such transfer syntax.
    SyntaxRefused(String),
    /// Certificates, addresses, permissions of the connection: the hub is stopped, records are not to blame.
    Config(Config),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Config {
    /// The hub does not take our certificate.
    ClientCertificate(String),
    /// The hub's certificate is by nobody we know.
    UnknownIssuer,
    /// The hub's certificate is for another name.
    OtherName(String),
    /// The hub's certificate has run out, or this machine's clock is ahead.
    ServerExpired,
    /// The hub's certificate is not valid yet: this machine's clock is behind.
    ClockBehind,
    /// 401, 403.
    NotAllowed(u16),
    /// The association was refused: wrong AE title or address.
    Association(String),
    /// The hub lacks a way in for this kind of record.
    NoRoute(&'static str),
    /// The self-test at set-up gave something else back.
    SelfTest(String),
    /// A certificate or key in the hub's entry cannot be read.
    BadKey(String),
}

/// What follows from a trouble.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum After {
    /// Back into the queue with a growing wait.
    Retry,
    /// A person decides.
    Hold(Hold),
    /// Stop this hub until its set-up works; no attempt is counted.
    StopHub,
}

impl Trouble {
    pub fn after(&self) -> After {
        match self {
            Self::Away(_)
            | Self::Slow
            | Self::Broken(_)
            | Self::Busy { .. }
            | Self::Full
            | Self::NotStored(_)
            | Self::Partial(_) => After::Retry,
            Self::Conflict(_) => After::Hold(Hold::Conflict),
            Self::TooLarge { .. } | Self::Refused(_) | Self::SyntaxRefused(_) => {
                After::Hold(Hold::Data)
            }
            Self::Config(Config::NoRoute(_)) => After::Hold(Hold::Config),
            Self::Config(_) => After::StopHub,
        }
    }

    /// The name of its class, for status lists and scripts.
    pub fn class(&self) -> &'static str {
        match self {
            Self::Away(_) => "away",
            Self::Slow => "slow",
            Self::Broken(_) => "broken",
            Self::Busy { .. } => "busy",
            Self::Full => "hub-full",
            Self::TooLarge { .. } => "too-large",
            Self::Conflict(_) => "conflict",
            Self::NotStored(_) => "not-stored",
            Self::Partial(_) => "partial",
            Self::Refused(_) => "refused",
            Self::SyntaxRefused(_) => "syntax-refused",
            Self::Config(config) => match config {
                Config::ClientCertificate(_) => "client-certificate",
                Config::UnknownIssuer => "unknown-issuer",
                Config::OtherName(_) => "other-name",
                Config::ServerExpired => "server-expired",
                Config::ClockBehind => "clock",
                Config::NotAllowed(_) => "not-allowed",
                Config::Association(_) => "association",
                Config::NoRoute(_) => "no-route",
                Config::SelfTest(_) => "self-test",
                Config::BadKey(_) => "bad-key",
            },
        }
    }

    /// After this, other records to the same hub need not be tried now.
    pub fn concerns_hub(&self) -> bool {
        matches!(self, Self::Away(_) | Self::Slow | Self::Config(_))
            && !matches!(self, Self::Config(Config::NoRoute(_)))
    }

    /// One sentence in Chinese: what happened and what to do.
    pub fn words_zh(&self) -> String {
        match self {
            Self::Away(why) => format!("上级暂时连不上（{why}），会自动重试"),
            Self::Slow => "上级没有在限定时间内回答，会自动重试".to_owned(),
            Self::Broken(why) => format!("传输中断（{why}），会自动重试"),
            Self::Busy { status, .. } => format!("上级忙（{status}），会自动重试"),
            Self::Full => "上级存储已满，会稍后重试；超过一天请电话告知上级".to_owned(),
            Self::TooLarge { bytes } => {
                format!("单个文件 {} KB 超过上级的上限，请改用 U 盘包", bytes / 1024)
            }
            Self::Conflict(why) => {
                format!("上级已有同号但内容不同的记录（{why}），没有覆盖，请人工决定")
            }
            Self::NotStored(why) => format!("上级回答成功但没有存到（{why}），会自动重试"),
            Self::Partial(why) => format!("上级只收了一部分（{why}），会整份重发"),
            Self::Refused(why) => format!("上级退回：{why}"),
            Self::SyntaxRefused(syntax) => format!("上级不收这种压缩格式（{syntax}）"),
            Self::Config(config) => config.words_zh(),
        }
    }
}

impl Config {
    pub fn words_zh(&self) -> String {
        match self {
            Self::ClientCertificate(why) => {
                format!("上级不认本站的客户端证书（{why}），已停止发送，请换证书")
            }
            Self::UnknownIssuer => {
                "上级服务器的证书不是约定的 CA 签的，已停止发送，请核对 CA".to_owned()
            }
            Self::OtherName(why) => {
                format!("上级服务器的证书名称不符（{why}），已停止发送，请核对地址")
            }
            Self::ServerExpired => {
                "上级服务器的证书已过期，或本机时间走快了，已停止发送".to_owned()
            }
            Self::ClockBehind => "本机时间不对（早于证书生效日），已停止发送，请校时".to_owned(),
            Self::NotAllowed(status) => format!("上级不允许本站访问（{status}），已停止发送"),
            Self::Association(why) => format!("DICOM 连接被拒（{why}），请核对 AE 名称和地址"),
            Self::NoRoute(what) => format!("此上级没有配置{what}通道"),
            Self::SelfTest(why) => format!("自检不符：{why}，此上级不能使用"),
            Self::BadKey(why) => format!("证书或密钥读不出来：{why}"),
        }
    }
}
