//! C-ECHO, C-STORE and C-GET as a client, plain or inside TLS. The data set goes out as it lies in the file.
use std::io::{Read, Write};
use std::sync::Arc;
use std::time::Duration;

use dicom_core::{DataElement, PrimitiveValue, VR, dicom_value};
use dicom_dictionary_std::{tags, uids};
use dicom_object::InMemDicomObject;
use dicom_transfer_syntax_registry::entries::IMPLICIT_VR_LITTLE_ENDIAN;
use dicom_ul::association::Error as Association;
use dicom_ul::association::client::{ClientAssociation, ClientAssociationOptions, CloseSocket};
use dicom_ul::pdu::{PDataValue, PDataValueType, Pdu};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};

use crate::domain::share::hub::Ways;
use crate::domain::share::imaging::Instance;
use crate::domain::share::trouble::{Config, Trouble};

/// Where the archive is and how it is spoken to.
pub struct Archive {
    address: String,
    called: String,
    calling: String,
    tls: Option<(Arc<rustls::ClientConfig>, String)>,
}

/// What is stored: the instance's names and its whole file.
pub struct Stored<'a> {
    pub instance: &'a Instance,
    pub file: &'a [u8],
}

/// What an archive gave back: the data set and its transfer syntax.
pub type Fetched = Option<(Vec<u8>, String)>;

/// The syntaxes an instance can be handed over in, its own first.
fn syntaxes(instance: &Instance) -> Vec<&str> {
    let own = instance.transfer_syntax.as_str();
    let plain = super::dicom::PLAIN;
    let others = plain.into_iter().filter(|one| plain.contains(&own) && *one != own);
    std::iter::once(own).chain(others).collect()
}

impl Archive {
    /// Reads `AET@host:port`.
    pub fn new(ways: &Ways) -> Result<Self, Trouble> {
        let wrong = || {
            let words = format!("{:?} 不是 AET@主机:端口", ways.dimse);
            Trouble::Config(Config::Association(words))
        };
        let (called, address) = ways.dimse.split_once('@').ok_or_else(wrong)?;
        let (host, port) = address.rsplit_once(':').ok_or_else(wrong)?;
        let _port: u16 = port.parse().map_err(|_| wrong())?;
        let tls = if ways.dimse_tls { Some((tls(ways)?, host.to_owned())) } else { None };
        let calling = if ways.calling_aet.is_empty() { "XINGLIN" } else { &ways.calling_aet };
        Ok(Self {
            address: address.to_owned(),
            called: called.to_owned(),
            calling: calling.to_owned(),
            tls,
        })
    }

    fn options(&self) -> ClientAssociationOptions<'_> {
        ClientAssociationOptions::new()
            .calling_ae_title(self.calling.as_str())
            .called_ae_title(self.called.as_str())
            .connection_timeout(Duration::from_secs(10))
            .read_timeout(Duration::from_mins(1))
            .write_timeout(Duration::from_mins(1))
    }

    /// Is it there, under these names?
    pub fn echo(&self) -> Result<(), Trouble> {
        let options = self.options().with_presentation_context(
            uids::VERIFICATION,
            vec![uids::IMPLICIT_VR_LITTLE_ENDIAN, uids::EXPLICIT_VR_LITTLE_ENDIAN],
        );
        self.with(options, &Echo)
    }

    /// Stores one instance; the status is the archive's.
    pub fn store(&self, stored: &Stored<'_>) -> Result<u16, Trouble> {
        let i = stored.instance;
        // One context a syntax: the archive says which of them it takes, and its own is preferred.
        let options = syntaxes(i).into_iter().fold(self.options(), |options, syntax| {
            options.with_presentation_context(&*i.sop_class, vec![syntax])
        });
        self.with(options, stored)
    }

    /// Fetches one instance's data set as the archive has it; `None` = it has none of this UID, or gives none out.
    pub fn fetch(&self, instance: &Instance) -> Result<Fetched, Trouble> {
        let options = self.options().with_presentation_context(
            uids::STUDY_ROOT_QUERY_RETRIEVE_INFORMATION_MODEL_GET,
            vec![uids::IMPLICIT_VR_LITTLE_ENDIAN],
        );
        let options = syntaxes(instance).into_iter().fold(options, |options, syntax| {
            options.with_presentation_context(&*instance.sop_class, vec![syntax])
        });
        let options = options.with_role_selection(&*instance.sop_class, false, true);
        self.with(options, &Fetch(instance))
    }

    fn with<W: Work>(
        &self,
        options: ClientAssociationOptions<'_>,
        work: &W,
    ) -> Result<W::Out, Trouble> {
        match &self.tls {
            None => {
                let association =
                    options.establish(&*self.address).map_err(|error| trouble(&error))?;
                finish(association, work)
            }
            Some((config, host)) => {
                let association = options
                    .tls_config(config.clone())
                    .server_name(host)
                    .establish_tls(&*self.address)
                    .map_err(|error| trouble(&error))?;
                finish(association, work)
            }
        }
    }
}

