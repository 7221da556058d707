//! Coming in: set-up on the first run, signing in, and the way back when every passphrase is lost.
use std::path::PathBuf;
use std::sync::Arc;

use super::clinic::{Clinic, SignedIn};
use super::clock::Clock;
use super::failure::{Failure, Kind};
use crate::domain::audit::{Outcome, Stamp};
use crate::domain::cleaning::{LINE_MAX, NAME_MAX, clean_line};
use crate::domain::role::{Role, Roles, UserId};
use crate::domain::visit::Setting;
use crate::storage::{
    Attempts, Cost, Dek, Founding, Gate, KeyFile, Layout, NewUser, Store, StoreError,
};
pub use crate::storage::{RecoveryKey, Safety, Synchronous};

/// A data directory and the clock it is used by: what someone sits down to.
#[derive(Clone)]
pub struct Station {
    pub(super) layout: Layout,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) safety: Safety,
    cost: CostChoice,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum CostChoice {
    Measured,
    Least,
}

/// The answers of the first-run wizard.
#[derive(Clone, Debug)]
pub struct FirstRun {
    pub clinic_name: String,
    pub setting: Setting,
    pub user: String,
    pub display_name: String,
    /// At least an administrator must be there; a village doctor is both.
    pub roles: Roles,
    pub passphrase: String,
}

impl Station {
    pub fn at(data_dir: impl Into<PathBuf>, clock: Arc<dyn Clock>) -> Self {
        Self {
            layout: Layout::at(data_dir),
            clock,
            safety: Safety::default(),
            cost: CostChoice::Measured,
        }
    }

    /// Only for tests of the store itself: less reserve, or commits that a power cut may lose.
    #[must_use]
    pub fn with_safety(self, safety: Safety) -> Self {
        Self { safety, ..self }
    }

    /// The least that OWASP allows for Argon2id, instead of what takes this machine 0.4 s: for demo and tests.
    #[must_use]
    pub fn with_quick_keys(self) -> Self {
        Self { cost: CostChoice::Least, ..self }
    }

    /// `false` = the first-run wizard is due.
    pub fn is_set_up(&self) -> bool {
        self.layout.is_set_up()
    }

    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    pub(super) fn cost(&self) -> Cost {
        match self.cost {
            CostChoice::Measured => Cost::measured(),
            CostChoice::Least => Cost::LEAST,
        }
    }

    /// Makes the station with its first user, who is signed in then. The recovery key is shown once and kept nowhere.
    pub fn set_up(&self, first: &FirstRun) -> Result<(Clinic, RecoveryKey), Failure> {
        let clinic_name = clean_line(&first.clinic_name, LINE_MAX).text;
        if clinic_name.is_empty() {
            return Err(Failure::new(Kind::User, "请填写机构名称。", "The clinic needs a name."));
        }
        if !first.roles.has(Role::Admin) {
            return Err(Failure::new(
                Kind::User,
                "第一个用户必须是管理员。",
                "The first user must be an administrator.",
            ));
        }
        let user = NewUser {
            name: user_name(&first.user)?,
            display_name: display_name(&first.display_name, &first.user),
            roles: first.roles,
        };
        check_passphrase(&first.passphrase, &user.name)?;
        let (dek, recovery) = (Dek::draw()?, RecoveryKey::draw()?);
        let mut keys = KeyFile::new(&dek, &recovery)?;
        keys.set(&user.name, &first.passphrase, (&dek, self.cost()))?;
        let now = self.clock.now();
        let stamp = Stamp {
            at: now,
            user: UserId(1),
            actor: user.name.clone(),
            role: Role::Admin.id().to_owned(),
        };
        let name = user.name.clone();
        let founding = Founding { clinic_name, setting: first.setting, first: user, stamp };
        let store = Store::create(&self.layout, &founding, (&dek, &keys), self.safety)?;
        let mut clinic = self.enter(store, dek, &name)?;
        clinic.note_sign_in(0);
        Ok((clinic, recovery))
    }

    /// The names that can sign in here.
    pub fn user_names(&self) -> Result<Vec<String>, Failure> {
        Ok(KeyFile::load(&self.layout.keys())?.names().map(str::to_owned).collect())
    }

    pub fn sign_in(&self, user: &str, passphrase: &str) -> Result<Clinic, Failure> {
        let user = clean_line(user, NAME_MAX).text;
        let (dek, failures) = self.unlocked(&user, passphrase)?;
        let store = Store::open(&self.layout, &dek, self.safety)?;
        let mut clinic = self.enter(store, dek, &user)?;
        if failures > 0 {
            self.forget_failures(&user);
        }
        clinic.note_sign_in(failures);
        Ok(clinic)
    }

    /// Whether this is the user's passphrase, while somebody else is signed in; failures count as at the door.
    pub(super) fn prove(&self, user: &str, passphrase: &str) -> Result<(), Failure> {
        let (_, failures) = self.unlocked(user, passphrase)?;
        if failures > 0 {
            self.forget_failures(user);
        }
        Ok(())
    }

    fn forget_failures(&self, user: &str) {
        let mut attempts = Attempts::load(&self.layout);
        attempts.succeeded(user);
        drop(attempts.save(&self.layout));
    }

