//! The receiving end of DIMSE: one association from a device, C-ECHO and C-STORE only. The data set is kept as it comes
//! over the line, behind a file header of our own. Everything a stranger may do has a limit.
use std::io::{Read, Write};
use std::time::Duration;

use dicom_core::{DataElement, PrimitiveValue, VR, dicom_value};
use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;
use dicom_transfer_syntax_registry::entries::IMPLICIT_VR_LITTLE_ENDIAN;
use dicom_ul::pdu::{
    AbortRQServiceProviderReason, AbortRQSource, AssociationAC, AssociationRJ, AssociationRJResult,
    AssociationRJServiceUserReason, AssociationRJSource, AssociationRQ, PDataValue, PDataValueType,
    Pdu, PresentationContextProposed, PresentationContextResult, PresentationContextResultReason,
    UserVariableItem, read_pdu, write_pdu,
};

use super::dimse::{encode, number, text, trimmed};
use super::dimse_line::Line;
use super::{WireError, dicom};
use crate::domain::share::trouble::Trouble;

const FORMAT: &str = "DIMSE";
const MOST_COMMAND: usize = 64 * 1024;
const PDU: u32 = 128 * 1024;
const APPLICATION: &str = "1.2.840.10008.3.1.1.1";

/// What one association may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    pub called: String,
    /// AE titles that may call; empty = nobody.
    pub allowed: Vec<String>,
    pub object_bytes: usize,
    pub silence: Duration,
}

/// An object as it came in: a whole DICOM file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incoming {
    pub calling: String,
    pub sop_class: String,
    pub sop_uid: String,
    pub file: Vec<u8>,
}

/// The answer to a C-STORE. `Kept` only when it would survive a power cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Kept,
    /// Another object has this UID here.
    Duplicate,
    /// Disk, memory, limits.
    OutOfResources,
    /// The data set is not what the command says.
    Mismatch,
    CannotUnderstand,
}

impl Verdict {
    pub fn status(self) -> u16 {
        match self {
            Self::Kept => 0x0000,
            Self::Duplicate => 0x0111,
            Self::OutOfResources => 0xA700,
            Self::Mismatch => 0xA900,
            Self::CannotUnderstand => 0xC000,
        }
    }
}

/// How an association ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The device said goodbye.
    Released { calling: String, objects: u64, echoes: u64 },
    /// The device or the line went away; an object that was not whole was thrown away.
    Broken { calling: String, objects: u64, why: String },
    /// Not let in.
    Refused { why: String },
}

/// Syntaxes in which an object may come; none is rewritten.
const SYNTAXES: [&str; 22] = [
    "1.2.840.10008.1.2.1",
    "1.2.840.10008.1.2",
    "1.2.840.10008.1.2.1.99",
    "1.2.840.10008.1.2.2",
    "1.2.840.10008.1.2.5",
    "1.2.840.10008.1.2.4.50",
    "1.2.840.10008.1.2.4.51",
    "1.2.840.10008.1.2.4.57",
    "1.2.840.10008.1.2.4.70",
    "1.2.840.10008.1.2.4.80",
    "1.2.840.10008.1.2.4.81",
    "1.2.840.10008.1.2.4.90",
    "1.2.840.10008.1.2.4.91",
    "1.2.840.10008.1.2.4.100",
    "1.2.840.10008.1.2.4.101",
    "1.2.840.10008.1.2.4.102",
    "1.2.840.10008.1.2.4.103",
    "1.2.840.10008.1.2.4.107",
    "1.2.840.10008.1.2.4.108",
    "1.2.840.10008.1.2.4.201",
    "1.2.840.10008.1.2.4.202",
    "1.2.840.10008.1.2.4.203",
];

