//! Who may do what: one table, nothing outside it is allowed.
use std::fmt;

/// A person who signs in; the number is the row in the station's list of users.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserId(pub i64);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    Doctor,
    Pharmacist,
    PublicHealth,
    Clerk,
    Admin,
    Auditor,
}

impl Role {
    pub const ALL: [Self; 6] = [
        Self::Doctor,
        Self::Pharmacist,
        Self::PublicHealth,
        Self::Clerk,
        Self::Admin,
        Self::Auditor,
    ];

    pub fn id(self) -> &'static str {
        match self {
            Self::Doctor => "doctor",
            Self::Pharmacist => "pharmacist",
            Self::PublicHealth => "public-health",
            Self::Clerk => "clerk",
            Self::Admin => "admin",
            Self::Auditor => "auditor",
        }
    }

    /// Reads the id, or the Chinese name.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        Self::ALL
            .into_iter()
            .find(|role| role.id().eq_ignore_ascii_case(text) || role.name_zh() == text)
    }

    pub fn name_zh(self) -> &'static str {
        match self {
            Self::Doctor => "医生",
            Self::Pharmacist => "药师",
            Self::PublicHealth => "公卫人员",
            Self::Clerk => "病案员",
            Self::Admin => "管理员",
            Self::Auditor => "审计员",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

/// The roles of one person. In a village one person often is doctor, pharmacist and administrator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Roles(u8);

/// Why a set of roles cannot be given to one person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RolesRefusal {
    None,
    /// Whoever watches must not be watched by themselves: an auditor has no other role.
    AuditorWithOthers,
}

impl Roles {
    pub fn new(roles: &[Role]) -> Result<Self, RolesRefusal> {
        let set = roles.iter().fold(0, |set, role| set | role.bit());
        match set {
            0 => Err(RolesRefusal::None),
            _ if set & Role::Auditor.bit() != 0 && set != Role::Auditor.bit() => {
                Err(RolesRefusal::AuditorWithOthers)
            }
            _ => Ok(Self(set)),
        }
    }

    pub fn has(self, role: Role) -> bool {
        self.0 & role.bit() != 0
    }

    pub fn iter(self) -> impl Iterator<Item = Role> {
        Role::ALL.into_iter().filter(move |role| self.has(*role))
    }

    /// The first of these roles that may do it; `None` = not permitted.
    pub fn allow(self, action: Action) -> Option<Role> {
        self.iter().find(|role| permits(*role, action))
    }

    /// `doctor,admin`
    pub fn ids(self) -> String {
        self.iter().map(Role::id).collect::<Vec<_>>().join(",")
    }

    /// Reads `doctor,admin`; `None` when a word is no role or the set cannot be given.
    pub fn parse(text: &str) -> Option<Self> {
        let roles: Option<Vec<Role>> =
            text.split([',', '、', '，', ' ']).map(Role::parse).collect();
        Self::new(&roles?).ok()
    }
}

