//! One record -> CDA XML. Elements stand in the order of HL7's schema; nothing of the Chinese templates that breaks it
//! (an age element) is written.
use std::fmt::Write;

use crate::domain::age::{Day, Sex};
use crate::domain::share::discharge::{Diagnosis, Discharge, Measurement, Medicine};
use crate::wire::time;
use crate::wire::ws500::{self, Section};

/// Writes the document. `org` is the OID below which this station names things.
pub fn write(record: &Discharge, org: &str) -> String {
    let mut xml = String::with_capacity(16 * 1024);
    xml.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ClinicalDocument xmlns=\"urn:hl7-org:v3\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">\n");
    header(&mut xml, record, org);
    people(&mut xml, record);
    encounter(&mut xml, record);
    xml.push_str("<component><structuredBody>\n");
    for section in ws500::SECTIONS {
        body_section(&mut xml, record, section);
    }
    for (title, text) in &record.other {
        add(
            &mut xml,
            format_args!(
                "<component><section><title>{}</title><text>{}</text></section></component>\n",
                esc(title),
                esc(text)
            ),
        );
    }
    xml.push_str("</structuredBody></component>\n</ClinicalDocument>\n");
    xml
}

use self::escape as esc;

/// Writing into a string cannot fail.
fn add(xml: &mut String, text: std::fmt::Arguments<'_>) {
    let _cannot_fail = xml.write_fmt(text);
}

/// Text for content and attributes; characters that XML has no place for are left out.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#10;"),
            '\r' => out.push_str("&#13;"),
            '\t' => out.push_str("&#9;"),
            c if c < ' ' || c == '\u{fffe}' || c == '\u{ffff}' => {}
            c => out.push(c),
        }
    }
    out
}

fn header(xml: &mut String, record: &Discharge, org: &str) {
    let written = record
        .written
        .map_or("nullFlavor=\"UNK\"".to_owned(), |at| format!("value=\"{}+0800\"", time::hl7(at)));
    add(
        xml,
        format_args!(
            "<realmCode code=\"CN\"/>\n<typeId root=\"2.16.840.1.113883.1.3\" extension=\"POCD_HD000040\"/>\n<templateId root=\"{template}\"/>\n<id root=\"{document}\" extension=\"{id}\"/>\n<code code=\"{code}\" codeSystem=\"{types}\" codeSystemName=\"卫生信息共享文档编码体系\" displayName=\"{title}\"/>\n<title>{title}</title>\n<effectiveTime {written}/>\n<confidentialityCode code=\"N\" codeSystem=\"2.16.840.1.113883.5.25\"/>\n<languageCode code=\"zh-CN\"/>\n<setId root=\"{org}\" extension=\"{id}\"/>\n<versionNumber value=\"{version}\"/>\n",
            template = ws500::TEMPLATE,
            document = ws500::OID_DOCUMENT,
            id = esc(&record.id),
            code = ws500::DOCUMENT_CODE,
            types = ws500::OID_DOCUMENT_TYPE,
            title = ws500::DOCUMENT_TITLE,
            version = record.version,
        ),
    );
}

fn sex_code(sex: Sex) -> (&'static str, &'static str) {
    match sex {
        Sex::Male => ("1", "男性"),
        Sex::Female => ("2", "女性"),
        Sex::Unknown => ("0", "未知的性别"),
    }
}

fn id(root: &str, extension: &str) -> String {
    if extension.is_empty() {
        return String::new();
    }
    format!("<id root=\"{root}\" extension=\"{}\"/>", esc(extension))
}