/// Serves one association to its end. `take` is asked for every whole object and its word is the answer.
pub fn serve(line: Line, limits: &Limits, take: &mut dyn FnMut(Incoming) -> Verdict) -> Ended {
    let mut association = match Session::accept(line, limits) {
        Ok(association) => association,
        Err(error) => return Ended::Refused { why: error.to_string() },
    };
    let calling = association.calling.clone();
    let (mut objects, mut echoes) = (0, 0);
    loop {
        let step = receive(&mut association, limits).and_then(|message| {
            let Some(message) = message else { return Ok(Step::Goodbye) };
            handle(&mut association, (message, &calling), take)
        });
        match step {
            Ok(Step::Stored) => objects += 1,
            Ok(Step::Refused) => {}
            Ok(Step::Echoed) => echoes += 1,
            Ok(Step::Goodbye) => {
                let _heard = association.send(&Pdu::ReleaseRP);
                association.line.close();
                return Ended::Released { calling, objects, echoes };
            }
            Err(error) => {
                association.abort();
                return Ended::Broken { calling, objects, why: error.to_string() };
            }
        }
    }
}

fn broken(what: impl Into<String>) -> WireError {
    WireError::unreadable(FORMAT, what)
}

fn from_trouble(trouble: &Trouble) -> WireError {
    broken(trouble.words_zh())
}

/// An association that was let in. Its own reader, because the library's acceptor spins for ever on a connection that
/// ends before its first PDU is whole (dicom-ul 0.10.1, `accept_tls` on a finished buffer).
struct Session {
    line: Line,
    calling: String,
    /// Id, abstract and transfer syntax of what was accepted.
    contexts: Vec<(u8, String, String)>,
}

impl Session {
    fn accept(line: Line, limits: &Limits) -> Result<Self, WireError> {
        let mut session = Self { line, calling: String::new(), contexts: vec![] };
        let Pdu::AssociationRQ(request) = session.receive()? else {
            session.abort();
            return Err(broken("no association was asked for"));
        };
        if let Err((reason, why)) = door(&request, limits) {
            let refused = AssociationRJ {
                result: AssociationRJResult::Permanent,
                source: AssociationRJSource::ServiceUser(reason),
            };
            let _heard = session.send(&Pdu::AssociationRJ(refused));
            session.line.close();
            return Err(broken(why));
        }
        request.calling_ae_title.trim().clone_into(&mut session.calling);
        let results = request.presentation_contexts.iter().map(|one| session.judge(one)).collect();
        let accepted = AssociationAC {
            protocol_version: 1,
            calling_ae_title: request.calling_ae_title,
            called_ae_title: request.called_ae_title,
            application_context_name: APPLICATION.to_owned(),
            presentation_contexts: results,
            user_variables: vec![
                UserVariableItem::MaxLength(PDU),
                UserVariableItem::ImplementationClassUID(
                    dicom_ul::IMPLEMENTATION_CLASS_UID.to_owned(),
                ),
                UserVariableItem::ImplementationVersionName("XINGLIN".to_owned()),
            ],
        };
        session.send(&Pdu::AssociationAC(accepted))?;
        Ok(session)
    }

    /// Any kind of object, in the first of the device's syntaxes that is kept as it is.
    fn judge(&mut self, proposed: &PresentationContextProposed) -> PresentationContextResult {
        let chosen = proposed
            .transfer_syntaxes
            .iter()
            .map(|syntax| trimmed(syntax))
            .find(|syntax| SYNTAXES.contains(&syntax.as_str()));
        let (reason, transfer_syntax) = match chosen {
            Some(syntax) => {
                let abstract_syntax = trimmed(&proposed.abstract_syntax);
                self.contexts.push((proposed.id, abstract_syntax, syntax.clone()));
                (PresentationContextResultReason::Acceptance, syntax)
            }
            None => (
                PresentationContextResultReason::TransferSyntaxesNotSupported,
                SYNTAXES[1].to_owned(),
            ),
        };
        PresentationContextResult { id: proposed.id, reason, transfer_syntax }
    }

