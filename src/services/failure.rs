//! What a person is told when something does not work: what happened, what was kept, what to do.
use crate::domain::instant::Instant;
use crate::domain::role::Action;
use crate::domain::visit::Unready;
use crate::domain::words::{Lang, Words};
pub use crate::storage::StoreError;

/// Whose fault it is, which also decides the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// What was typed or asked.
    User,
    /// Not permitted, or not signed in.
    Permission,
    /// Files, disk, database.
    Data,
    Network,
    Config,
    Bug,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub kind: Kind,
    pub what: Words,
    pub kept: Words,
    pub next: Words,
}

impl Failure {
    /// Starts with what happened; nothing was changed unless said otherwise.
    pub fn new(kind: Kind, zh: impl Into<Box<str>>, en: impl Into<Box<str>>) -> Self {
        Self {
            kind,
            what: Words::new(zh, en),
            kept: Words::new("没有改动任何记录。", "No record was changed."),
            next: Words::default(),
        }
    }

    #[must_use]
    pub fn kept(mut self, zh: impl Into<Box<str>>, en: impl Into<Box<str>>) -> Self {
        self.kept = Words::new(zh, en);
        self
    }

    #[must_use]
    pub fn next(mut self, zh: impl Into<Box<str>>, en: impl Into<Box<str>>) -> Self {
        self.next = Words::new(zh, en);
        self
    }

    /// The three sentences in a row.
    pub fn sentence(&self, lang: Lang) -> String {
        let parts = [&self.what, &self.kept, &self.next].map(|words| words.pick(lang));
        let gap = if lang == Lang::En { " " } else { "" };
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(gap)
    }

    pub(super) fn forbidden(action: Action) -> Self {
        Self::new(
            Kind::Permission,
            format!("您的角色没有此项权限（{}）。", action.id()),
            format!("Your role does not permit this ({}).", action.id()),
        )
        .next(
            "请由有权限的人员登录操作，或请管理员调整角色。",
            "Let someone with the role do it, or ask the administrator.",
        )
    }

    pub(super) fn not_signed_in() -> Self {
        Self::new(
            Kind::Permission,
            "用户名或口令不正确。",
            "The user name or the passphrase is wrong.",
        )
        .next(
            "请检查大小写和输入法后重试；忘记口令请找管理员重设。",
            "Check capitals and input method; an administrator can set a new passphrase.",
        )
    }

    pub(super) fn recovery_key_misread() -> Self {
        Self::new(
            Kind::User,
            "恢复密钥不正确，可能抄错了字。",
            "The recovery key is wrong; a letter may be misread.",
        )
        .next(
            "请对照打印件逐组核对（没有字母 I、L、O、U）。",
            "Compare group by group with the print (there is no I, L, O, U).",
        )
    }

    pub(super) fn door_closed(until: Instant) -> Self {
        let (hour, minute, _) = until.plus_seconds(59).time_of_day();
        Self::new(
            Kind::Permission,
            "连续输错 5 次，已暂时锁定。",
            "Five failures in a row: signing in is closed for a while.",
        )
        .next(
            format!("请在 {hour:02}:{minute:02} 之后再试，或由管理员用恢复密钥进入。"),
            format!("Try again after {hour:02}:{minute:02}, or use the recovery key."),
        )
    }

    pub(super) fn unready(unready: &[Unready]) -> Self {
        let words: Vec<(String, String)> = unready.iter().map(unready_words).collect();
        let join = |pick: fn(&(String, String)) -> &str, gap: &str| {
            words.iter().map(pick).collect::<Vec<_>>().join(gap)
        };
        Self::new(
            Kind::User,
            format!("还不能签名：{}。", join(|w| &w.0, "；")),
            format!("Not ready to sign: {}.", join(|w| &w.1, "; ")),
        )
        .kept("草稿仍在。", "The draft is kept.")
        .next("请补齐后再签名。", "Complete it and sign again.")
    }
}

