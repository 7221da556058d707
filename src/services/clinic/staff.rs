//! People who work here, their passphrases, and what is set on the station.
use super::Clinic;
use crate::domain::audit::Outcome;
use crate::domain::cleaning::{LINE_MAX, clean_line};
use crate::domain::role::{Action, Role, UserId};
use crate::services::failure::{Failure, Kind};
use crate::services::session::{check_passphrase, display_name, user_name};
use crate::storage::{KeyFile, NewUser, RecoveryKey, StoreError, User};

impl Clinic {
    pub fn users(&mut self) -> Result<Vec<User>, Failure> {
        self.permit(Action::SeeUsers, "")?;
        Ok(self.store.users()?)
    }

    /// A new user with a first passphrase, which they should change.
    pub fn add_user(&mut self, user: &NewUser, passphrase: &str) -> Result<UserId, Failure> {
        let stamp = self.permit(Action::ChangeUsers, "")?;
        let name = user_name(&user.name)?;
        check_passphrase(passphrase, &name)?;
        let display_name = display_name(&user.display_name, &name);
        let user = NewUser { name, display_name, roles: user.roles };
        let added = self.store.add_user(&user, &stamp);
        let id = self.done(added, Action::ChangeUsers, "")?;
        // A crash here leaves a user without a key; `set_passphrase` mends it.
        self.set_key(&user.name, passphrase)?;
        Ok(id)
    }

    /// Changes roles or name, or lets a user in no more (`active = false`). The last administrator stays.
    pub fn change_user(&mut self, user: &User) -> Result<(), Failure> {
        let object = format!("user:{}", user.id.0);
        let stamp = self.permit(Action::ChangeUsers, &object)?;
        let admin = |user: &User| user.active && user.roles.has(Role::Admin);
        let others = self.store.users()?.iter().any(|other| other.id != user.id && admin(other));
        if !admin(user) && !others {
            return Err(Failure::new(
                Kind::User,
                "至少要留一位管理员。",
                "At least one administrator must stay.",
            ));
        }
        let changed = self.store.change_user(user, &stamp);
        self.done(changed, Action::ChangeUsers, &object)?;
        if !user.active {
            let path = self.store.layout().keys();
            let mut keys = KeyFile::load(&path)?;
            keys.remove(&user.name);
            keys.save(&path)?;
        }
        Ok(())
    }

    /// Gives any user a new passphrase.
    pub fn set_passphrase(&mut self, name: &str, passphrase: &str) -> Result<(), Failure> {
        let name = user_name(name)?;
        let object = format!("user:{name} passphrase");
        let stamp = self.permit(Action::ChangeUsers, &object)?;
        check_passphrase(passphrase, &name)?;
        if self.store.user(&name)?.is_none_or(|user| !user.active) {
            return Err(StoreError::NotFound { what: "user" }.into());
        }
        self.set_key(&name, passphrase)?;
        self.note_fact(stamp.fact(Action::ChangeUsers.id(), object, Outcome::Done));
        Ok(())
    }

    /// Changes the signed-in user's own passphrase.
    pub fn change_passphrase(&mut self, old: &str, new: &str) -> Result<(), Failure> {
        let name = self.who.name.clone();
        let object = format!("user:{name} passphrase");
        let stamp = self.permit(Action::ChangeOwnPassphrase, &object)?;
        check_passphrase(new, &name)?;
        let keys = KeyFile::load(&self.store.layout().keys())?;
        if keys.unlock(&name, old)?.is_none() {
            self.note_fact(stamp.fact(Action::ChangeOwnPassphrase.id(), object, Outcome::Refused));
            return Err(Failure::not_signed_in());
        }
        self.set_key(&name, new)?;
        self.note_fact(stamp.fact(Action::ChangeOwnPassphrase.id(), object, Outcome::Done));
        Ok(())
    }

    /// Makes a new recovery key; the old one opens nothing from then on.
    pub fn new_recovery_key(&mut self) -> Result<RecoveryKey, Failure> {
        let stamp = self.permit(Action::ChangeKeys, "recovery-key")?;
        self.must_write()?;
        let path = self.store.layout().keys();
        let mut keys = KeyFile::load(&path)?;
        let recovery = RecoveryKey::draw()?;
        keys.set_recovery(&recovery, &self.dek)?;
        keys.save(&path)?;
        self.note_fact(stamp.fact(Action::ChangeKeys.id(), "recovery-key", Outcome::Done));
        Ok(recovery)
    }

    fn set_key(&self, name: &str, passphrase: &str) -> Result<(), Failure> {
        self.must_write()?;
        let path = self.store.layout().keys();
        let mut keys = KeyFile::load(&path)?;
        keys.set(name, passphrase, (&self.dek, self.station.cost()))?;
        keys.save(&path)?;
        Ok(())
    }

    fn must_write(&self) -> Result<(), Failure> {
        if self.store.is_read_only() { Err(StoreError::ReadOnlyWindow.into()) } else { Ok(()) }
    }

    /// What was set under a name, for everyone who signs in.
    pub fn option(&self, key: &str) -> Result<Option<String>, Failure> {
        Ok(self.store.setting(key)?)
    }

    pub fn set_option(&mut self, key: &str, value: &str) -> Result<(), Failure> {
        let object = format!("setting:{key}");
        let stamp = self.permit(Action::ChangeSettings, &object)?;
        let set = self.store.set_setting((key, &clean_line(value, LINE_MAX).text), &stamp);
        self.done(set, Action::ChangeSettings, &object)
    }
}