    /// One PDU, whole; its length is checked before a byte of it is waited for.
    fn receive(&mut self) -> Result<Pdu, WireError> {
        let io = |source| WireError::Io { doing: "waiting for the device", source };
        let mut bytes = vec![0; 6];
        self.line.read_exact(&mut bytes).map_err(io)?;
        let length = u32::from_be_bytes([bytes[2], bytes[3], bytes[4], bytes[5]]);
        if length > PDU {
            let (bytes, most) = (u64::from(length), u64::from(PDU));
            return Err(WireError::TooBig { format: "PDU", bytes, most });
        }
        bytes.resize(6 + length as usize, 0);
        self.line.read_exact(&mut bytes[6..]).map_err(io)?;
        match read_pdu(&bytes[..], PDU, true) {
            Ok(Some(pdu)) => Ok(pdu),
            Ok(None) => Err(broken("a PDU is cut")),
            Err(error) => Err(broken(dicom::chain(&error))),
        }
    }

    fn send(&mut self, pdu: &Pdu) -> Result<(), WireError> {
        let mut bytes = vec![];
        write_pdu(&mut bytes, pdu).map_err(|error| broken(dicom::chain(&error)))?;
        self.line
            .write_all(&bytes)
            .and_then(|()| self.line.flush())
            .map_err(|source| WireError::Io { doing: "answering the device", source })
    }

    fn abort(&mut self) {
        let reason = AbortRQServiceProviderReason::ReasonNotSpecified;
        let _gone = self.send(&Pdu::AbortRQ { source: AbortRQSource::ServiceProvider(reason) });
        self.line.close();
    }
}

/// May this device come in, and does it mean us?
fn door(
    request: &AssociationRQ,
    limits: &Limits,
) -> Result<(), (AssociationRJServiceUserReason, String)> {
    use AssociationRJServiceUserReason as Reason;
    let (calling, called) = (request.calling_ae_title.trim(), request.called_ae_title.trim());
    if called != limits.called {
        return Err((Reason::CalledAETitleNotRecognized, format!("it calls {called:?}")));
    }
    if !limits.allowed.iter().any(|one| one == calling) {
        let why = format!("{calling:?} is not on the list of devices");
        return Err((Reason::CallingAETitleNotRecognized, why));
    }
    if trimmed(&request.application_context_name) != APPLICATION {
        return Err((
            Reason::ApplicationContextNameNotSupported,
            "no DICOM application".to_owned(),
        ));
    }
    Ok(())
}

enum Step {
    Stored,
    Refused,
    Echoed,
    Goodbye,
}

struct Message {
    context: u8,
    command: InMemDicomObject,
    data: Vec<u8>,
}

/// One whole message; `None` = the device wants to leave. What is larger than the limit ends the association.
fn receive(association: &mut Session, limits: &Limits) -> Result<Option<Message>, WireError> {
    let (mut command, mut data): (Vec<u8>, Vec<u8>) = (vec![], vec![]);
    let mut parsed: Option<(u8, InMemDicomObject)> = None;
    loop {
        let values = match association.receive()? {
            Pdu::PData { data } => data,
            Pdu::ReleaseRQ if command.is_empty() && parsed.is_none() => return Ok(None),
            Pdu::AbortRQ { .. } => return Err(broken("the device aborted")),
            _ => return Err(broken("an unexpected PDU")),
        };
        for value in values {
            let context = value.presentation_context_id;
            match value.value_type {
                PDataValueType::Command => {
                    if parsed.is_some() || command.len() + value.data.len() > MOST_COMMAND {
                        return Err(broken("the command is too long"));
                    }
                    command.extend(value.data);
                    if !value.is_last {
                        continue;
                    }
                    let object = InMemDicomObject::read_dataset_with_ts(
                        &command[..],
                        &IMPLICIT_VR_LITTLE_ENDIAN.erased(),
                    )
                    .map_err(|error| broken(dicom::chain(&error)))?;
                    let kind = number(&object, tags::COMMAND_DATA_SET_TYPE)
                        .map_err(|trouble| from_trouble(&trouble))?;
                    if kind == 0x0101 {
                        return Ok(Some(Message { context, command: object, data }));
                    }
                    parsed = Some((context, object));
                }
                PDataValueType::Data => {
                    if parsed.as_ref().is_none_or(|(of, _)| *of != context) {
                        return Err(broken("data without its command"));
                    }
                    if data.len() + value.data.len() > limits.object_bytes {
                        let (bytes, most) = (data.len() as u64, limits.object_bytes as u64);
                        return Err(WireError::TooBig { format: FORMAT, bytes, most });
                    }
                    data.extend(value.data);
                    if value.is_last
                        && let Some((context, command)) = parsed.take()
                    {
                        return Ok(Some(Message { context, command, data }));
                    }
                }
            }
        }
    }
}