fn people(xml: &mut String, record: &Discharge) {
    let p = &record.patient;
    let role_id =
        [(ws500::OID_INPATIENT, &p.inpatient_number), (ws500::OID_HEALTH_CARD, &p.health_card)]
            .map(|(root, number)| id(root, number))
            .concat();
    // The schema wants one id at least; a person without any number says so.
    let role_id = if role_id.is_empty() { "<id nullFlavor=\"NI\"/>".to_owned() } else { role_id };
    let optional = |text: &str, form: &dyn Fn(String) -> String| {
        if text.is_empty() { String::new() } else { form(esc(text)) }
    };
    let (code, words) = sex_code(p.sex);
    add(
        xml,
        format_args!(
            "<recordTarget><patientRole>{role_id}{addr}{phone}<patient>{number}<name>{name}</name><administrativeGenderCode code=\"{code}\" codeSystem=\"{sexes}\" codeSystemName=\"生理性别代码表(GB/T 2261.1)\" displayName=\"{words}\"/>{birth}</patient></patientRole></recordTarget>\n",
            addr = optional(&p.address, &|text| format!(
                "<addr><streetAddressLine>{text}</streetAddressLine></addr>"
            )),
            phone = optional(&p.phone, &|text| format!("<telecom value=\"tel:{text}\"/>")),
            number = id(ws500::OID_ID_NUMBER, &p.id_number),
            name = esc(&p.name),
            sexes = ws500::OID_SEX,
            birth = p.birth.map_or(String::new(), |day| format!(
                "<birthTime value=\"{}\"/>",
                time::hl7_day(day)
            )),
        ),
    );
    let when = record.discharged.map_or("<time nullFlavor=\"UNK\"/>".to_owned(), |day| {
        format!("<time value=\"{}\"/>", time::hl7_day(day))
    });
    let staff = |name: &str| {
        if name.is_empty() {
            "<id nullFlavor=\"UNK\"/>".to_owned()
        } else {
            format!("<id root=\"{}\" nullFlavor=\"UNK\"/>", ws500::OID_STAFF)
        }
    };
    let person = |name: &str| {
        if name.is_empty() {
            String::new()
        } else {
            format!("<assignedPerson><name>{}</name></assignedPerson>", esc(name))
        }
    };
    let organization = format!(
        "{}<name>{}</name>",
        if record.hospital.code.is_empty() {
            "<id nullFlavor=\"UNK\"/>".to_owned()
        } else {
            id(ws500::OID_ORGANIZATION, &record.hospital.code)
        },
        esc(&record.hospital.name)
    );
    add(
        xml,
        format_args!(
            "<author>{when}<assignedAuthor>{}{}</assignedAuthor></author>\n<custodian><assignedCustodian><representedCustodianOrganization>{organization}</representedCustodianOrganization></assignedCustodian></custodian>\n",
            staff(&record.attending),
            person(&record.attending)
        ),
    );
    if !record.attending.is_empty() {
        add(
            xml,
            format_args!(
                "<legalAuthenticator>{when}<signatureCode code=\"S\"/><assignedEntity>{}<code displayName=\"住院医师\"/>{}</assignedEntity></legalAuthenticator>\n",
                staff(&record.attending),
                person(&record.attending)
            ),
        );
    }
    if !record.senior.is_empty() {
        add(
            xml,
            format_args!(
                "<authenticator>{when}<signatureCode code=\"S\"/><assignedEntity>{}<code displayName=\"上级医师\"/>{}</assignedEntity></authenticator>\n",
                staff(&record.senior),
                person(&record.senior)
            ),
        );
    }
    if record.version > 1 {
        add(
            xml,
            format_args!(
                "<relatedDocument typeCode=\"RPLC\"><parentDocument>{}<versionNumber value=\"{}\"/></parentDocument></relatedDocument>\n",
                id(ws500::OID_DOCUMENT, &record.id),
                record.version - 1
            ),
        );
    }
}

fn encounter(xml: &mut String, record: &Discharge) {
    let bound = |name: &str, day: Option<Day>| {
        day.map_or(String::new(), |day| format!("<{name} value=\"{}\"/>", time::hl7_day(day)))
    };
    let h = &record.hospital;
    // Bed, ward, department, hospital: each a part of the next, as the Chinese templates have it.
    let mut organization =
        format!("{}<name>{}</name>", id(ws500::OID_ORGANIZATION, &h.code), esc(&h.name));
    for (kind, name) in [("department", &h.department), ("ward", &h.ward), ("bed", &h.bed)] {
        if !name.is_empty() {
            organization = format!(
                "<id nullFlavor=\"NA\" assigningAuthorityName=\"{kind}\"/><name>{}</name><asOrganizationPartOf><wholeOrganization>{organization}</wholeOrganization></asOrganizationPartOf>",
                esc(name)
            );
        }
    }
    add(
        xml,
        format_args!(
            "<componentOf><encompassingEncounter>{}<effectiveTime>{}{}</effectiveTime><location><healthCareFacility><serviceProviderOrganization>{organization}</serviceProviderOrganization></healthCareFacility></location></encompassingEncounter></componentOf>\n",
            id(ws500::OID_INPATIENT, &record.patient.inpatient_number),
            bound("low", record.admitted),
            bound("high", record.discharged),
        ),
    );
}

