//! Who may do what. The table here is written by hand, not made from the one in the program: each cell was decided
//! once and is checked for good.
use std::collections::{BTreeMap, BTreeSet};

use xinglin::domain::audit::Hash;
use xinglin::domain::catalog::follow_up::FollowUpBook;
use xinglin::domain::catalog::guideline::Paragraph;
use xinglin::domain::followup::Mode;
use xinglin::domain::followup::indicators::Period;
use xinglin::domain::followup::register::{
    EnrolmentId, FormDraft, Home, LoopAnswer, NewEnrolment, NewFollowUp, Status, TaskId, TaskState,
};
use xinglin::domain::instant::Instant;
use xinglin::domain::local_document::{LocalDocumentId, NewDocument, ReadDocument};
use xinglin::domain::outbox::{MessageId, Standing, State};
use xinglin::domain::patient::PatientId;
use xinglin::domain::role::{Action, Role, permits};
use xinglin::domain::share::consent::{Consent, Manner, Purpose};
use xinglin::domain::share::hub::Ways;
use xinglin::domain::share::letter::{Direction, Receiver};
use xinglin::domain::share::recognition::Decision;
use xinglin::domain::share::referral;
use xinglin::domain::share::{DeliveryId, HubId, ItemId};
use xinglin::domain::trace::bill::{Bill, BillKind, Business, Target, Transport};
use xinglin::domain::trace::recall::{Nature, Recall};
use xinglin::domain::trace::stock::Zone;
use xinglin::domain::visit::template::{NewTemplate, Scope, TemplateId};
use xinglin::domain::visit::{Draft, DraftId, VisitId};
use xinglin::services::clinic::trace::{Act, CountReport, Counter, Door, Stop};
use xinglin::services::clinic::{
    AssociationLimits, Clinic, Listening, NewUser, ReferralWish, RegisterFilter, SecondSigning,
};
use xinglin::services::clinic::{Issuer, LookUp, Looking, Pace, Queueing, Whose};
use xinglin::services::failure::{Failure, Kind};
use xinglin::services::follow_up::sheets::{Form, ToFile};
use xinglin::services::share::NewDecision;
use xinglin::services::share::reader::{Reader, Wanted};
use xinglin::services::trace_files::Leaving;
use xinglin::services::trace_import::{Import, Sender, Subject};
use xinglin::services::trace_upload::{BillMessage, Message, PlatformAnswer, Profile, Round};

use crate::knowledge_base;
use crate::support::{PASSPHRASE, Place, add_user, person, register, visit};

/// Columns: doctor, pharmacist, public-health, clerk, admin, auditor.
const TABLE: &[(&str, [u8; 6])] = &[
    ("find-patient", [1, 1, 1, 1, 0, 0]),
    ("register-patient", [1, 0, 1, 1, 0, 0]),
    ("edit-patient", [1, 0, 1, 1, 0, 0]),
    ("open-chart", [1, 1, 1, 1, 0, 0]),
    ("see-waiting-list", [1, 1, 1, 1, 0, 0]),
    ("change-waiting-list", [1, 0, 1, 1, 0, 0]),
    ("write-visit", [1, 0, 0, 0, 0, 0]),
    ("sign-visit", [1, 0, 0, 0, 0, 0]),
    ("sign-second", [1, 1, 0, 0, 0, 0]),
    ("change-clinic-templates", [1, 1, 0, 0, 0, 0]),
    ("print-visit", [1, 1, 0, 1, 0, 0]),
    ("review-prescription", [1, 1, 0, 0, 0, 0]),
    ("see-outbox", [1, 1, 1, 1, 1, 0]),
    ("change-outbox", [1, 0, 0, 1, 0, 0]),
    ("import-share", [1, 0, 1, 1, 0, 0]),
    ("see-share", [1, 0, 1, 1, 0, 0]),
    ("match-share", [1, 0, 1, 1, 0, 0]),
    ("confirm-share", [1, 0, 1, 0, 0, 0]),
    ("queue-share", [1, 0, 0, 1, 0, 0]),
    ("deliver-share", [1, 0, 1, 1, 1, 0]),
    ("change-consent", [1, 0, 1, 1, 0, 0]),
    ("look-up-priors", [1, 0, 1, 0, 0, 0]),
    ("recognise", [1, 0, 0, 0, 0, 0]),
    ("refer", [1, 0, 0, 0, 0, 0]),
    ("change-hubs", [0, 0, 0, 0, 1, 0]),
    ("see-counts", [1, 1, 1, 1, 1, 1]),
    ("read-audit", [0, 0, 0, 0, 0, 1]),
    ("verify-audit", [0, 0, 0, 0, 1, 1]),
    ("see-users", [0, 0, 0, 0, 1, 1]),
    ("change-users", [0, 0, 0, 0, 1, 0]),
    ("change-own-passphrase", [1, 1, 1, 1, 1, 1]),
    ("change-keys", [0, 0, 0, 0, 1, 0]),
    ("change-settings", [0, 0, 0, 0, 1, 0]),
    ("import-knowledge", [0, 0, 0, 0, 1, 0]),
    ("read-local-documents", [1, 1, 1, 1, 1, 0]),
    ("install-knowledge", [0, 0, 0, 0, 1, 0]),
    ("change-pack-keys", [0, 0, 0, 0, 1, 0]),
    ("make-backup", [0, 0, 0, 0, 1, 0]),
    ("restore-backup", [0, 0, 0, 0, 1, 0]),
    ("check-station", [1, 1, 1, 1, 1, 1]),
    ("see-stock", [1, 1, 0, 0, 0, 1]),
    ("receive-drugs", [1, 1, 0, 0, 0, 0]),
    ("dispense-drugs", [1, 1, 0, 0, 0, 0]),
    ("adjust-stock", [1, 1, 0, 0, 0, 0]),
    ("recall-drugs", [1, 1, 0, 0, 0, 0]),
    ("change-drug-catalogue", [1, 1, 0, 0, 1, 0]),
    ("upload-trace", [1, 1, 0, 0, 1, 0]),
    ("see-follow-ups", [1, 0, 1, 1, 0, 0]),
    ("record-follow-up", [1, 0, 1, 0, 0, 0]),
    ("change-enrolment", [1, 0, 1, 0, 0, 0]),
];

