//! 双签: another person who may takes a stop upon themselves at this screen, with name, passphrase and reason.
use std::fmt;

use super::Clinic;
use crate::domain::audit::{Outcome, Stamp};
use crate::domain::cleaning::{LINE_MAX, NAME_MAX, clean_line};
use crate::domain::patient::PatientId;
use crate::domain::role::{Action, Role};
use crate::domain::visit::{
    AlertShown, AlertTier, PrescriptionLine, SecondSignature, SecondSignatureId, Visit, WayOut,
    lines_digest,
};
use crate::services::failure::{Failure, Kind};
use crate::storage::{SignedOver, User};

/// What the second person signs, and who they say they are.
#[derive(Clone)]
pub struct SecondSigning {
    pub patient: PatientId,
    pub lines: Vec<PrescriptionLine>,
    pub stops: Vec<AlertShown>,
    pub user: String,
    pub passphrase: String,
    pub reason: String,
}

impl fmt::Debug for SecondSigning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecondSigning").field("patient", &self.patient).finish_non_exhaustive()
    }
}

/// Somebody who may sign second here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecondSigner {
    pub user: String,
    pub name: String,
    pub role: Role,
}

impl Clinic {
    /// Who else may sign a stop over; nobody in a one-doctor clinic.
    pub fn second_signers(&mut self) -> Result<Vec<SecondSigner>, Failure> {
        self.permit(Action::WriteVisit, "second-signers")?;
        let others = self.store.users()?.into_iter().filter(|user| user.id != self.who.id);
        Ok(others
            .filter_map(|user| {
                let role = signing_role(&user)?;
                Some(SecondSigner { user: user.name, name: user.display_name, role })
            })
            .collect())
    }

    /// One signature for each stop, in their order. A wrong passphrase counts as at the door.
    pub fn sign_second(&mut self, asked: &SecondSigning) -> Result<Vec<SecondSignature>, Failure> {
        let object = format!("patient:{} second-signature", asked.patient.0);
        self.permit(Action::WriteVisit, &object)?;
        let reason = clean_line(&asked.reason, LINE_MAX).text;
        check_request(asked, &reason)?;
        let (user, role) = self.second_person(&asked.user, &object)?;
        if let Err(failure) = self.station.prove(&user.name, &asked.passphrase) {
            let fact =
                self.signer(&user, role).fact(Action::SignSecond.id(), object, Outcome::Refused);
            self.note_fact(fact);
            return Err(failure);
        }
        let stamp = self.signer(&user, role);
        let given = SecondSignature {
            id: SecondSignatureId(0),
            signer: user.id,
            name: user.display_name.clone(),
            role,
            at: stamp.at,
            reason,
            lines: lines_digest(&asked.lines),
        };
        let stops: Vec<SignedOver> =
            asked.stops.iter().map(|stop| self.signed_over(asked.patient, stop)).collect();
        let kept = self.store.add_second_signatures(&stops, &given, &stamp);
        self.done(kept, Action::SignSecond, &object)
    }

    /// Another user who may. Refused before any passphrase is looked at, and logged.
    fn second_person(&mut self, name: &str, object: &str) -> Result<(User, Role), Failure> {
        let name = clean_line(name, NAME_MAX).text;
        if name == self.who.name {
            self.note(Action::SignSecond.id(), object.to_owned(), Outcome::Refused);
            return Err(Failure::new(
                Kind::Permission,
                "双签要另一个人：开方的医生不能给自己双签。",
                "A second signature is another person's: you cannot give your own.",
            )
            .next(
                "请药师或另一位医生输入自己的用户名和口令；没有别人就改处方行。",
                "Let a pharmacist or another doctor sign; with nobody else, change the line.",
            ));
        }
        let user = self.store.user(&name)?;
        let found = user
            .filter(|user| user.id != self.who.id)
            .and_then(|user| signing_role(&user).map(|role| (user, role)));
        found.ok_or_else(|| {
            self.note(Action::SignSecond.id(), object.to_owned(), Outcome::Refused);
            Failure::new(
                Kind::Permission,
                "这个用户名不在本站，或没有双签的权限（药师、医生可以）。",
                "No such user here, or no right to sign second (pharmacists and doctors may).",
            )
            .next(
                "请换有权限的人双签，或改处方行。",
                "Let somebody who may sign, or change the line.",
            )
        })
    }

    /// Every second signature of a visit must be one that was given here, for this very stop, within the day.
    pub(super) fn check_second_signatures(&mut self, visit: &Visit) -> Result<(), Failure> {
        for alert in &visit.prescription.alerts {
            let Some(second) = &alert.second else { continue };
            let kept = self.store.second_signature(second.id)?;
            let over = self.signed_over(visit.patient, alert);
            if kept.is_none_or(|(of, given)| of != over || given != *second)
                || !second.is_fresh(self.now())
            {
                let object =
                    format!("patient:{} second-signature:{}", visit.patient.0, second.id.0);
                self.note(Action::SignSecond.id(), object, Outcome::Refused);
                return Err(Failure::new(
                    Kind::User,
                    "双签已失效（超过24小时，或不是为这张处方给的）。",
                    "The second signature has lapsed: older than a day, or not given for this prescription.",
                )
                .kept("草稿仍在。", "The draft is kept.")
                .next("请重新双签，或改处方行。", "Let it be signed again, or change the line."));
            }
        }
        Ok(())
    }

    fn signed_over(&self, patient: PatientId, stop: &AlertShown) -> SignedOver {
        SignedOver {
            patient,
            doctor: self.who.id,
            rule: stop.rule.clone(),
            drugs: stop.drugs.clone(),
        }
    }

    fn signer(&self, user: &User, role: Role) -> Stamp {
        Stamp {
            at: self.now(),
            user: user.id,
            actor: user.name.clone(),
            role: role.id().to_owned(),
        }
    }
}

/// The role by which an active user may sign second.
fn signing_role(user: &User) -> Option<Role> {
    user.active.then(|| user.roles.allow(Action::SignSecond)).flatten()
}

fn check_request(asked: &SecondSigning, reason: &str) -> Result<(), Failure> {
    if !SecondSignature::is_reason(reason) {
        return Err(Failure::new(
            Kind::User,
            "双签要写理由（至少4个字）。",
            "A second signature needs a reason of at least four characters.",
        ));
    }
    let open =
        |stop: &AlertShown| stop.tier == AlertTier::Stop && stop.way_out == WayOut::SecondSignature;
    if asked.stops.is_empty() || !asked.stops.iter().all(open) {
        return Err(Failure::new(
            Kind::User,
            "这里没有可以双签的【禁】。",
            "There is no stop here that a second person may sign over.",
        )
        .next("请改处方行。", "Change the line."));
    }
    Ok(())
}