fn element(code: &str, title: &str) -> String {
    format!(
        "<code code=\"{code}\" displayName=\"{}\" codeSystem=\"{}\" codeSystemName=\"卫生信息数据元目录\"/>",
        esc(title),
        ws500::OID_ELEMENT
    )
}

fn text_value(text: &str) -> String {
    format!("<value xsi:type=\"ST\">{}</value>", esc(text))
}

fn observation(code: &str, title: &str, value: &str) -> String {
    format!(
        "<observation classCode=\"OBS\" moodCode=\"EVN\">{}{value}</observation>",
        element(code, title)
    )
}

fn inner(code: &str, title: &str, text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    let observation = observation(code, title, &text_value(text));
    format!("<entryRelationship typeCode=\"COMP\">{observation}</entryRelationship>")
}

fn body_section(xml: &mut String, record: &Discharge, section: &Section) {
    let mut lines: Vec<String> = vec![];
    let mut entries: Vec<String> = vec![];
    for narrative in ws500::NARRATIVES.iter().filter(|n| n.section.loinc == section.loinc) {
        let text = narrative.text(record);
        if !text.is_empty() {
            lines.push(format!("{}：{text}", narrative.title));
            entries.push(observation(narrative.element, narrative.title, &text_value(text)));
        }
    }
    match section.loinc {
        code if code == ws500::ADMISSION.loinc => {
            diagnoses(&record.admission_diagnoses, "入院诊断", &mut lines, &mut entries);
        }
        code if code == ws500::DISCHARGE.loinc => {
            diagnoses(&record.discharge_diagnoses, "出院诊断", &mut lines, &mut entries);
        }
        code if code == ws500::OPERATIONS.loinc => operations(record, &mut lines, &mut entries),
        code if code == ws500::COURSE.loinc => {
            if let Some(days) = record.days() {
                lines.push(format!("实际住院天数：{days}"));
                let value = format!("<value xsi:type=\"PQ\" value=\"{days}\" unit=\"d\"/>");
                entries.push(observation(ws500::DE_DAYS, "实际住院天数", &value));
            }
        }
        code if code == ws500::ORDERS.loinc => {
            for medicine in &record.medicines {
                let m = medicine;
                lines.push(
                    [&m.name, &m.strength, &m.dose, &m.dose_unit, &m.route, &m.frequency, &m.note]
                        .map(String::as_str)
                        .join(" "),
                );
                entries.push(substance(medicine));
            }
        }
        code if code == ws500::LABORATORY.loinc => {
            for one in &record.measurements {
                lines.push(format!("{} {} {} {}", one.name, one.value, one.unit, one.reference));
                entries.push(result(one));
            }
        }
        code if code == ws500::ALLERGIES.loinc => {
            for allergy in &record.allergies {
                lines.push(allergy.clone());
                entries.push(observation("DE02.10.022.00", "过敏史", &text_value(allergy)));
            }
        }
        _ => {}
    }
    if entries.is_empty() {
        return;
    }
    let paragraphs: String =
        lines.iter().map(|line| format!("<paragraph>{}</paragraph>", esc(line.trim()))).collect();
    let entries: String = entries.iter().map(|entry| format!("<entry>{entry}</entry>\n")).collect();
    add(
        xml,
        format_args!(
            "<component><section><code code=\"{}\" displayName=\"{}\" codeSystem=\"{}\" codeSystemName=\"LOINC\"/><title>{}</title><text>{paragraphs}</text>\n{entries}</section></component>\n",
            section.loinc,
            section.loinc_name,
            ws500::OID_LOINC,
            section.title
        ),
    );
}

fn diagnoses(of: &[Diagnosis], title: &str, lines: &mut Vec<String>, entries: &mut Vec<String>) {
    for one in of {
        lines.push(format!("{title}：{} {} {}", one.name, one.icd10, one.outcome));
        let coded = if one.icd10.is_empty() {
            format!("<value xsi:type=\"CD\" nullFlavor=\"NI\" displayName=\"{}\"/>", esc(&one.name))
        } else {
            format!(
                "<value xsi:type=\"CD\" code=\"{}\" displayName=\"{}\" codeSystem=\"{}\" codeSystemName=\"ICD-10\"/>",
                esc(&one.icd10),
                esc(&one.name),
                ws500::OID_ICD10
            )
        };
        let outcome = inner(ws500::DE_OUTCOME, "治疗结果", &one.outcome);
        entries.push(observation(
            ws500::DE_DIAGNOSIS_CODE,
            &format!("{title}编码"),
            &format!("{coded}{outcome}"),
        ));
    }
}

