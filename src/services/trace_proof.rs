//! What an inspector, or the sender of a recall, gets on paper: the life of a code, of a lot, the report of a recall.
use std::collections::BTreeMap;
use std::path::Path;

use super::clinic::Clinic;
use super::clinic::trace::{Dispensed, PackLife, RecallReport, Stop};
use super::failure::{Failure, Kind};
use super::print::{Printed, keep};
use crate::domain::trace::history::Event;
use crate::domain::trace::pack::Pack;
use crate::domain::trace::recall::Nature;
use crate::domain::trace::stock::LotStock;
use crate::paper::proof::{self, Proof, Section};

const WIDTH: usize = 76;

impl Clinic {
    /// The life of a code as a PDF, in `file` or among the prints.
    pub fn print_life(&mut self, raw: &str, file: Option<&Path>) -> Result<Printed, Stop> {
        let life = self.pack_life(raw)?;
        let code = life.events.first().map_or("", |event| event.event.code.as_str()).to_owned();
        let sections = life_sections(&life, self.may(crate::domain::role::Action::OpenChart));
        let title = format!("{} 药品追溯凭证", self.clinic_name());
        Ok(self.print_proof((title, format!("code-{code}")), sections, file)?)
    }

    /// The life of a lot as a PDF.
    pub fn print_lot(
        &mut self,
        (product, lot): (&str, &str),
        file: Option<&Path>,
    ) -> Result<Printed, Failure> {
        let life = self.lot_life(product, lot)?;
        if life.packs.is_empty() {
            return Err(Failure::new(Kind::User, "没有这个批号的药。", "There is no such lot."));
        }
        let name = self.product_label(product)?;
        let mut sections = vec![Section {
            heading: format!("{name}  批号 {lot}"),
            rows: life.lots.iter().map(sums).collect(),
        }];
        sections.push(packs_section(format!("各码（{}）", life.packs.len()), &life.packs));
        sections.push(patients_section("发给", &life.patients, Phone::Left));
        let title = format!("{} 药品批号凭证", self.clinic_name());
        self.print_proof((title, format!("lot-{product}-{lot}")), sections, file)
    }

    /// The report of a recall as a PDF: places in stock, patients with telephone, room for what was done.
    pub fn print_recall(&mut self, id: &str, file: Option<&Path>) -> Result<Printed, Stop> {
        let report = self.recall_report(id)?;
        let name = self.product_label(&report.recall.product)?;
        let sections = recall_sections(&report, &name);
        let title = format!("{} 药品召回报告", self.clinic_name());
        Ok(self.print_proof((title, format!("recall-{id}")), sections, file)?)
    }

    /// The list of refused packs as a PDF, one section a supplier: it goes with them.
    pub fn print_rejected(
        &mut self,
        supplier: Option<&str>,
        file: Option<&Path>,
    ) -> Result<Printed, Failure> {
        let mut by_supplier: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for line in self.rejected()? {
            let is = &line.is;
            let day = is.pack.expiry.map_or_else(|| "不明".to_owned(), |day| day.to_string());
            let row = format!(
                "{}  {}  批号 {}  有效期 {day}  {}  随货单 {}",
                is.pack.code, line.label, is.pack.lot, is.reason, is.bill
            );
            by_supplier.entry(is.supplier.clone()).or_default().push(row);
        }
        by_supplier.retain(|known, _| supplier.is_none_or(|wanted| wanted == known));
        if by_supplier.is_empty() {
            return Err(Failure::new(
                Kind::User,
                "没有待退的拒收药品。",
                "No refused packs wait to go back.",
            ));
        }
        let section = |(supplier, rows): (String, Vec<String>)| Section {
            heading: format!(
                "{}（{} 盒）",
                if supplier.is_empty() { "未写供应商" } else { &supplier },
                rows.len()
            ),
            rows,
        };
        let sections = by_supplier.into_iter().map(section).collect();
        let title = format!("{} 拒收药品退货清单", self.clinic_name());
        self.print_proof((title, format!("rejected-{}", self.today())), sections, file)
    }

    fn product_label(&self, product: &str) -> Result<String, Failure> {
        let known = self.store.product(product)?;
        Ok(known.map_or_else(|| product.to_owned(), |product| product.label()))
    }

    fn print_proof(
        &self,
        (title, name): (String, String),
        sections: Vec<Section>,
        file: Option<&Path>,
    ) -> Result<Printed, Failure> {
        let head = self.store.trace_head()?.map_or_else(
            || "账本为空".to_owned(),
            |(key, hash)| format!("账本至第 {} 条（{}）散列 {hash}", key.seq, key.stream),
        );
        let proof = Proof {
            title,
            printed: format!("{}  {}", self.now(), self.who().display_name),
            sections,
            head,
            foot: "由只增不改的账本生成；核对：xinglin trace check，散列应在链上。签字：          日期：".to_owned(),
        };
        let (bytes, missing) = proof::pdf(&proof)
            .map_err(|error| Failure::new(Kind::Data, error.to_string(), error.to_string()))?;
        let file = match file {
            Some(path) => {
                std::fs::write(path, &bytes).map_err(|error| {
                    Failure::new(
                        Kind::Data,
                        format!("写不了 {}：{error}。", path.display()),
                        format!("{} cannot be written: {error}.", path.display()),
                    )
                })?;
                path.to_owned()
            }
            None => keep(self, (&format!("{}.pdf", plain(&name)), &bytes))?,
        };
        Ok(Printed { sheets: vec![proof::preview(&proof, WIDTH)], file: Some(file), missing })
    }
}

/// A file name of what people typed.
fn plain(name: &str) -> String {
    name.chars().map(|c| if c.is_alphanumeric() || c == '-' { c } else { '_' }).take(80).collect()
}