/// What is done inside an association.
trait Work {
    type Out;
    fn run<S: CloseSocket + Read + Write>(
        &self,
        a: &mut ClientAssociation<S>,
    ) -> Result<Self::Out, Trouble>;
}

fn finish<S: CloseSocket + Read + Write, W: Work>(
    mut association: ClientAssociation<S>,
    work: &W,
) -> Result<W::Out, Trouble> {
    match work.run(&mut association) {
        Ok(out) => {
            // What was answered counts, whether or not the goodbye was heard.
            let _goodbye = association.release();
            Ok(out)
        }
        Err(error) => {
            let _goodbye = association.abort();
            Err(error)
        }
    }
}

fn tls(ways: &Ways) -> Result<Arc<rustls::ClientConfig>, Trouble> {
    let bad = |what: &str, error: &dyn std::fmt::Display| {
        Trouble::Config(Config::BadKey(format!("{what}: {error}")))
    };
    let mut roots = rustls::RootCertStore::empty();
    for one in CertificateDer::pem_slice_iter(ways.ca.as_bytes()) {
        roots.add(one.map_err(|e| bad("ca", &e))?).map_err(|e| bad("ca", &e))?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|e| bad("tls", &e))?
        .with_root_certificates(roots);
    let config = if ways.certificate.is_empty() {
        builder.with_no_client_auth()
    } else {
        let chain = CertificateDer::pem_slice_iter(ways.certificate.as_bytes())
            .collect::<Result<Vec<_>, _>>()
            .map_err(|e| bad("certificate", &e))?;
        let key = PrivateKeyDer::from_pem_slice(ways.key.as_bytes()).map_err(|e| bad("key", &e))?;
        builder.with_client_auth_cert(chain, key).map_err(|e| bad("certificate", &e))?
    };
    Ok(Arc::new(config))
}

fn trouble(error: &Association) -> Trouble {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(inner) = cause {
        if let Some(tls) = inner.downcast_ref::<rustls::Error>() {
            return super::http::tls_trouble(tls);
        }
        if let Some(io) = inner.downcast_ref::<std::io::Error>() {
            if let Some(tls) = io.get_ref().and_then(|e| e.downcast_ref::<rustls::Error>()) {
                return super::http::tls_trouble(tls);
            }
            return super::http::io_trouble(io);
        }
        cause = inner.source();
    }
    match error {
        Association::Rejected { .. } => {
            Trouble::Config(Config::Association(super::dicom::chain(error)))
        }
        Association::NoAcceptedPresentationContexts { .. } => {
            Trouble::SyntaxRefused("没有对方接受的传输语法".to_owned())
        }
        _ => Trouble::Broken(super::dicom::chain(error)),
    }
}

struct Echo;

impl Work for Echo {
    type Out = ();

    fn run<S: CloseSocket + Read + Write>(
        &self,
        a: &mut ClientAssociation<S>,
    ) -> Result<(), Trouble> {
        let (context, _) = accepted(a, uids::VERIFICATION)?;
        command(
            a,
            context,
            &[(tags::AFFECTED_SOP_CLASS_UID, uids::VERIFICATION)],
            (0x0030, Follows::Nothing),
        )?;
        match status(&receive(a)?.command)? {
            0 => Ok(()),
            other => Err(Trouble::Refused(format!("C-ECHO status {other:#06x}"))),
        }
    }
}

impl Work for Stored<'_> {
    type Out = u16;

    fn run<S: CloseSocket + Read + Write>(
        &self,
        a: &mut ClientAssociation<S>,
    ) -> Result<u16, Trouble> {
        let (context, syntax) = accepted(a, &self.instance.sop_class)?;
        let own = self.instance.transfer_syntax.as_str();
        let data_set = super::dicom::data_set_in(self.file, (own, &syntax))
            .ok_or_else(|| Trouble::SyntaxRefused(own.to_owned()))?;
        command(
            a,
            context,
            &[
                (tags::AFFECTED_SOP_CLASS_UID, &self.instance.sop_class),
                (tags::AFFECTED_SOP_INSTANCE_UID, &self.instance.sop_uid),
            ],
            (0x0001, Follows::DataSet),
        )?;
        let mut data = a.send_pdata(context);
        data.write_all(&data_set)
            .and_then(|()| data.finish())
            .map_err(|error| super::http::io_trouble(&error))?;
        status(&receive(a)?.command)
    }
}