fn form_draft() -> FormDraft {
    FormDraft {
        patient: PatientId(1),
        form: String::new(),
        saved: xinglin::domain::instant::Instant::from_millis(0),
        rows: vec![("sbp 血压".to_owned(), "152/9".to_owned())],
    }
}

fn allowed(action: Action, role: Role) -> bool {
    let row = TABLE.iter().find(|(id, _)| *id == action.id());
    let (_, cells) = row.unwrap_or_else(|| panic!("{} has no row in this table", action.id()));
    cells[Role::ALL.iter().position(|other| *other == role).unwrap()] == 1
}

#[test]
fn every_cell_of_the_permission_table_is_as_decided() {
    assert_eq!(TABLE.len(), Action::ALL.len(), "an action is missing here or there");
    assert_eq!(TABLE.iter().map(|(id, _)| id).collect::<BTreeSet<_>>().len(), TABLE.len());
    for action in Action::ALL {
        for role in Role::ALL {
            assert_eq!(
                permits(role, *action),
                allowed(*action, role),
                "{} {}",
                role.id(),
                action.id()
            );
        }
    }
}

type Way = (&'static str, Action, fn(&mut Clinic) -> Result<(), Failure>);

/// Every way into the open clinic, with the action that must permit it.
const WAYS: &[Way] = &[
    ("find", Action::FindPatient, |c| c.find("w", 5).map(drop)),
    ("duplicates", Action::FindPatient, |c| {
        c.duplicates(&person("王小明", "61岁", "").validate(c.today()).unwrap().details).map(drop)
    }),
    ("register_patient", Action::RegisterPatient, |c| {
        let form = person("新来的", "30岁", "").validate(c.today()).unwrap();
        c.register_patient(&form).map(drop)
    }),
    ("edit_patient", Action::EditPatient, |c| {
        let form = person("王小明", "61岁", "").validate(c.today()).unwrap();
        c.edit_patient((PatientId(1), 1), &form).map(drop)
    }),
    ("open_chart", Action::OpenChart, |c| c.open_chart(PatientId(1)).map(drop)),
    ("history", Action::OpenChart, |c| c.history(PatientId(1)).map(drop)),
    ("open_visit", Action::OpenChart, |c| c.open_visit(VisitId(1)).map(drop)),
    ("visit_to_print", Action::PrintVisit, |c| c.visit_to_print(VisitId(1)).map(drop)),
    ("waiting", Action::SeeWaitingList, |c| c.waiting().map(drop)),
    ("add_to_waiting", Action::ChangeWaitingList, |c| c.add_to_waiting(PatientId(1), "")),
    ("remove_from_waiting", Action::ChangeWaitingList, |c| c.remove_from_waiting(PatientId(1))),
    ("save_draft", Action::WriteVisit, |c| {
        c.save_draft(&Draft::of(visit(c, PatientId(1)))).map(drop)
    }),
    ("drafts", Action::WriteVisit, |c| c.drafts().map(drop)),
    ("draft_of", Action::WriteVisit, |c| c.draft_of(PatientId(1)).map(drop)),
    ("discard_draft", Action::WriteVisit, |c| c.discard_draft(DraftId(1))),
    ("earlier_answers", Action::WriteVisit, |c| c.earlier_answers(PatientId(1)).map(drop)),
    ("sign_visit", Action::SignVisit, |c| c.sign_visit(visit(c, PatientId(1))).map(drop)),
    ("second_signers", Action::WriteVisit, |c| c.second_signers().map(drop)),
    ("sign_second", Action::WriteVisit, |c| {
        c.sign_second(&SecondSigning {
            patient: PatientId(1),
            lines: vec![],
            stops: vec![],
            user: "pharmacist".to_owned(),
            passphrase: PASSPHRASE.to_owned(),
            reason: "会诊后同意".to_owned(),
        })
        .map(drop)
    }),
    ("prescribed", Action::ReviewPrescription, |c| {
        let today = c.today();
        c.prescribed(today, today).map(drop)
    }),
    ("templates", Action::ReviewPrescription, |c| c.templates().map(drop)),
    ("past_prescriptions", Action::OpenChart, |c| c.past_prescriptions(PatientId(1)).map(drop)),
    ("save_template", Action::ChangeClinicTemplates, |c| {
        let lines = visit(c, PatientId(1)).prescription.lines;
        c.save_template(NewTemplate { name: "感冒".to_owned(), scope: Scope::Clinic, lines })
            .map(drop)
    }),
    ("put_template_away", Action::ChangeClinicTemplates, |c| c.put_template_away(TemplateId(1))),
    ("bring_template_back", Action::ChangeClinicTemplates, |c| {
        c.bring_template_back(TemplateId(1))
    }),
    ("outbox", Action::SeeOutbox, |c| c.outbox(State::Waiting, 5).map(drop)),
    ("send_again", Action::ChangeOutbox, |c| c.send_again(MessageId(1)).map(drop)),
    ("park_message", Action::ChangeOutbox, |c| c.park_message(MessageId(1), "太大").map(drop)),
    ("add_document", Action::ImportKnowledge, |c| {
        let paragraph =
            Paragraph { section: String::new(), place: "第1页".into(), text: "甲".into() };
        let read = ReadDocument {
            title: "本院流程".into(),
            format: "text".into(),
            paragraphs: vec![paragraph],
            ..ReadDocument::default()
        };
        let sha256 = Hash::of(c.who().name.as_bytes());
        c.add_document(&NewDocument { read, file_name: "a.txt".into(), sha256 }).map(drop)
    }),
    ("documents", Action::ReadLocalDocuments, |c| c.documents().map(drop)),
    ("document_texts", Action::ReadLocalDocuments, |c| c.document_texts().map(drop)),
    ("remove_document", Action::ImportKnowledge, |c| {
        c.remove_document(LocalDocumentId(1)).map(drop)
    }),
    ("trusted_keys", Action::ChangePackKeys, |c| c.trusted_keys().map(drop)),
    ("trust_key", Action::ChangePackKeys, |c| c.trust_key("发布者", "no key").map(drop)),
    ("distrust_key", Action::ChangePackKeys, |c| c.distrust_key("00").map(drop)),
    ("install_pack", Action::InstallKnowledge, |c| c.install_pack(b"no pack", "").map(drop)),
    ("patients_under", Action::SeeFollowUps, |c| {
        let catalog = xinglin::domain::catalog::Catalog::default();
        c.patients_under([&catalog, &catalog]).map(drop)
    }),
    ("roll_back_pack", Action::InstallKnowledge, |c| c.roll_back_pack().map(drop)),
    ("set_option", Action::ChangeSettings, |c| c.set_option("theme", "dark")),
    ("users", Action::SeeUsers, |c| c.users().map(drop)),
    ("add_user", Action::ChangeUsers, |c| {
        let roles = xinglin::domain::role::Roles::new(&[Role::Clerk]).unwrap();
        let user = NewUser { name: "neu".to_owned(), display_name: String::new(), roles };
        c.add_user(&user, PASSPHRASE).map(drop)
    }),
    ("change_user", Action::ChangeUsers, |c| {
        let user = xinglin::services::clinic::User {
            id: xinglin::domain::role::UserId(2),
            name: "doctor".to_owned(),
            display_name: "x".to_owned(),
            roles: xinglin::domain::role::Roles::new(&[Role::Doctor]).unwrap(),
            active: true,
        };
        c.change_user(&user)
    }),
    ("set_passphrase", Action::ChangeUsers, |c| c.set_passphrase("doctor", PASSPHRASE)),
    ("change_passphrase", Action::ChangeOwnPassphrase, |c| {
        c.change_passphrase(PASSPHRASE, PASSPHRASE)
    }),
    ("new_recovery_key", Action::ChangeKeys, |c| c.new_recovery_key().map(drop)),
    ("audit_log", Action::ReadAudit, |c| c.audit_log(None, 5).map(drop)),
    ("verify_audit", Action::VerifyAudit, |c| c.verify_audit(None).map(drop)),
    ("enrolments_of", Action::SeeFollowUps, |c| c.enrolments_of(PatientId(1)).map(drop)),
    ("enrol", Action::ChangeEnrolment, |c| {
        let new = NewEnrolment {
            patient: PatientId(1),
            programme: "hypertension".to_owned(),
            from: c.today(),
            home: Home::default(),
            doctor: String::new(),
        };
        c.enrol(&new).map(drop)
    }),
    ("set_enrolment_status", Action::ChangeEnrolment, |c| {
        c.set_enrolment_status(EnrolmentId(1), (Status::Lost, c.today(), "外出"))
    }),
    ("set_enrolment_home", Action::ChangeEnrolment, |c| {
        c.set_enrolment_home(EnrolmentId(1), (&Home::default(), ""))
    }),
    ("follow_up_register", Action::SeeFollowUps, |c| {
        c.follow_up_register(&RegisterFilter::default(), (5, 0)).map(drop)
    }),
    ("follow_up_places", Action::SeeFollowUps, |c| c.follow_up_places().map(drop)),
    ("due_people", Action::SeeFollowUps, |c| c.due_people(0, None).map(drop)),
    ("due_walk", Action::SeeFollowUps, |c| c.due_walk(0, None).map(drop)),
    ("follow_up_page", Action::SeeFollowUps, |c| {
        c.follow_up_page(&FollowUpBook::default(), PatientId(1)).map(drop)
    }),
    ("follow_up_series", Action::SeeFollowUps, |c| {
        c.follow_up_series(PatientId(1), "sbp").map(drop)
    }),
    ("follow_up_case", Action::SeeFollowUps, |c| {
        let new = NewFollowUp::on(PatientId(1), c.today(), Mode::Clinic);
        c.follow_up_case(&FollowUpBook::default(), &new).map(drop)
    }),
    ("preview_follow_up", Action::SeeFollowUps, |c| {
        let new = NewFollowUp::on(PatientId(1), c.today(), Mode::Clinic);
        c.preview_follow_up(&FollowUpBook::default(), &new).map(drop)
    }),
    ("record_follow_up", Action::RecordFollowUp, |c| {
        let mut new = NewFollowUp::on(PatientId(1), c.today(), Mode::Clinic);
        new.programmes = vec!["contract".to_owned()];
        c.record_follow_up(&knowledge_base::shipped().catalog, &new).map(drop)
    }),
    ("follow_up_of_visit", Action::SeeFollowUps, |c| {
        c.follow_up_of_visit(crate::followup::advisor(), VisitId(1)).map(drop)
    }),
    ("follow_up_from_visit", Action::RecordFollowUp, |c| {
        c.follow_up_from_visit(crate::followup::advisor(), VisitId(1)).map(drop)
    }),
    ("save_form_draft", Action::RecordFollowUp, |c| c.save_form_draft(&form_draft())),
    ("open_follow_up_form", Action::SeeFollowUps, |c| {
        let book = &knowledge_base::shipped().catalog.follow_up;
        c.open_follow_up_form(book, (PatientId(1), Some("contract"))).map(drop)
    }),
    ("form_draft_names", Action::RecordFollowUp, |c| c.form_draft_names().map(drop)),
    ("form_draft", Action::SeeFollowUps, |c| c.form_draft((PatientId(1), "")).map(drop)),
    ("discard_form_draft", Action::RecordFollowUp, |c| c.discard_form_draft((PatientId(1), ""))),
    ("programmes_in", Action::SeeFollowUps, |c| c.programmes_in(PatientId(1)).map(drop)),
    ("export_indicators", Action::SeeFollowUps, |c| {
        let what = ("hypertension", Period::parse("2026").unwrap());
        c.export_indicators(&FollowUpBook::default(), what, Form::Csv).map(drop)
    }),
    ("print_walk", Action::SeeFollowUps, |c| {
        c.print_walk(&FollowUpBook::default(), (0, None), 60, ToFile::Preview).map(drop)
    }),
    ("print_takeaway", Action::SeeFollowUps, |c| {
        let book = FollowUpBook::default();
        c.print_takeaway(&book, PatientId(1), 60, ToFile::Preview).map(drop)
    }),
    ("follow_up_tasks", Action::SeeFollowUps, |c| c.follow_up_tasks(0).map(drop)),
    ("set_follow_up_task", Action::RecordFollowUp, |c| {
        c.set_follow_up_task(TaskId(1), (TaskState::Done, ""))
    }),
    ("discharge_received", Action::RecordFollowUp, |c| {
        c.discharge_received(PatientId(1), (c.today(), "discharge:1"))
    }),
    ("follow_up_indicators", Action::SeeFollowUps, |c| {
        let period = Period::parse("2026").unwrap();
        c.follow_up_indicators(&FollowUpBook::default(), ("hypertension", period)).map(drop)
    }),
    ("set_estimate", Action::ChangeSettings, |c| c.set_estimate("hypertension", ("村", 9))),
    ("self_check", Action::SeeFollowUps, |c| {
        c.self_check(Period::parse("2026").unwrap()).map(drop)
    }),
    ("loop_cases", Action::SeeFollowUps, |c| c.loop_cases().map(drop)),
    ("answer_loop", Action::RecordFollowUp, |c| c.answer_loop(VisitId(1), LoopAnswer::Better)),
    ("loop_answers", Action::SeeFollowUps, |c| c.loop_answers().map(drop)),
    ("import", Action::ImportShare, |c| {
        c.import(&[], (Whose::Propose, &Reader::Here), &mut |_| {})
    }),
    ("import_bytes", Action::ImportShare, |c| {
        c.import_bytes(("-", b""), (Whose::Propose, &Reader::Here), &mut |_| {})
    }),
    ("match_record", Action::MatchShare, |c| c.match_record(ItemId(1), PatientId(1)).map(drop)),
    ("register_for", Action::MatchShare, |c| c.register_for(ItemId(1), None).map(drop)),
    ("candidates", Action::MatchShare, |c| c.candidates(ItemId(1)).map(drop)),
    ("shared_items", Action::SeeShare, |c| c.shared_items(1).map(drop)),
    ("shared_item", Action::SeeShare, |c| c.shared_item(ItemId(1)).map(drop)),
    ("quarantined", Action::SeeShare, |c| c.quarantined(1).map(drop)),
    ("confirm_record", Action::ConfirmShare, |c| c.confirm_record(ItemId(1)).map(drop)),
    ("give_consent", Action::ChangeConsent, |c| {
        let consent = Consent {
            id: 0,
            purpose: Purpose::Treatment,
            kinds: vec![],
            hub: None,
            manner: Manner::Written,
            given: c.now(),
            until: None,
            withdrawn: None,
        };
        c.give_consent(PatientId(1), &consent).map(drop)
    }),
    ("withdraw_consent", Action::ChangeConsent, |c| c.withdraw_consent(1).map(drop)),
    ("consents", Action::ChangeConsent, |c| c.consents(PatientId(1)).map(drop)),
    ("set_org_oid", Action::ChangeHubs, |c| c.set_org_oid("1.2.3")),
    ("leaving", Action::SeeShare, |c| c.leaving(ItemId(1), HubId(1)).map(drop)),
    ("queue_record", Action::QueueShare, |c| {
        let how = Queueing {
            hub: HubId(1),
            purpose: Purpose::Treatment,
            consent_now: None,
            urgent: xinglin::services::clinic::Urgency::Usual,
        };
        c.queue_record(ItemId(1), how).map(drop)
    }),
    ("images", Action::SeeShare, |c| c.images(ItemId(1)).map(drop)),
    ("study_images", Action::SeeShare, |c| c.study_images(ItemId(1)).map(drop)),
    ("image_bytes", Action::SeeShare, |c| c.image_bytes((ItemId(1), 1)).map(drop)),
    ("sharing_of", Action::SeeShare, |c| c.sharing_of(PatientId(1)).map(drop)),
    ("picture", Action::SeeShare, |c| {
        let wanted = Wanted { width: 1, height: 1, frame: 0, window: None };
        c.picture((ItemId(1), 1), (wanted, &Reader::Here)).map(drop)
    }),
    ("listen", Action::ImportShare, |c| {
        let how = Listening {
            address: ([127, 0, 0, 1], 0).into(),
            limits: AssociationLimits {
                called: "A".to_owned(),
                allowed: vec![],
                object_bytes: 0,
                silence: std::time::Duration::ZERO,
            },
            tls: None,
            associations: 1,
            bytes: 0,
            longest: std::time::Duration::ZERO,
        };
        let stop = std::sync::atomic::AtomicBool::new(true);
        c.listen(&how, (&stop, Whose::Propose, &Reader::Here), &mut |_| {})
    }),
    ("refer", Action::Refer, |c| {
        let wish = ReferralWish {
            direction: Direction::Up,
            urgency: referral::Urgency::Routine,
            to: Receiver { name: "县医院".to_owned(), ..Receiver::default() },
            reason: "查因".to_owned(),
            findings: String::new(),
            plan: String::new(),
            first_visit: None,
            answers: String::new(),
            phone: String::new(),
        };
        c.refer(VisitId(1), &wish).map(drop)
    }),
    ("referral_slip", Action::Refer, |c| c.referral_slip(ItemId(1)).map(drop)),
    ("read_slip", Action::ImportShare, |c| c.read_slip("", (Whose::Propose, None)).map(drop)),
    ("keep_slip", Action::Refer, |c| c.keep_slip(ItemId(1)).map(drop)),
    ("sharing_board", Action::SeeShare, |c| c.sharing_board().map(drop)),
    ("trust_station", Action::ChangeHubs, |c| c.trust_station("甲", &"ab".repeat(32))),
    ("distrust_station", Action::ChangeHubs, |c| c.distrust_station("ab")),
    ("station_keys", Action::SeeShare, |c| c.station_keys().map(drop)),
    ("referrals", Action::SeeShare, |c| c.referrals(10).map(drop)),
    ("move_referral", Action::Refer, |c| {
        c.move_referral(ItemId(1), (referral::State::Closed, "")).map(drop)
    }),
    ("ask_answers", Action::DeliverShare, |c| c.ask_answers(HubId(1)).map(drop)),
    ("withdraw_record", Action::QueueShare, |c| c.withdraw_record(ItemId(1)).map(drop)),
    ("set_hub", Action::ChangeHubs, |c| c.set_hub("h", &Ways::default()).map(drop)),
    ("hubs", Action::DeliverShare, |c| c.hubs().map(drop)),
    ("test_hub", Action::ChangeHubs, |c| c.test_hub(HubId(1)).map(drop)),
    ("deliver", Action::DeliverShare, |c| c.deliver((None, Pace::Due), &mut |_| {})),
    ("send_delivery_again", Action::QueueShare, |c| c.send_delivery_again(DeliveryId(1)).map(drop)),
    ("give_delivery_up", Action::QueueShare, |c| c.give_delivery_up(DeliveryId(1)).map(drop)),
    ("deliveries", Action::SeeShare, |c| c.deliveries(1).map(drop)),
    ("delivery", Action::SeeShare, |c| c.delivery(DeliveryId(1)).map(drop)),
    ("delivery_tally", Action::DeliverShare, |c| c.delivery_tally().map(drop)),
    ("receipts", Action::SeeShare, |c| c.receipts(1).map(drop)),
    ("public_keys", Action::DeliverShare, |c| c.public_keys().map(drop)),
    ("write_package", Action::DeliverShare, |c| {
        c.write_package(HubId(1), std::path::Path::new("/nowhere")).map(drop)
    }),
    ("read_receipt", Action::DeliverShare, |c| c.read_receipt(b"").map(drop)),
    ("open_package", Action::ImportShare, |c| {
        c.open_package(b"", (Whose::Propose, &Reader::Here)).map(drop)
    }),
    ("open_package_of", Action::ImportShare, |c| {
        c.open_package_of(b"", "", (Whose::Propose, &Reader::Here)).map(drop)
    }),
    ("look_up_priors", Action::LookUpPriors, |c| {
        let looking = Looking { patient: PatientId(1), modality: "", body_part: "", hub: None };
        c.look_up_priors(&[], looking).map(drop)
    }),
    ("begin_look_up", Action::LookUpPriors, |c| {
        let looking = Looking { patient: PatientId(1), modality: "", body_part: "", hub: None };
        c.begin_look_up(looking).map(drop)
    }),
    ("judge_priors", Action::LookUpPriors, |c| {
        let looking = Looking { patient: PatientId(1), modality: "", body_part: "", hub: None };
        c.judge_priors(&[], (&mut LookUp::of(looking), &[])).map(drop)
    }),
    ("decide_prior", Action::Recognise, |c| {
        c.decide_prior(&NewDecision {
            patient: PatientId(1),
            item: "",
            prior: "study:1",
            issuer: "",
            decision: &Decision::Recognised,
            saved_fen: 0,
        })
    }),
    ("recognition_count", Action::SeeCounts, |c| c.recognition_count().map(drop)),
    ("issuers", Action::LookUpPriors, |c| c.issuers().map(drop)),
    ("set_issuer", Action::ChangeSettings, |c| {
        let name = "县医院".to_owned();
        c.set_issuer(&Issuer { name, scopes: vec![], quality_passed: None, mark: String::new() })
    }),
    ("set_region", Action::ChangeSettings, |c| c.set_region("360481")),
    ("check", Action::CheckStation, |c| c.check(None).map(drop)),
    ("backup", Action::MakeBackup, |c| {
        let dir = tempfile::tempdir().unwrap();
        c.backup(&dir.path().join("b")).map(drop)
    }),
    ("put_products", Action::ChangeDrugCatalogue, |c| c.put_products(&[])),
    ("products", Action::SeeStock, |c| c.products().map(drop)),
    ("put_agreements", Action::ChangeDrugCatalogue, |c| c.put_agreements(&[])),
    ("agreements", Action::SeeStock, |c| c.agreements().map(drop)),
    ("put_reading", Action::AdjustStock, |c| c.put_reading(("柜", Zone::Cold), 50, None).map(drop)),
    ("close_exceedance", Action::AdjustStock, |c| c.close_exceedance(("柜", c.now()), "x")),
    ("readings", Action::SeeStock, |c| c.readings(5).map(drop)),
    ("expect_despatch", Action::ReceiveDrugs, |c| c.expect_despatch(&[]).map(drop)),
    ("despatch", Action::SeeStock, |c| c.despatch("B").map(drop)),
    ("rejected", Action::SeeStock, |c| c.rejected().map(drop)),
    ("send_rejected_back", Action::AdjustStock, |c| told(c.send_rejected_back(("S", "T"), &[]))),
    ("print_rejected", Action::SeeStock, |c| c.print_rejected(None, None).map(drop)),
    ("read_import", Action::ReceiveDrugs, |c| {
        let nowhere = std::path::Path::new("/nowhere/list.csv");
        c.read_import(Subject::Despatch, nowhere, &Sender::default()).map(drop)
    }),
    ("judge_import", Action::ChangeDrugCatalogue, |c| {
        let file = (std::path::Path::new("-"), &b"id,name,units\n"[..]);
        c.judge_import(Subject::Products, file, &Sender::default()).map(drop)
    }),
    ("keep_import", Action::UploadTrace, |c| {
        c.keep_import(&Import::empty(Subject::Answers)).map(drop)
    }),
    ("write_file", Action::UploadTrace, |c| {
        c.write_file(Leaving::Settlement, ("", "20260101-001")).map(drop)
    }),
    ("leaving_text", Action::UploadTrace, |c| c.leaving_text(Leaving::Csv, "").map(drop)),
    ("choose_profile", Action::ChangeSettings, |c| c.choose_profile("default")),
    ("compare_receipt", Action::ReceiveDrugs, |c| {
        c.compare_receipt(&Door::default(), &[]).map(drop)
    }),
    ("receive", Action::ReceiveDrugs, |c| c.receive(&Door::default(), &[]).map(drop)),
    ("open_counter", Action::DispenseDrugs, |c| told(c.open_counter("20260101-001"))),
    ("scan_at_counter", Action::DispenseDrugs, |c| {
        told(c.scan_at_counter(&mut nothing(), "81234560000000000001", None))
    }),
    ("finish_counter", Action::DispenseDrugs, |c| told(c.finish_counter(&nothing()))),
    ("propose", Action::DispenseDrugs, |c| c.propose(&nothing(), 0).map(drop)),
    ("act", Action::AdjustStock, |c| told(c.act(&Act::OpenCase, &["8".to_owned()]))),
    ("may_act", Action::AdjustStock, |c| told(c.may_act(&Act::OpenCase, "8"))),
    ("may_take_back", Action::AdjustStock, |c| told(c.may_take_back("8"))),
    ("look_at", Action::SeeStock, |c| told(c.look_at("8"))),
    ("split_pool", Action::SeeStock, |c| c.split_pool().map(drop)),
    ("take_from_pool", Action::DispenseDrugs, |c| told(c.take_from_pool(&mut nothing()))),
    ("take_back", Action::AdjustStock, |c| told(c.take_back("8", "x"))),
    ("count", Action::AdjustStock, |c| told(c.count("", &[], &BTreeMap::new()))),
    ("book_count", Action::AdjustStock, |c| told(c.book_count(CountReport::default(), "x"))),
    ("recall", Action::RecallDrugs, |c| {
        let recall = Recall {
            id: String::new(),
            class: 2,
            nature: Nature::Drill,
            product: String::new(),
            lots: vec![],
            codes: None,
            reason: String::new(),
        };
        told(c.recall(&recall))
    }),
    ("recall_report", Action::RecallDrugs, |c| told(c.recall_report("R"))),
    ("recalls", Action::SeeStock, |c| c.recalls().map(drop)),
    ("stock", Action::SeeStock, |c| c.stock().map(drop)),
    ("pack_life", Action::SeeStock, |c| told(c.pack_life("81234560000000000001"))),
    ("lot_life", Action::SeeStock, |c| c.lot_life("p", "L").map(drop)),
    ("packs_in_house", Action::SeeStock, |c| c.packs_in_house().map(drop)),
    ("packs_on_shelf", Action::SeeStock, |c| c.packs_on_shelf("p", 5).map(drop)),
    ("trace_events_from", Action::UploadTrace, |c| c.trace_events_from(1, 5).map(drop)),
    ("check_trace", Action::CheckStation, |c| c.check_trace().map(drop)),
    ("upload_bills", Action::UploadTrace, |c| c.upload_bills(&Profile::default(), 5).map(drop)),
    ("begin_round", Action::UploadTrace, |c| c.begin_round()),
    ("next_bill", Action::UploadTrace, |c| {
        let url = |url: &str| url.to_owned();
        let mut profile = Profile::default();
        profile.platform.url = url("http://127.0.0.1:9");
        c.next_bill(&profile, &mut Round::default()).map(drop)
    }),
    ("bill_came_back", Action::UploadTrace, |c| c.bill_came_back(&bill(), &no_answer())),
    ("print_life", Action::SeeStock, |c| told(c.print_life("81234560000000000001", None))),
    ("print_lot", Action::SeeStock, |c| c.print_lot(("p", "L"), None).map(drop)),
    ("print_recall", Action::RecallDrugs, |c| told(c.print_recall("R", None))),
    ("open_bills", Action::UploadTrace, |c| c.open_bills(&Profile::default(), 5).map(drop)),
    ("bill_standing", Action::UploadTrace, |c| c.bill_standing("XL1").map(drop)),
    ("upload_again", Action::UploadTrace, |c| c.upload_again("XL1").map(drop)),
    ("settle_bill", Action::UploadTrace, |c| c.settle_bill("XL1", "x").map(drop)),
    ("fetch_despatch", Action::ReceiveDrugs, |c| {
        c.fetch_despatch(&Profile::default(), "B", "R").map(drop)
    }),
    ("settlement_rows", Action::UploadTrace, |c| c.settlement_rows("XL1").map(drop)),
    ("export_epcis", Action::UploadTrace, |c| c.export_epcis(1, 5).map(drop)),
];

fn told<T>(result: Result<T, Stop>) -> Result<(), Failure> {
    result.map(drop).map_err(Stop::into_failure)
}

/// A bill that nobody wrote, and a line that was down.
fn bill() -> BillMessage {
    BillMessage {
        message: Message {
            id: MessageId(1),
            kind: String::new(),
            object: String::new(),
            body: String::new(),
            standing: Standing {
                state: State::Sent,
                revision: 1,
                sha256: Hash::START,
                attempts: 0,
                next_try: Instant::from_millis(0),
                last_word: String::new(),
            },
            created: Instant::from_millis(0),
        },
        target: Target::Platform,
        bill: Bill {
            code: String::new(),
            kind: BillKind::Retail,
            at: Instant::from_millis(0),
            withdraws: String::new(),
            partner_bill: String::new(),
            partner: String::new(),
            reason: String::new(),
            operator: String::new(),
            executor: String::new(),
            supervisor: String::new(),
            doctor: String::new(),
            prescription: String::new(),
            visit: None,
            lines: vec![],
        },
        last: None,
        done: vec![],
    }
}

fn no_answer() -> PlatformAnswer {
    PlatformAnswer {
        transport: Transport::Failed,
        business: Business::Unknown,
        transport_word: String::new(),
        business_word: String::new(),
        remedy: String::new(),
        done: vec![],
    }
}

/// A counter at which nothing lies.
fn nothing() -> Counter {
    Counter {
        sheet: String::new(),
        visit: 1,
        patient: 1,
        patient_name: String::new(),
        doctor: String::new(),
        wanted: vec![],
        taken: vec![],
    }
}

#[test]
fn each_role_gets_through_exactly_the_doors_that_are_open_to_it() {
    let place = Place::new();
    let (mut admin, _) = place.set_up();
    let patient = register(&mut admin, &person("王小明", "61岁", ""));
    admin.sign_visit(visit(&admin, patient)).unwrap();
    for role in Role::ALL {
        add_user(&mut admin, role.id(), role);
    }
    drop(admin);
    for role in Role::ALL {
        let mut clinic = place.station().sign_in(role.id(), PASSPHRASE).unwrap();
        for (name, action, way) in WAYS {
            let result = way(&mut clinic);
            let stopped = result.as_ref().is_err_and(|failure| failure.kind == Kind::Permission);
            assert_eq!(!stopped, allowed(*action, role), "{} {name}: {result:?}", role.id());
        }
    }
    let mut auditor = place.station().sign_in("auditor", PASSPHRASE).unwrap();
    let refused = auditor
        .audit_log(None, 5000)
        .unwrap()
        .into_iter()
        .filter(|e| e.fact.outcome.id() == "refused")
        .count();
    let closed = WAYS
        .iter()
        .flat_map(|(_, action, _)| Role::ALL.map(|role| allowed(*action, role)))
        .filter(|open| !open);
    assert_eq!(refused, closed.count(), "every refusal is in the log");
}

/// A way that is written in the program and not in [`WAYS`] would never be checked.
#[test]
fn no_way_into_the_clinic_is_left_out_of_the_check() {
    const FREE: &[&str] = &[
        "who",
        "option",
        "clinic_name",
        "station_id",
        "setting",
        "now",
        "today",
        "may",
        "is_read_only",
        "standing",
        "new_visit",
        "maker_forms",
        "upload_profile",
        "profile_path",
        "base_profile",
        "profile_or_base",
        "put_back",
    ];
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/services");
    let mut ways = BTreeSet::new();
    for file in [
        "clinic/mod.rs",
        "clinic/people.rs",
        "clinic/visits.rs",
        "clinic/staff.rs",
        "clinic/documents.rs",
        "clinic/packs.rs",
        "clinic/prescriptions.rs",
        "clinic/second_signature.rs",
        "clinic/follow_ups.rs",
        "clinic/share.rs",
        "clinic/board.rs",
        "clinic/confirming.rs",
        "clinic/listening.rs",
        "clinic/referrals.rs",
        "clinic/sharing.rs",
        "clinic/hubs.rs",
        "clinic/delivery.rs",
        "clinic/parcels.rs",
        "clinic/recognition.rs",
        "clinic/priors.rs",
        "clinic/images.rs",
        "clinic/form_drafts.rs",
        "follow_up/export.rs",
        "follow_up/form.rs",
        "follow_up/from_visit.rs",
        "follow_up/sheets.rs",
        "upkeep.rs",
        "trace_upload.rs",
        "trace_proof.rs",
        "trace_files.rs",
        "trace_import/mod.rs",
    ]
    .map(str::to_owned)
    .into_iter()
    .chain(
        [
            "mod",
            "acts",
            "catalogue",
            "count",
            "counter",
            "despatch",
            "look",
            "pool",
            "recall",
            "receipt",
            "rejection",
        ]
        .map(|name| format!("clinic/trace/{name}.rs")),
    ) {
        let text = std::fs::read_to_string(root.join(file)).unwrap();
        let within = text.split("impl Clinic {").nth(1).unwrap().split("\n}\n").next().unwrap();
        for line in within.lines().filter_map(|line| line.strip_prefix("    pub fn ")) {
            ways.insert(line.split(['(', '<']).next().unwrap().to_owned());
        }
    }
    let checked: BTreeSet<String> = WAYS
        .iter()
        .map(|(name, ..)| *name)
        .chain(FREE.iter().copied())
        .map(str::to_owned)
        .collect();
    assert_eq!(ways, checked);
}
