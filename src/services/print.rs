//! The last step of the visit: the signed prescription on paper, as preview and as PDF file in the data directory.
use std::path::PathBuf;

use super::{
    clinic::Clinic,
    failure::{Failure, Kind},
};
use crate::{
    domain::{
        age::Sex,
        patient::{Allergies, Details, Patient},
        rx::signa,
        visit::{Certainty, PrescriptionLine, SignedVisit, SkinTest, TriageLevel, VisitId},
    },
    paper::prescription::{self, Line, Sheet, SheetKind},
};

/// What came out of the printer's side.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Printed {
    /// One list of lines for each sheet; empty when nothing was prescribed.
    pub sheets: Vec<Vec<String>>,
    /// `None` for a preview.
    pub file: Option<PathBuf>,
    /// Characters that the font lacks.
    pub missing: Vec<char>,
}

/// What to print, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PrintJob {
    pub visit: VisitId,
    /// Cells of the preview.
    pub width: usize,
    /// Also write the PDF.
    pub to_file: bool,
    /// Marks the sheet as invalid.
    pub demo: bool,
    /// 补打: printed before.
    pub reprint: bool,
}

/// Under this age the sheet is a paediatric one.
const CHILD_YEARS: f64 = 14.0;

/// Sheets of a signed visit as they will be printed, and the PDF when `to_file`.
pub fn print(clinic: &mut Clinic, job: PrintJob) -> Result<Printed, Failure> {
    let (patient, visit) = clinic.visit_to_print(job.visit)?;
    if visit.visit.prescription.lines.is_empty() {
        return Ok(Printed::default());
    }
    let sheets = prescription::split(&sheet(clinic, job, (&patient, &visit)));
    let previews = sheets.iter().map(|sheet| prescription::preview(sheet, job.width)).collect();
    let mut printed = Printed { sheets: previews, ..Printed::default() };
    if job.to_file {
        let (bytes, missing) = prescription::pdf(&sheets, None).map_err(|error| not_set(&error))?;
        printed.file = Some(write(clinic, &visit, &bytes)?);
        printed.missing = missing;
    }
    Ok(printed)
}

fn not_set(error: &prescription::PaperError) -> Failure {
    Failure::new(Kind::Data, error.to_string(), error.to_string()).kept("", "")
}

fn write(clinic: &Clinic, visit: &SignedVisit, bytes: &[u8]) -> Result<PathBuf, Failure> {
    let number = visit.prescription_number.clone().unwrap_or_else(|| visit.id.0.to_string());
    let name: String =
        number.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    keep(clinic, (&format!("rx-{name}.pdf"), bytes))
        .map_err(|failure| failure.kept("就诊记录已保存。", "The visit is saved."))
}

/// A printed file of this name in the data directory; it stands whole or not at all.
pub(in crate::services) fn keep(
    clinic: &Clinic,
    (name, bytes): (&str, &[u8]),
) -> Result<PathBuf, Failure> {
    let folder = clinic.station.layout().root().join("prints");
    let path = folder.join(name);
    let part = folder.join(format!("{name}.part"));
    let written = std::fs::create_dir_all(&folder)
        .and_then(|()| std::fs::write(&part, bytes))
        .and_then(|()| std::fs::rename(&part, &path));
    written.map(|()| path).map_err(|error| {
        Failure::new(
            Kind::Data,
            format!("文件写不进数据目录（{error}）。"),
            format!("The file could not be written ({error})."),
        )
        .next("请清理磁盘后再打印一次。", "Free some disk space and print again.")
    })
}