struct Fetch<'a>(&'a Instance);

impl Work for Fetch<'_> {
    type Out = Fetched;

    fn run<S: CloseSocket + Read + Write>(
        &self,
        a: &mut ClientAssociation<S>,
    ) -> Result<Self::Out, Trouble> {
        let model = uids::STUDY_ROOT_QUERY_RETRIEVE_INFORMATION_MODEL_GET;
        let Ok((context, _)) = accepted(a, model) else { return Ok(None) };
        if accepted(a, &self.0.sop_class).is_err() {
            return Ok(None);
        }
        command(a, context, &[(tags::AFFECTED_SOP_CLASS_UID, model)], (0x0010, Follows::DataSet))?;
        let wanted = InMemDicomObject::from_element_iter(
            [
                (tags::QUERY_RETRIEVE_LEVEL, VR::CS, "IMAGE"),
                (tags::STUDY_INSTANCE_UID, VR::UI, &self.0.study_uid),
                (tags::SERIES_INSTANCE_UID, VR::UI, &self.0.series_uid),
                (tags::SOP_INSTANCE_UID, VR::UI, &self.0.sop_uid),
            ]
            .map(|(tag, vr, value)| DataElement::new(tag, vr, PrimitiveValue::from(value))),
        );
        let bytes = encode(&wanted)?;
        let mut out = a.send_pdata(context);
        out.write_all(&bytes)
            .and_then(|()| out.finish())
            .map_err(|error| super::http::io_trouble(&error))?;
        let mut found = None;
        loop {
            let message = receive(a)?;
            let field = number(&message.command, tags::COMMAND_FIELD)?;
            match field {
                // C-STORE of what was asked for
                0x0001 => {
                    let uid = text(&message.command, tags::AFFECTED_SOP_INSTANCE_UID);
                    let class = text(&message.command, tags::AFFECTED_SOP_CLASS_UID);
                    if uid == self.0.sop_uid {
                        let contexts = a.presentation_contexts().iter();
                        let syntax = contexts
                            .filter(|one| one.id == message.context)
                            .map(|one| trimmed(&one.transfer_syntax))
                            .next()
                            .unwrap_or_default();
                        found = Some((message.data, syntax));
                    }
                    let id = number(&message.command, tags::MESSAGE_ID)?;
                    respond(a, (message.context, id), (&class, &uid))?;
                }
                // C-GET-RSP: pending, or the end
                0x8010 if matches!(status(&message.command)?, 0xFF00 | 0xFF01) => {}
                0x8010 => return Ok(found),
                other => return Err(Trouble::Broken(format!("unexpected command {other:#06x}"))),
            }
        }
    }
}

/// The first context that was accepted for an abstract syntax, with its transfer syntax.
fn accepted<S: CloseSocket + Read + Write>(
    a: &ClientAssociation<S>,
    syntax: &str,
) -> Result<(u8, String), Trouble> {
    a.presentation_contexts()
        .iter()
        .filter(|context| {
            context.reason == dicom_ul::pdu::PresentationContextResultReason::Acceptance
        })
        .find(|context| trimmed(&context.abstract_syntax) == syntax)
        .map(|context| (context.id, trimmed(&context.transfer_syntax)))
        .ok_or_else(|| Trouble::SyntaxRefused(syntax.to_owned()))
}

pub(super) fn trimmed(uid: &str) -> String {
    uid.trim_end_matches(['\0', ' ']).to_owned()
}

#[derive(Clone, Copy)]
enum Follows {
    DataSet,
    Nothing,
}

pub(super) fn encode(object: &InMemDicomObject) -> Result<Vec<u8>, Trouble> {
    let mut bytes = vec![];
    object
        .write_dataset_with_ts(&mut bytes, &IMPLICIT_VR_LITTLE_ENDIAN.erased())
        .map_err(|error| Trouble::Broken(super::dicom::chain(&error)))?;
    Ok(bytes)
}

fn send<S: CloseSocket + Read + Write>(
    a: &mut ClientAssociation<S>,
    context: u8,
    command: &InMemDicomObject,
) -> Result<(), Trouble> {
    let value = PDataValue {
        presentation_context_id: context,
        value_type: PDataValueType::Command,
        is_last: true,
        data: encode(command)?,
    };
    a.send(&Pdu::PData { data: vec![value] }).map_err(|error| trouble(&error))
}