fn operations(record: &Discharge, lines: &mut Vec<String>, entries: &mut Vec<String>) {
    for one in &record.operations {
        lines.push(format!("{} {} {}", one.name, one.code, one.note));
        let code = if one.code.is_empty() {
            format!("<code nullFlavor=\"NI\" displayName=\"{}\"/>", esc(&one.name))
        } else {
            format!(
                "<code code=\"{}\" displayName=\"{}\" codeSystem=\"{}\" codeSystemName=\"ICD-9-CM-3\"/>",
                esc(&one.code),
                esc(&one.name),
                ws500::OID_ICD9
            )
        };
        let when = one.on.map_or(String::new(), |day| {
            format!("<effectiveTime value=\"{}\"/>", time::hl7_day(day))
        });
        let note = inner("DE05.10.063.00", "手术过程描述", &one.note);
        entries.push(format!(
            "<procedure classCode=\"PROC\" moodCode=\"EVN\">{code}<statusCode code=\"completed\"/>{when}{note}</procedure>"
        ));
    }
}

fn substance(m: &Medicine) -> String {
    let route = if m.route.is_empty() {
        String::new()
    } else {
        format!("<routeCode nullFlavor=\"OTH\" displayName=\"{}\"/>", esc(&m.route))
    };
    let parts = [
        inner(ws500::DE_DOSE, "药物使用次剂量", &m.dose),
        inner(ws500::DE_DOSE_UNIT, "药物使用剂量单位", &m.dose_unit),
        inner(ws500::DE_STRENGTH, "药物规格", &m.strength),
        inner(ws500::DE_FREQUENCY, "药物使用频率", &m.frequency),
        inner("DE06.00.077.00", "用药天数", &m.days.map(|d| d.to_string()).unwrap_or_default()),
        inner("DE06.00.179.00", "备注", &m.note),
    ]
    .concat();
    format!(
        "<substanceAdministration classCode=\"SBADM\" moodCode=\"RQO\">{route}<consumable><manufacturedProduct><manufacturedLabeledDrug><name>{}</name></manufacturedLabeledDrug></manufacturedProduct></consumable>{parts}</substanceAdministration>",
        esc(&m.name)
    )
}

fn result(one: &Measurement) -> String {
    let code = if one.code.is_empty() {
        format!("<code nullFlavor=\"NI\" displayName=\"{}\"/>", esc(&one.name))
    } else {
        format!(
            "<code code=\"{}\" displayName=\"{}\" codeSystem=\"{}\" codeSystemName=\"LOINC\"/>",
            esc(&one.code),
            esc(&one.name),
            ws500::OID_LOINC
        )
    };
    let when = one
        .on
        .map_or(String::new(), |day| format!("<effectiveTime value=\"{}\"/>", time::hl7_day(day)));
    let value = if is_real(&one.value) {
        format!("<value xsi:type=\"PQ\" value=\"{}\" unit=\"{}\"/>", one.value, unit(&one.unit))
    } else {
        text_value(&one.value)
    };
    let units = if is_real(&one.value) && unit(&one.unit) == one.unit {
        String::new()
    } else {
        inner("DE04.30.017.00", "计量单位", &one.unit)
    };
    let reference = if one.reference.is_empty() {
        String::new()
    } else {
        format!(
            "<referenceRange><observationRange><text>{}</text></observationRange></referenceRange>",
            esc(&one.reference)
        )
    };
    format!(
        "<observation classCode=\"OBS\" moodCode=\"EVN\">{code}<statusCode code=\"completed\"/>{when}{value}{units}{reference}</observation>"
    )
}

/// `cs` of the schema has no blanks.
fn unit(unit: &str) -> String {
    if unit.is_empty() || unit.chars().any(|c| c.is_whitespace() || matches!(c, '<' | '&' | '"')) {
        "1".to_owned()
    } else {
        unit.to_owned()
    }
}

fn is_real(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    !digits.is_empty()
        && digits.bytes().all(|b| b.is_ascii_digit() || b == b'.')
        && digits.bytes().filter(|b| *b == b'.').count() <= 1
        && digits.starts_with(|c: char| c.is_ascii_digit())
        && digits.ends_with(|c: char| c.is_ascii_digit())
}