impl Role {
    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

macro_rules! actions {
    ($($(#[$doc:meta])* $name:ident = $id:literal,)+) => {
        /// Everything a screen or command may do with records, keys or the audit log.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Action { $($(#[$doc])* $name,)+ }

        impl Action {
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// The name in the audit log; never changed once released.
            pub fn id(self) -> &'static str {
                match self { $(Self::$name => $id,)+ }
            }
        }
    };
}

actions! {
    /// Look for people by name, number or telephone: the list, not the chart.
    FindPatient = "find-patient",
    RegisterPatient = "register-patient",
    /// Correct name, address, telephone, allergies, problem list.
    EditPatient = "edit-patient",
    /// Open one person's chart: allergies, problems, past visits.
    OpenChart = "open-chart",
    SeeWaitingList = "see-waiting-list",
    ChangeWaitingList = "change-waiting-list",
    /// Write the note and the draft of a visit.
    WriteVisit = "write-visit",
    SignVisit = "sign-visit",
    /// Take a 禁 of another person's prescription upon oneself, with a reason.
    SignSecond = "sign-second",
    /// Keep, replace or put away a prescription template of the whole clinic; one's own belong to the visit.
    ChangeClinicTemplates = "change-clinic-templates",
    /// Print a prescription sheet or a visit.
    PrintVisit = "print-visit",
    /// Read prescriptions with their alerts, to review them.
    ReviewPrescription = "review-prescription",
    SeeOutbox = "see-outbox",
    /// Send again or park a message that the hub refused.
    ChangeOutbox = "change-outbox",
    /// Take studies and documents in.
    ImportShare = "import-share",
    /// See what came in, what goes out, receipts.
    SeeShare = "see-share",
    /// Say whose record it is.
    MatchShare = "match-share",
    /// Put what came in into the chart: problems, the first visit.
    ConfirmShare = "confirm-share",
    /// Sign and queue a record for a hub, correct it, take it back.
    QueueShare = "queue-share",
    /// Let the queue run.
    DeliverShare = "deliver-share",
    ChangeConsent = "change-consent",
    /// Look for prior results here and at the hub.
    LookUpPriors = "look-up-priors",
    /// Recognise a prior result, or say why it is examined again.
    Recognise = "recognise",
    /// Write a referral, move it on.
    Refer = "refer",
    /// Addresses, certificates and keys of the receiving sides.
    ChangeHubs = "change-hubs",
    /// Counts for the regulator, without patient rows.
    SeeCounts = "see-counts",
    ReadAudit = "read-audit",
    VerifyAudit = "verify-audit",
    SeeUsers = "see-users",
    ChangeUsers = "change-users",
    ChangeOwnPassphrase = "change-own-passphrase",
    /// Make a new recovery key.
    ChangeKeys = "change-keys",
    ChangeSettings = "change-settings",
    /// Take the clinic's own papers in, or out again.
    ImportKnowledge = "import-knowledge",
    /// Search and list the clinic's own papers.
    ReadLocalDocuments = "read-local-documents",
    /// Turn a signed knowledge pack on, or go back to the one before.
    InstallKnowledge = "install-knowledge",
    /// Say whose knowledge packs are trusted.
    ChangePackKeys = "change-pack-keys",
    MakeBackup = "make-backup",
    RestoreBackup = "restore-backup",
    /// Self-check of the station: integrity, versions, disk; no patient rows.
    CheckStation = "check-station",
    /// Look at packs, lots, the life of a code.
    SeeStock = "see-stock",
    /// Take drugs in against a despatch list, accept or reject them.
    ReceiveDrugs = "receive-drugs",
    DispenseDrugs = "dispense-drugs",
    /// Move, quarantine, return, destroy, count, take back a mistake.
    AdjustStock = "adjust-stock",
    /// Start a recall or a drill; shows the patients concerned with their telephone.
    RecallDrugs = "recall-drugs",
    /// Products, pooled-procurement agreements.
    ChangeDrugCatalogue = "change-drug-catalogue",
    /// Send bills to the trace and insurance platforms; export events.
    UploadTrace = "upload-trace",
    /// Look at who is in a programme, who is due, and what was found.
    SeeFollowUps = "see-follow-ups",
    /// Record or correct a follow-up, close its tasks, answer the 72-hour loop.
    RecordFollowUp = "record-follow-up",
    /// Enrol someone, or say that they are lost, dead, moved.
    ChangeEnrolment = "change-enrolment",
}

/// Whether a role may do something.
pub fn permits(role: Role, action: Action) -> bool {
    PERMISSIONS.iter().any(|(listed, roles)| *listed == action && roles.contains(&role))
}

use Role::{Admin, Auditor, Clerk, Doctor, Pharmacist, PublicHealth};

/// The one table. An action that is not listed is permitted to nobody.
const PERMISSIONS: &[(Action, &[Role])] = &[
    (Action::FindPatient, &[Doctor, Pharmacist, PublicHealth, Clerk]),
    (Action::RegisterPatient, &[Doctor, PublicHealth, Clerk]),
    (Action::EditPatient, &[Doctor, PublicHealth, Clerk]),
    (Action::OpenChart, &[Doctor, Pharmacist, PublicHealth, Clerk]),
    (Action::SeeWaitingList, &[Doctor, Pharmacist, PublicHealth, Clerk]),
    (Action::ChangeWaitingList, &[Doctor, PublicHealth, Clerk]),
    (Action::WriteVisit, &[Doctor]),
    (Action::SignVisit, &[Doctor]),
    (Action::SignSecond, &[Doctor, Pharmacist]),
    (Action::ChangeClinicTemplates, &[Doctor, Pharmacist]),
    (Action::PrintVisit, &[Doctor, Pharmacist, Clerk]),
    (Action::ReviewPrescription, &[Doctor, Pharmacist]),
    (Action::SeeOutbox, &[Doctor, Pharmacist, PublicHealth, Clerk, Admin]),
    (Action::ChangeOutbox, &[Doctor, Clerk]),
    (Action::ImportShare, &[Doctor, PublicHealth, Clerk]),
    (Action::SeeShare, &[Doctor, PublicHealth, Clerk]),
    (Action::MatchShare, &[Doctor, PublicHealth, Clerk]),
    (Action::ConfirmShare, &[Doctor, PublicHealth]),
    (Action::QueueShare, &[Doctor, Clerk]),
    (Action::DeliverShare, &[Doctor, PublicHealth, Clerk, Admin]),
    (Action::ChangeConsent, &[Doctor, PublicHealth, Clerk]),
    (Action::LookUpPriors, &[Doctor, PublicHealth]),
    (Action::Recognise, &[Doctor]),
    (Action::Refer, &[Doctor]),
    (Action::ChangeHubs, &[Admin]),
    (Action::SeeCounts, &[Doctor, Pharmacist, PublicHealth, Clerk, Admin, Auditor]),
    (Action::ReadAudit, &[Auditor]),
    (Action::VerifyAudit, &[Admin, Auditor]),
    (Action::SeeUsers, &[Admin, Auditor]),
    (Action::ChangeUsers, &[Admin]),
    (Action::ChangeOwnPassphrase, &[Doctor, Pharmacist, PublicHealth, Clerk, Admin, Auditor]),
    (Action::ChangeKeys, &[Admin]),
    (Action::ChangeSettings, &[Admin]),
    (Action::ImportKnowledge, &[Admin]),
    (Action::ReadLocalDocuments, &[Doctor, Pharmacist, PublicHealth, Clerk, Admin]),
    (Action::InstallKnowledge, &[Admin]),
    (Action::ChangePackKeys, &[Admin]),
    (Action::MakeBackup, &[Admin]),
    (Action::RestoreBackup, &[Admin]),
    (Action::CheckStation, &[Doctor, Pharmacist, PublicHealth, Clerk, Admin, Auditor]),
    (Action::SeeStock, &[Doctor, Pharmacist, Auditor]),
    (Action::ReceiveDrugs, &[Doctor, Pharmacist]),
    (Action::DispenseDrugs, &[Doctor, Pharmacist]),
    (Action::AdjustStock, &[Doctor, Pharmacist]),
    (Action::RecallDrugs, &[Doctor, Pharmacist]),
    (Action::ChangeDrugCatalogue, &[Doctor, Pharmacist, Admin]),
    (Action::UploadTrace, &[Doctor, Pharmacist, Admin]),
    (Action::SeeFollowUps, &[Doctor, PublicHealth, Clerk]),
    (Action::RecordFollowUp, &[Doctor, PublicHealth]),
    (Action::ChangeEnrolment, &[Doctor, PublicHealth]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_auditor_can_hold_no_other_role() {
        assert_eq!(Roles::new(&[Auditor, Admin]), Err(RolesRefusal::AuditorWithOthers));
        assert_eq!(Roles::new(&[]), Err(RolesRefusal::None));
        assert!(Roles::new(&[Auditor]).is_ok());
    }

    #[test]
    fn roles_are_read_back_as_written() {
        let roles = Roles::new(&[Admin, Doctor]).unwrap();
        assert_eq!(roles.ids(), "doctor,admin");
        assert_eq!(Roles::parse("医生、管理员"), Some(roles));
        assert_eq!(Roles::parse("doctor,auditor"), None);
        assert_eq!(Roles::parse("king"), None);
    }

    #[test]
    fn a_village_doctor_who_is_also_administrator_acts_as_the_role_that_may() {
        let roles = Roles::new(&[Admin, Doctor]).unwrap();
        assert_eq!(roles.allow(Action::SignVisit), Some(Doctor));
        assert_eq!(roles.allow(Action::ChangeUsers), Some(Admin));
        assert_eq!(roles.allow(Action::ReadAudit), None);
    }
}
