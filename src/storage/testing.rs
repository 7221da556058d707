//! A small closed station for the tests of this module.
use super::{
    Cost, Dek, Founding, KeyFile, Layout, NewUser, RecoveryKey, Safety, Store, Synchronous,
};
use crate::domain::audit::Stamp;
use crate::domain::instant::Instant;
use crate::domain::role::{Role, Roles, UserId};
use crate::domain::visit::Setting;

pub(super) const CAREFUL: Safety = Safety { reserve_bytes: 0, synchronous: Synchronous::Full };

pub(super) fn stamp() -> Stamp {
    let at = Instant::from_millis(1_700_000_000_000);
    Stamp { at, user: UserId(1), actor: "wang".to_owned(), role: "admin".to_owned() }
}

pub(super) fn station() -> (tempfile::TempDir, Layout, Dek) {
    let dir = tempfile::tempdir().unwrap();
    let layout = Layout::at(dir.path());
    let dek = Dek::draw().unwrap();
    let mut keys = KeyFile::new(&dek, &RecoveryKey::draw().unwrap()).unwrap();
    keys.set("wang", "some words for it", (&dek, Cost::LEAST)).unwrap();
    let first = NewUser {
        name: "wang".to_owned(),
        display_name: "王".to_owned(),
        roles: Roles::new(&[Role::Admin]).unwrap(),
    };
    let founding =
        Founding {
            clinic_name: "村".to_owned(), setting: Setting::Village, first, stamp: stamp()
        };
    drop(Store::create(&layout, &founding, (&dek, &keys), CAREFUL).unwrap());
    (dir, layout, dek)
}