fn handle(
    association: &mut Session,
    (message, calling): (Message, &str),
    take: &mut dyn FnMut(Incoming) -> Verdict,
) -> Result<Step, WireError> {
    let field = |tag| number(&message.command, tag).map_err(|trouble| from_trouble(&trouble));
    let id = field(tags::MESSAGE_ID)?;
    let class = text(&message.command, tags::AFFECTED_SOP_CLASS_UID);
    match field(tags::COMMAND_FIELD)? {
        0x0030 => {
            respond(association, (message.context, 0x8030, id), (&class, None, 0))?;
            Ok(Step::Echoed)
        }
        0x0001 => {
            let uid = text(&message.command, tags::AFFECTED_SOP_INSTANCE_UID);
            let context = association.contexts.iter().find(|one| one.0 == message.context);
            let verdict = match context {
                Some((_, of, syntax)) if *of == class => {
                    match dicom::file_of(&message.data, (&class, &uid, syntax)) {
                        Ok(file) => take(Incoming {
                            calling: calling.to_owned(),
                            sop_class: class.clone(),
                            sop_uid: uid.clone(),
                            file,
                        }),
                        Err(_) => Verdict::CannotUnderstand,
                    }
                }
                _ => Verdict::Mismatch,
            };
            let answer = (class.as_str(), Some(uid.as_str()), verdict.status());
            respond(association, (message.context, 0x8001, id), answer)?;
            Ok(if verdict == Verdict::Kept { Step::Stored } else { Step::Refused })
        }
        other => Err(broken(format!("command {other:#06x} is not served"))),
    }
}

fn respond(
    association: &mut Session,
    (context, field, id): (u8, u16, u16),
    (class, uid, status): (&str, Option<&str>, u16),
) -> Result<(), WireError> {
    let mut elements = vec![
        DataElement::new(tags::AFFECTED_SOP_CLASS_UID, VR::UI, PrimitiveValue::from(class)),
        DataElement::new(tags::COMMAND_FIELD, VR::US, dicom_value!(U16, [field])),
        DataElement::new(tags::MESSAGE_ID_BEING_RESPONDED_TO, VR::US, dicom_value!(U16, [id])),
        DataElement::new(tags::COMMAND_DATA_SET_TYPE, VR::US, dicom_value!(U16, [0x0101])),
        DataElement::new(tags::STATUS, VR::US, dicom_value!(U16, [status])),
    ];
    if let Some(uid) = uid {
        elements.push(DataElement::new(
            tags::AFFECTED_SOP_INSTANCE_UID,
            VR::UI,
            PrimitiveValue::from(uid),
        ));
    }
    let command = InMemDicomObject::command_from_element_iter(elements);
    let data = encode(&command).map_err(|trouble| from_trouble(&trouble))?;
    let value = PDataValue {
        presentation_context_id: context,
        value_type: PDataValueType::Command,
        is_last: true,
        data,
    };
    association.send(&Pdu::PData { data: vec![value] })
}