fn command<S: CloseSocket + Read + Write>(
    a: &mut ClientAssociation<S>,
    context: u8,
    texts: &[(dicom_core::Tag, &str)],
    (field, follows): (u16, Follows),
) -> Result<(), Trouble> {
    let kind: u16 = match follows {
        Follows::DataSet => 0x0000,
        Follows::Nothing => 0x0101,
    };
    let mut elements = vec![
        DataElement::new(tags::COMMAND_FIELD, VR::US, dicom_value!(U16, [field])),
        DataElement::new(tags::MESSAGE_ID, VR::US, dicom_value!(U16, [1])),
        DataElement::new(tags::COMMAND_DATA_SET_TYPE, VR::US, dicom_value!(U16, [kind])),
    ];
    if field != 0x0030 {
        elements.push(DataElement::new(tags::PRIORITY, VR::US, dicom_value!(U16, [0])));
    }
    for (tag, text) in texts {
        elements.push(DataElement::new(*tag, VR::UI, PrimitiveValue::from(*text)));
    }
    send(a, context, &InMemDicomObject::command_from_element_iter(elements))
}

fn respond<S: CloseSocket + Read + Write>(
    a: &mut ClientAssociation<S>,
    (context, id): (u8, u16),
    (class, uid): (&str, &str),
) -> Result<(), Trouble> {
    let response = InMemDicomObject::command_from_element_iter([
        DataElement::new(tags::AFFECTED_SOP_CLASS_UID, VR::UI, PrimitiveValue::from(class)),
        DataElement::new(tags::COMMAND_FIELD, VR::US, dicom_value!(U16, [0x8001])),
        DataElement::new(tags::MESSAGE_ID_BEING_RESPONDED_TO, VR::US, dicom_value!(U16, [id])),
        DataElement::new(tags::COMMAND_DATA_SET_TYPE, VR::US, dicom_value!(U16, [0x0101])),
        DataElement::new(tags::STATUS, VR::US, dicom_value!(U16, [0x0000])),
        DataElement::new(tags::AFFECTED_SOP_INSTANCE_UID, VR::UI, PrimitiveValue::from(uid)),
    ]);
    send(a, context, &response)
}

struct Message {
    context: u8,
    command: InMemDicomObject,
    data: Vec<u8>,
}

/// One whole message: its command, and its data set if one follows.
fn receive<S: CloseSocket + Read + Write>(
    a: &mut ClientAssociation<S>,
) -> Result<Message, Trouble> {
    let (mut command, mut data) = (vec![], vec![]);
    let mut parsed: Option<InMemDicomObject> = None;
    let mut context;
    loop {
        let pdu = a.receive().map_err(|error| trouble(&error))?;
        let Pdu::PData { data: values } = pdu else {
            return Err(Trouble::Broken("对方中止了连接".to_owned()));
        };
        for value in values {
            context = value.presentation_context_id;
            match value.value_type {
                PDataValueType::Command => {
                    command.extend(value.data);
                    if value.is_last {
                        let object = InMemDicomObject::read_dataset_with_ts(
                            &command[..],
                            &IMPLICIT_VR_LITTLE_ENDIAN.erased(),
                        )
                        .map_err(|error| Trouble::Broken(super::dicom::chain(&error)))?;
                        if number(&object, tags::COMMAND_DATA_SET_TYPE)? == 0x0101 {
                            return Ok(Message { context, command: object, data });
                        }
                        parsed = Some(object);
                    }
                }
                PDataValueType::Data => {
                    data.extend(value.data);
                    if value.is_last
                        && let Some(command) = parsed.take()
                    {
                        return Ok(Message { context, command, data });
                    }
                }
            }
        }
    }
}

pub(super) fn number(object: &InMemDicomObject, tag: dicom_core::Tag) -> Result<u16, Trouble> {
    object
        .get(tag)
        .and_then(|element| element.to_int::<u16>().ok())
        .ok_or_else(|| Trouble::Broken(format!("the answer lacks {tag}")))
}

fn status(object: &InMemDicomObject) -> Result<u16, Trouble> {
    number(object, tags::STATUS)
}

pub(super) fn text(object: &InMemDicomObject, tag: dicom_core::Tag) -> String {
    object
        .get(tag)
        .and_then(|element| element.to_str().ok())
        .map(|text| text.trim_matches([' ', '\0']).to_owned())
        .unwrap_or_default()
}