fn sheet(clinic: &Clinic, job: PrintJob, (patient, signed): (&Patient, &SignedVisit)) -> Sheet {
    let details = &patient.details;
    let day = signed.signed.day();
    let age = details.age(day);
    let child = age.is_some_and(|age| age.years() < CHILD_YEARS);
    let emergency = signed.visit.triage.as_ref().is_some_and(|t| t.level == TriageLevel::Emergency);
    Sheet {
        clinic: clinic.clinic_name().to_owned(),
        kind: match (emergency, child) {
            (true, _) => SheetKind::Emergency,
            (_, true) => SheetKind::Paediatric,
            _ => SheetKind::Ordinary,
        },
        number: signed.prescription_number.clone().unwrap_or_default(),
        date: day.to_string(),
        name: details.name.clone(),
        sex: sex_word(details.sex).to_owned(),
        age: age.map_or_else(String::new, |age| age.to_string()),
        weight: details.weight.map_or_else(String::new, |w| format!("{}kg", w.kilograms())),
        address: details.address.clone(),
        diagnosis: diagnoses(signed),
        allergies: allergies(details),
        lines: lines(signed),
        doctor: signed.doctor_name.clone(),
        reprint: job.reprint,
        demo: job.demo,
    }
}

fn sex_word(sex: Sex) -> &'static str {
    match sex {
        Sex::Male => "男",
        Sex::Female => "女",
        Sex::Unknown => "未填",
    }
}

fn diagnoses(signed: &SignedVisit) -> String {
    let word = |d: &crate::domain::visit::ChosenDiagnosis| match d.certainty {
        Certainty::Confirmed => d.name.clone(),
        Certainty::Suspected => format!("{}？", d.name),
        Certainty::RuleOut => format!("{}待排", d.name),
    };
    signed.visit.diagnoses.iter().map(word).collect::<Vec<_>>().join("；")
}

fn allergies(details: &Details) -> String {
    match &details.allergies {
        Allergies::NotAsked => "未问".to_owned(),
        Allergies::None => "无".to_owned(),
        Allergies::Known(list) => {
            list.iter().map(|a| a.substance.as_str()).collect::<Vec<_>>().join("、")
        }
    }
}

/// Each drug, with who signed a stop on it over; a stop on the whole sheet is told at its first drug.
fn lines(signed: &SignedVisit) -> Vec<Line> {
    let prescription = &signed.visit.prescription;
    let mut printed: Vec<Line> = prescription.lines.iter().map(line).collect();
    for alert in &prescription.alerts {
        let Some(second) = &alert.second else { continue };
        let of_sheet = [0];
        let places = if alert.lines.is_empty() { &of_sheet[..] } else { &alert.lines };
        let words = format!("双签 {}", second.words());
        for place in places {
            if let Some(line) = printed.get_mut(usize::from(*place))
                && !line.remark.contains(&words)
            {
                let gap = if line.remark.is_empty() { "" } else { "  " };
                line.remark = format!("{}{gap}{words}", line.remark);
            }
        }
    }
    printed
}

/// One drug as the law wants it printed: name and strength, quantity, directions without abbreviations.
fn line(line: &PrescriptionLine) -> Line {
    let days = line.days.map_or_else(String::new, |days| format!("  {days}天"));
    let quantity =
        line.quantity.map_or_else(String::new, |n| format!("×{n}{}", line.quantity_unit));
    let skin = match line.skin_test {
        None => String::new(),
        Some(SkinTest::NotDone) => "皮试（　）".to_owned(),
        Some(SkinTest::Negative) => "皮试（－）".to_owned(),
        Some(SkinTest::Positive) => "皮试（＋）".to_owned(),
        Some(SkinTest::Continued) => "续用同批，免试".to_owned(),
    };
    let solvent =
        if line.solvent.is_empty() { String::new() } else { format!("加入{}  ", line.solvent) };
    Line {
        drug: format!("{} {}", line.name, line.strength).trim_end().to_owned(),
        quantity,
        directions: format!(
            "{solvent}每次{}{}  {}  {}{days}",
            line.dose,
            line.dose_unit,
            signa::route_zh(&line.route),
            signa::frequency_zh(&line.frequency)
        ),
        remark: [skin, line.remark.clone()]
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join("  "),
    }
}