fn unready_words(unready: &Unready) -> (String, String) {
    match unready {
        Unready::NoNote => ("病历没有内容".to_owned(), "the note is empty".to_owned()),
        Unready::NoDiagnosis => ("没有选择诊断".to_owned(), "no diagnosis is chosen".to_owned()),
        Unready::NamelessDiagnosis { index } => (
            format!("第 {} 个诊断没有名称", index + 1),
            format!("diagnosis {} has no name", index + 1),
        ),
        Unready::UnfinishedLine { line } => (
            format!("处方第 {} 行缺少药名、剂量、途径或频次", line + 1),
            format!("prescription line {} lacks drug, dose, route or frequency", line + 1),
        ),
        Unready::Stopped { rule } => (
            format!("【禁】未解除（{rule}），须改处方或由另一人双签"),
            format!("a stop stands ({rule}): change the line, or let a second person sign"),
        ),
        Unready::StoppedForGood { rule } => (
            format!("【禁】未解除（{rule}），不能双签放行，须改处方"),
            format!("a stop stands ({rule}) that nobody can sign over: change the line"),
        ),
        Unready::Unanswered { rule } => {
            (format!("【警】未填理由（{rule}）"), format!("a warning has no reason ({rule})"))
        }
        Unready::AlertOfNoLine { rule } => (
            format!("提示指向不存在的处方行（{rule}）"),
            format!("an alert speaks of no line ({rule})"),
        ),
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let data = |zh: &str, en: &str| Self::new(Kind::Data, zh, en);
        match error {
            StoreError::ReadOnlyWindow => Self::new(
                Kind::User,
                "另一个窗口正在使用本站数据，本窗口只能查看。",
                "Another window uses this station; this window can only look.",
            )
            .next("请在原窗口操作，或先关闭它再重新打开本程序。", "Work in the other window, or close it and start again."),
            StoreError::Stopped => data(
                "先前写盘出错，为保护数据已停止写入。",
                "An earlier disk error: writing has stopped to protect the records.",
            )
            .kept("此前显示“已保存”的都在；这一步没有保存。", "Everything shown as saved is kept; this step is not.")
            .next("请退出后重新打开；再次出现请检查硬盘并立即备份。", "Close and open again; if it comes back, check the disk and make a backup."),
            StoreError::Busy => data("数据库正忙，这一步没有保存。", "The database is busy; this step was not kept.")
                .next("请稍候重试；如有备份或杀毒软件在扫描数据目录，请等它结束。", "Try again shortly; wait for any backup or scanner on the data directory."),
            StoreError::NotSetUp => Self::new(Kind::Config, "此数据目录还没有建站。", "No station is set up in this data directory.")
                .next("请运行 xinglin 按向导建站，或用 --data-dir 指定正确目录。", "Run xinglin to set one up, or name the right directory with --data-dir."),
            StoreError::AlreadySetUp => Self::new(Kind::Config, "此数据目录已经建站。", "A station is already set up here.")
                .next("请直接登录，或换一个空目录。", "Sign in, or choose an empty directory."),
            StoreError::DatabaseMissing => data(
                "数据库文件丢失或为空。",
                "The database file is missing or empty.",
            )
            .kept("密钥文件仍在，没有新建空库。", "The key file is there; no empty database was made.")
            .next("请找回 station.db，或用 xinglin restore 恢复最近的备份。", "Bring station.db back, or run xinglin restore with the last backup."),
            StoreError::WrongKey => data("密钥与数据库不符。", "The key does not fit this database.")
                .next("数据库与密钥文件可能来自不同的站；请一起恢复同一份备份。", "Database and key file may be of different stations; restore both from one backup."),
            StoreError::Damaged { what } => Self::new(
                Kind::Data,
                format!("数据库已损坏（{what}）。"),
                format!("The database is damaged ({what})."),
            )
            .kept("原文件未被改动。", "The file was left as it is.")
            .next("请勿继续使用；复制整个数据目录后，用 xinglin restore 恢复最近的备份。", "Stop using it; copy the whole data directory, then run xinglin restore with the last backup."),
            StoreError::NewerVersion { found, known } => Self::new(
                Kind::Config,
                format!("此数据库由更新版本的程序建立（版本 {found}，本程序支持到 {known}）。"),
                format!("This database was written by a newer program (version {found}; this one knows up to {known})."),
            )
            .next("请使用新版本程序打开。", "Open it with the newer program."),
            StoreError::DiskFull { free_bytes } => {
                let left = free_bytes.map(|bytes| format!("{} MB", bytes / 1_048_576));
                Self::new(
                    Kind::Data,
                    format!("磁盘空间不足{}，这一步没有保存。", left.as_ref().map_or_else(String::new, |l| format!("（剩 {l}）"))),
                    format!("The disk is full{}; this step was not saved.", left.map_or_else(String::new, |l| format!(" ({l} left)"))),
                )
                .kept("此前显示“已保存”的都在，查看和打印仍可使用。", "Everything shown as saved is kept; looking and printing still work.")
                .next("请清理磁盘（至少 200 MB）后再保存一次，不必重启。", "Free at least 200 MB and save again; no restart is needed.")
            }
            StoreError::Unencrypted => Self::new(Kind::Config, "此程序构建不含加密功能，拒绝打开数据。", "This build cannot encrypt and refuses to open records.")
                .next("请使用正式构建的程序。", "Use a release build."),
            StoreError::OldSqlite { found } => Self::new(
                Kind::Config,
                format!("SQLite {found} 有已知缺陷，拒绝使用。"),
                format!("SQLite {found} has known faults and is refused."),
            )
            .next("请使用正式构建的程序。", "Use a release build."),
            StoreError::KeyFile { what } => Self::new(
                Kind::Data,
                format!("密钥文件无法读取（{what}）。"),
                format!("The key file cannot be read ({what})."),
            )
            .next("请从备份恢复 keys.toml。", "Bring keys.toml back from a backup."),
            StoreError::NotFound { what } => Self::new(
                Kind::User,
                format!("没有找到：{}。", noun(what)),
                format!("Not found: {what}."),
            ),
            StoreError::Changed { what } => Self::new(
                Kind::User,
                format!("{}已被他人改动。", noun(what)),
                format!("Someone changed {what} meanwhile."),
            )
            .next("请重新打开后再改。", "Open it again and repeat the change."),
            StoreError::Exists { what } => Self::new(
                Kind::User,
                format!("已存在：{}。", noun(what)),
                format!("There is already {what}."),
            ),
            StoreError::Sealed => Self::new(Kind::User, "已签名的病历和审计记录不能改动。", "What is signed or logged never changes.")
                .next("如需更正，请新建一次更正就诊。", "To correct it, sign a visit that supersedes it."),
            StoreError::Refused { code, refusal } => {
                let words = refusal.words();
                Self::new(
                    Kind::User,
                    format!("【{}】{code}：{}。", refusal.word(), words.zh),
                    format!("[{}] {code}: {}.", refusal.id(), words.en),
                )
            }
            StoreError::Outbox(why) => Self::new(
                Kind::User,
                "此消息当前状态不允许这一步。",
                format!("The message's state does not allow this ({why:?})."),
            ),
            StoreError::Share(why) => Self::new(
                Kind::User,
                "此记录当前状态不允许这一步。",
                format!("The delivery's state does not allow this ({why:?})."),
            ),
            StoreError::Referral { from, to } => Self::new(
                Kind::User,
                format!("转诊单不能从 {} 到 {}。", from.id(), to.id()),
                format!("A referral does not go from {} to {}.", from.id(), to.id()),
            ),
            StoreError::Unreadable { what } => Self::new(
                Kind::Data,
                format!("有一条记录无法读取（{what}）。"),
                format!("A record cannot be read ({what})."),
            )
            .next("请运行 xinglin doctor 检查。", "Run xinglin doctor."),
            StoreError::Backup { what } => Self::new(
                Kind::Data,
                format!("备份不可用：{what}。"),
                format!("The backup cannot be used: {what}."),
            )
            .next("请换一份备份，或重新备份到别处。", "Use another backup, or make one elsewhere."),
            StoreError::Io { doing, source } => Self::new(
                Kind::Data,
                format!("读写磁盘出错（{doing}：{source}）。"),
                format!("A disk error while {doing}: {source}."),
            )
            .kept("此前显示“已保存”的都在；这一步没有保存。", "Everything shown as saved is kept; this step is not.")
            .next("请检查数据目录的权限和硬盘。", "Check the permissions of the data directory and the disk."),
            StoreError::Sqlite(source) => Self::new(
                Kind::Bug,
                format!("程序内部错误（数据库：{source}）。"),
                format!("A fault in the program (database: {source})."),
            )
            .kept("这一步没有保存，此前的都在。", "This step was not saved; all earlier ones are.")
            .next("请把这句话报告给维护人员。", "Please report this sentence."),
        }
    }
}

/// The Chinese name of what the store speaks of.
fn noun(what: &str) -> &str {
    match what {
        "patient" => "该患者",
        "visit" => "该次就诊",
        "visit of this patient to correct" => "要更正的该患者就诊",
        "open visit" => "该草稿",
        "user" | "a user of this name" => "该用户",
        "shared record" => "该共享记录",
        "hub" => "该上级",
        "delivery" => "该发送任务",
        "consent that holds" => "有效的同意书",
        "message" | "this message" => "该消息",
        "paper" => "该资料",
        "this patient's record" => "该患者资料",
        "a patient with this ID number" => "该身份证号的患者",
        "a correction of this visit" => "对该次就诊的更正",
        "patient in the waiting list" | "this patient in the waiting list" => "候诊名单中的该患者",
        "enrolment" => "该建档",
        "follow-up" => "该次随访",
        "follow-up of this person and programme to correct" => "要更正的该患者随访",
        "task" => "该任务",
        "record that this refers to" => "所引用的记录",
        other => other,
    }
}