    /// The data key, and how often this name failed before. Five failures close the door for a while.
    fn unlocked(&self, user: &str, passphrase: &str) -> Result<(Dek, u32), Failure> {
        let keys = KeyFile::load(&self.layout.keys())?;
        let now = self.clock.now();
        let mut attempts = Attempts::load(&self.layout);
        if let Gate::Closed { until } = attempts.gate(user, now) {
            // Saved, because the gate moves the end closer when the clock was set back.
            drop(attempts.save(&self.layout));
            return Err(Failure::door_closed(until));
        }
        let Some(dek) = keys.unlock(user, passphrase)? else {
            let gate = attempts.failed(user, now);
            // A list that cannot be written must not keep anyone out.
            drop(attempts.save(&self.layout));
            return Err(match gate {
                Gate::Closed { until } => Failure::door_closed(until),
                Gate::Open { .. } => Failure::not_signed_in(),
            });
        };
        Ok((dek, attempts.failures(user)))
    }

    /// Opens the station with the printed recovery key, gives a user a new passphrase and signs them in.
    pub fn unlock_with_recovery_key(
        &self,
        key: &str,
        user: &str,
        passphrase: &str,
    ) -> Result<Clinic, Failure> {
        let recovery = RecoveryKey::parse(key).ok_or_else(Failure::recovery_key_misread)?;
        let mut keys = KeyFile::load(&self.layout.keys())?;
        let user = user_name(user)?;
        check_passphrase(passphrase, &user)?;
        let dek = keys.unlock_with(&recovery)?.ok_or_else(Failure::recovery_key_misread)?;
        let store = Store::open(&self.layout, &dek, self.safety)?;
        if store.is_read_only() {
            return Err(StoreError::ReadOnlyWindow.into());
        }
        if store.user(&user)?.is_none_or(|user| !user.active) {
            return Err(StoreError::NotFound { what: "user" }.into());
        }
        keys.set(&user, passphrase, (&dek, self.cost()))?;
        keys.save(&self.layout.keys())?;
        let mut attempts = Attempts::load(&self.layout);
        attempts.succeeded(&user);
        drop(attempts.save(&self.layout));
        let mut clinic = self.enter(store, dek, &user)?;
        clinic.note("unlock-with-recovery-key", format!("user:{user}"), Outcome::Done);
        Ok(clinic)
    }

    fn enter(&self, store: Store, dek: Dek, name: &str) -> Result<Clinic, Failure> {
        keep_key_out_of_core_files();
        let user =
            store.user(name)?.filter(|user| user.active).ok_or_else(Failure::not_signed_in)?;
        let station = store.station()?;
        let who = SignedIn {
            id: user.id,
            name: user.name,
            display_name: user.display_name,
            roles: user.roles,
        };
        Ok(Clinic::new(self.clone(), store, dek, (who, station)))
    }
}

/// A crash must not write the data key to the disk.
fn keep_key_out_of_core_files() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let most = getrlimit(Resource::Core).maximum;
    if let Err(error) = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: most }) {
        tracing::warn!(%error, "core files stay on");
    }
}

/// The fewest characters of a passphrase.
pub const PASSPHRASE_LEAST: usize = 10;
const PASSPHRASE_MOST: usize = 200;

/// Beginnings of what everybody tries first.
const COMMON: &[&str] = &[
    "1234567890",
    "0123456789",
    "9876543210",
    "0987654321",
    "qwertyuiop",
    "asdfghjkl",
    "1q2w3e4r5t",
    "1qaz2wsx",
    "password",
    "passw0rd",
    "p@ssw0rd",
    "iloveyou",
    "woaini",
    "administrator",
    "adminadmin",
    "abc123",
    "abcdefghij",
    "letmein",
    "xinglin",
    "5201314",
    "1314520",
    "zxcvbnm",
];

pub(super) fn check_passphrase(passphrase: &str, user: &str) -> Result<(), Failure> {
    let count = passphrase.chars().count();
    if !(PASSPHRASE_LEAST..=PASSPHRASE_MOST).contains(&count) {
        return Err(Failure::new(
            Kind::User,
            format!("口令要有 {PASSPHRASE_LEAST} 到 {PASSPHRASE_MOST} 个字符，现有 {count} 个。"),
            format!("A passphrase has {PASSPHRASE_LEAST} to {PASSPHRASE_MOST} characters; this has {count}."),
        )
        .next("一句自己记得住的话最好。", "A sentence that you remember is best."));
    }
    let small = passphrase.to_lowercase();
    let different: std::collections::BTreeSet<char> = small.chars().collect();
    let common = COMMON
        .iter()
        .any(|common| small.starts_with(common) && small.chars().count() < common.len() + 6);
    if different.len() < 5
        || common
        || (user.chars().count() > 2 && small.contains(&user.to_lowercase()))
    {
        return Err(Failure::new(
            Kind::User,
            "这个口令太容易猜到。",
            "This passphrase is too easy to guess.",
        )
        .next(
            "不要用连续数字、用户名或常见口令。",
            "No runs of digits, no user name, no common passwords.",
        ));
    }
    Ok(())
}

/// A name to sign in with: letters, digits, Chinese characters, dot, dash; no blanks.
pub(super) fn user_name(raw: &str) -> Result<String, Failure> {
    let name = clean_line(raw, NAME_MAX).text;
    let fine = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_');
    if name.is_empty() || !name.chars().all(fine) {
        return Err(Failure::new(
            Kind::User,
            "用户名只能用字母、数字、汉字、点、横线。",
            "A user name has letters, digits, Chinese characters, dots and dashes only.",
        ));
    }
    Ok(name)
}

pub(super) fn display_name(raw: &str, otherwise: &str) -> String {
    let name = clean_line(raw, NAME_MAX).text;
    if name.is_empty() { clean_line(otherwise, NAME_MAX).text } else { name }
}