/// Whether telephone numbers are printed: for calling people, not for an inspector's file.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Phone {
    Printed,
    Left,
}

fn life_sections(life: &PackLife, patients_seen: bool) -> Vec<Section> {
    let mut sections = vec![Section {
        heading: format!(
            "追溯码 {}",
            life.events.first().map_or("", |event| event.event.code.as_str())
        ),
        rows: about(life),
    }];
    sections.push(Section {
        heading: format!("来龙去脉（{} 条）", life.events.len()),
        rows: life.events.iter().map(told).collect(),
    });
    if !life.children.is_empty() {
        sections.push(packs_section(format!("箱内（{}）", life.children.len()), &life.children));
    }
    if patients_seen {
        sections.push(patients_section("发给", &life.patients, Phone::Left));
    }
    sections
}

fn about(life: &PackLife) -> Vec<String> {
    let mut rows = vec![];
    if let Some(product) = &life.product {
        rows.push(format!("{}  {}  {}", product.label(), product.maker, product.approval));
    }
    if let Some(pack) = &life.pack {
        let day = |day: Option<crate::domain::age::Day>| {
            day.map_or_else(|| "不明".to_owned(), |day| day.to_string())
        };
        rows.push(format!(
            "批号 {}  生产 {}  有效期至 {}",
            pack.lot,
            day(pack.made),
            day(pack.expiry)
        ));
        let t = &pack.tally;
        rows.push(format!(
            "现为{}  位置 {}  在架 {}  隔离 {}",
            pack.state.name_zh(),
            pack.place,
            pack.shelf,
            pack.held
        ));
        rows.push(format!(
            "收 {} 发 {} 患者退 {} 退供应商 {} 销毁 {} 盘亏 {} 盘盈 {}",
            t.received, t.dispensed, t.back, t.sent_back, t.destroyed, t.lost, t.found
        ));
        if let Some(recall) = &pack.recall {
            rows.push(format!("在召回 {recall} 之下"));
        }
    }
    rows
}

fn told(event: &Event) -> String {
    let context = &event.event.context;
    format!(
        "{:>6}  {}  {}  {}  {} {}",
        event.key.seq,
        event.at,
        event.event.what.told().zh,
        event.actor,
        context.bill,
        context.partner
    )
    .trim_end()
    .to_owned()
}

fn sums(lot: &LotStock) -> String {
    let expiry = lot.expiry.map_or_else(|| "不明".to_owned(), |day| day.to_string());
    format!(
        "效期 {expiry}：收 {} 发 {} 患者退 {} 退供应商 {} 销毁 {} 盘亏 {} 盘盈 {} = 在架 {} + 隔离 {}；待到 {}",
        lot.received,
        lot.dispensed,
        lot.back,
        lot.sent_back,
        lot.destroyed,
        lot.lost,
        lot.found,
        lot.shelf,
        lot.held,
        lot.expected
    )
}

fn packs_section(heading: String, packs: &[Pack]) -> Section {
    let row = |pack: &Pack| {
        format!(
            "{}  {}  {}  在架 {} 隔离 {}",
            pack.code,
            pack.state.name_zh(),
            pack.place,
            pack.shelf,
            pack.held
        )
    };
    Section { heading, rows: packs.iter().map(row).collect() }
}

fn patients_section(heading: &str, patients: &[Dispensed], phone: Phone) -> Section {
    let row = |one: &Dispensed| {
        let phone = if phone == Phone::Printed {
            format!("  电话 {}", if one.phone.is_empty() { "未登记" } else { &one.phone })
        } else {
            String::new()
        };
        format!(
            "{}{phone}  {}  {}  {}（就诊 {}）",
            one.name, one.at, one.code, one.units, one.visit
        )
    };
    Section {
        heading: format!("{heading}（{} 人次）", patients.len()),
        rows: patients.iter().map(row).collect(),
    }
}

fn recall_sections(report: &RecallReport, name: &str) -> Vec<Section> {
    let recall = &report.recall;
    let nature =
        if recall.nature == Nature::Drill { "演练（未隔离）" } else { "实际召回" };
    let mut places: BTreeMap<&str, (u32, u32)> = BTreeMap::new();
    for pack in report.packs.iter().filter(|pack| pack.in_house() > 0) {
        let place = places.entry(pack.place.as_str()).or_default();
        place.0 += 1;
        place.1 += pack.in_house();
    }
    let range = recall
        .codes
        .as_ref()
        .map_or_else(String::new, |(first, last)| format!("  码段 {first} 至 {last}"));
    let mut head = vec![
        format!("{name}  批号 {}{range}", recall.lots.join("、")),
        format!("{} 级  {nature}  原因：{}", recall.class, recall.reason),
        format!("涉及 {} 个码，患者 {} 人次", report.packs.len(), report.patients.len()),
    ];
    head.extend(places.iter().map(|(place, (packs, units))| {
        let place = if place.is_empty() { "（未写位置）" } else { place };
        format!("在库：{place}  {packs} 盒  {units} 最小单位")
    }));
    let in_house: Vec<Pack> =
        report.packs.iter().filter(|pack| pack.in_house() > 0).cloned().collect();
    vec![
        Section { heading: format!("召回 {}", recall.id), rows: head },
        packs_section(format!("在库（{}）", in_house.len()), &in_house),
        patients_section("通知患者", &report.patients, Phone::Printed),
        Section {
            heading: "处理结果（手写）".to_owned(),
            rows: vec!["已停用 □  已隔离 □  已通知患者 □  已退回/销毁 □".to_owned()],
        },
    ]
}
