//! What each line of a table would do: something new, other words about something known, nothing, or nothing possible.
use super::columns::Fields;
use super::{Clinic, Fate, Line, Payload, Sender, despatch_of};
use crate::domain::trace::ledger::Particulars;
use crate::domain::trace::pack::State;
use crate::domain::trace::product::{Agreement, Product, Progress};
use crate::services::clinic::trace::{Announced, DespatchIn};
use crate::services::trace_upload::{ReadEvent, ReadFault};

type Rows = Vec<Result<Fields, String>>;

fn bad(number: usize, label: String, what: String) -> Line {
    Line { number, label, fate: Fate::Bad(what), stop: None, note: String::new() }
}

/// The number that a complaint begins with, for rows that could not be read at all.
fn number_in(complaint: &str) -> usize {
    complaint
        .chars()
        .skip_while(|c| !c.is_ascii_digit())
        .take_while(char::is_ascii_digit)
        .collect::<String>()
        .parse()
        .unwrap_or(0)
}

pub(super) fn products(rows: Rows, known: &[Product]) -> (Vec<Line>, Vec<Product>) {
    let (mut lines, mut kept) = (vec![], Vec::<Product>::new());
    for row in rows {
        let (number, product) = match row {
            Ok(fields) => (fields.line, product_of(&fields)),
            Err(what) => (number_in(&what), Err(what)),
        };
        let product = match product {
            Ok(product) => product,
            Err(what) => {
                lines.push(bad(number, String::new(), what));
                continue;
            }
        };
        let label = format!("{}  {}", product.id, product.label());
        if kept.iter().any(|other| other.id == product.id) {
            lines.push(bad(
                number,
                label,
                format!("第 {number} 行：编号 {} 在文件里有两次", product.id),
            ));
            continue;
        }
        // Two products of one code prefix: no scan could tell them apart.
        let twin = kept.iter().chain(known).find(|other| {
            other.id != product.id
                && (!product.prefix.is_empty() && other.prefix == product.prefix
                    || !product.gtin.is_empty() && other.gtin == product.gtin)
        });
        if let Some(twin) = twin {
            let what =
                format!("第 {number} 行：标识码或商品条码已属于 {}（{}）", twin.id, twin.label());
            lines.push(bad(number, label, what));
            continue;
        }
        let fate = match known.iter().find(|other| other.id == product.id) {
            None => Fate::New,
            Some(before) if *before == product => Fate::Same,
            Some(before) => Fate::Changed(differences(before, &product)),
        };
        let note = asked_for(&product);
        if fate != Fate::Same {
            kept.push(product);
        }
        lines.push(Line { number, label, fate, stop: None, note });
    }
    (lines, kept)
}

fn product_of(fields: &Fields) -> Result<Product, String> {
    let prefix = fields.digits("prefix")?;
    if !prefix.is_empty() && (prefix.len() != 7 || !prefix.bytes().all(|b| b.is_ascii_digit())) {
        return Err(fields.wrong("标识码 prefix 应是追溯码的前 7 位数字"));
    }
    let gtin = match fields.digits("gtin")?.as_str() {
        "" => String::new(),
        gtin if (8..=14).contains(&gtin.len()) && gtin.bytes().all(|b| b.is_ascii_digit()) => {
            format!("{gtin:0>14}")
        }
        _ => return Err(fields.wrong("商品条码 gtin 应是 8 到 14 位数字")),
    };
    let or = |name: &str, otherwise: &str| {
        let text = fields.text(name);
        if text.is_empty() { otherwise.to_owned() } else { text }
    };
    let units =
        fields.number("units")?.ok_or_else(|| fields.wrong("缺 units（每盒多少片/粒/支）"))?;
    if units == 0 {
        return Err(fields.wrong("units（每盒数量）不能为 0"));
    }
    Ok(Product {
        id: fields.needed("id")?,
        name: fields.needed("name")?,
        strength: fields.text("strength"),
        form: fields.text("form"),
        maker: fields.text("maker"),
        approval: fields.text("approval"),
        drug: Some(fields.text("drug")).filter(|drug| !drug.is_empty()),
        prefix,
        gtin,
        units,
        unit: or("unit", "片"),
        pack_unit: or("pack_unit", "盒"),
        insurance: fields.text("insurance"),
        rx: !matches!(fields.text("rx").to_lowercase().as_str(), "0" | "否" | "otc" | "n" | "no"),
        price_fen: fields.fen("price")?,
    })
}

/// Each field whose words change: `单价 5.60→5.20`.
fn differences(before: &Product, after: &Product) -> Vec<String> {
    let price = |fen: Option<u32>| {
        fen.map_or_else(|| "空".to_owned(), |fen| format!("{}.{:02}", fen / 100, fen % 100))
    };
    let rx = |rx: bool| if rx { "是" } else { "否" }.to_owned();
    let pairs = |p: &Product| {
        [
            ("名称", p.name.clone()),
            ("规格", p.strength.clone()),
            ("剂型", p.form.clone()),
            ("厂家", p.maker.clone()),
            ("批准文号", p.approval.clone()),
            ("知识库编号", p.drug.clone().unwrap_or_default()),
            ("标识码", p.prefix.clone()),
            ("商品条码", p.gtin.clone()),
            ("每盒数量", p.units.to_string()),
            ("最小单位", p.unit.clone()),
            ("包装单位", p.pack_unit.clone()),
            ("医保编码", p.insurance.clone()),
            ("处方药", rx(p.rx)),
            ("单价", price(p.price_fen)),
        ]
    };
    let shown = |text: String| if text.is_empty() { "空".to_owned() } else { text };
    pairs(before)
        .into_iter()
        .zip(pairs(after))
        .filter(|((_, was), (_, is))| was != is)
        .map(|((name, was), (_, is))| format!("{name} {}→{}", shown(was), shown(is)))
        .collect()
}

/// What scanning, prescriptions or the platforms will ask for.
fn asked_for(product: &Product) -> String {
    let lacks: Vec<&str> = [
        (product.prefix.is_empty() && product.gtin.is_empty(), "标识码（扫码认不出药）"),
        (product.drug.is_none(), "知识库编号（配不上处方）"),
        (product.insurance.is_empty(), "医保编码"),
        (product.maker.is_empty(), "厂家"),
        (product.approval.is_empty(), "批准文号"),
    ]
    .into_iter()
    .filter_map(|(lacks, name)| lacks.then_some(name))
    .collect();
    if lacks.is_empty() { String::new() } else { format!("缺 {}", lacks.join("、")) }
}

pub(super) fn agreements(
    rows: Rows,
    known: &[Product],
    standing: &[Progress],
) -> (Vec<Line>, Vec<Agreement>) {
    let (mut lines, mut kept) = (vec![], vec![]);
    for row in rows {
        let (number, read) = match row {
            Ok(fields) => (fields.line, agreement_of(&fields, known)),
            Err(what) => (number_in(&what), Err(what)),
        };
        let agreement = match read {
            Ok(agreement) => agreement,
            Err(what) => {
                lines.push(bad(number, String::new(), what));
                continue;
            }
        };
        let label = format!("{}  {}  {}", agreement.batch, agreement.product, agreement.agreed);
        let before = standing.iter().map(|progress| &progress.agreement).find(|other| {
            other.batch == agreement.batch
                && other.product == agreement.product
                && other.from == agreement.from
        });
        let fate = match before {
            None => Fate::New,
            Some(before) if *before == agreement => Fate::Same,
            Some(before) => {
                Fate::Changed(vec![format!("约定量 {}→{}", before.agreed, agreement.agreed)])
            }
        };
        if fate != Fate::Same {
            kept.push(agreement);
        }
        lines.push(Line { number, label, fate, stop: None, note: String::new() });
    }
    (lines, kept)
}

fn agreement_of(fields: &Fields, known: &[Product]) -> Result<Agreement, String> {
    let lacks = |name: &str| fields.wrong(&format!("缺 {name}"));
    let product = fields.needed("product")?;
    if !known.iter().any(|other| other.id == product) {
        return Err(fields.wrong(&format!("目录里没有药品 {product}，先导入目录")));
    }
    let from = fields.day("from")?.ok_or_else(|| lacks("from"))?;
    let to = fields.day("to")?.ok_or_else(|| lacks("to"))?;
    if to < from {
        return Err(fields.wrong("to（结束）早于 from（开始）"));
    }
    Ok(Agreement {
        batch: fields.needed("batch")?,
        product,
        agreed: fields.number("agreed")?.ok_or_else(|| lacks("agreed"))?,
        price_fen: fields.fen("price")?.unwrap_or(0),
        from,
        to,
    })
}

pub(super) fn despatch(rows: Rows, sender: &Sender) -> (Vec<Line>, Vec<(usize, DespatchIn)>) {
    let (mut lines, mut read) = (vec![], vec![]);
    for row in rows {
        let (number, one) = match row {
            Ok(fields) => (fields.line, despatch_line(&fields, sender)),
            Err(what) => (number_in(&what), Err(what)),
        };
        match one {
            Ok(one) => read.push((number, one)),
            Err(what) => lines.push(bad(number, String::new(), what)),
        }
    }
    (lines, read)
}

fn despatch_line(fields: &Fields, sender: &Sender) -> Result<DespatchIn, String> {
    let or = |text: String, otherwise: &str| {
        if text.is_empty() { otherwise.to_owned() } else { text }
    };
    let bill = or(fields.text("bill"), &sender.bill);
    if bill.is_empty() {
        return Err(fields.wrong("缺 bill（随货单号）；文件里没有就在导入时填"));
    }
    let code = fields.digits("code")?;
    if code.is_empty() {
        return Err(fields.wrong("缺 code（追溯码）"));
    }
    Ok(DespatchIn {
        bill,
        supplier: or(fields.text("supplier"), &sender.supplier),
        code,
        is: Particulars {
            product: fields.text("product"),
            lot: fields.text("lot"),
            made: fields.day("made")?,
            expiry: fields.day("expiry")?,
            level: fields.number("level")?.unwrap_or(1),
            parent: Some(fields.digits("parent")?).filter(|parent| !parent.is_empty()),
            units: 0,
        },
    })
}

impl Clinic {
    /// Lines of a list against what the ledger knows.
    pub(super) fn announce(
        &self,
        mut lines: Vec<Line>,
        read: Vec<(usize, DespatchIn)>,
    ) -> (Vec<Line>, Payload) {
        let plain: Vec<DespatchIn> = read.iter().map(|(_, line)| line.clone()).collect();
        let mut kept = vec![];
        for ((number, one), judged) in read.into_iter().zip(self.judge_despatch(&plain)) {
            let label = format!("{}  {}  {}", one.bill, one.code, one.is.lot);
            let mut refused = None;
            let (fate, note) = match judged {
                Ok(Announced::New(_)) => (Fate::New, String::new()),
                Ok(Announced::Known(State::Expected)) => (Fate::Same, String::new()),
                Ok(Announced::Known(state)) => {
                    (Fate::Same, format!("已到过货（{}）", state.name_zh()))
                }
                Err(stop) => {
                    let what = format!("第 {number} 行【{}】{}", stop.word(), stop.words().zh);
                    refused = Some(stop);
                    (Fate::Bad(what), String::new())
                }
            };
            if fate == Fate::New {
                kept.push((number, one));
            }
            lines.push(Line { number, label, fate, stop: refused, note });
        }
        lines.sort_by_key(|line| line.number);
        (lines, Payload::Despatch(kept))
    }

    /// Shipping events of a supplier; the others say nothing that is expected here.
    pub(super) fn judge_epcis(
        &self,
        events: Vec<Result<ReadEvent, ReadFault>>,
        sender: &Sender,
    ) -> (Vec<Line>, Payload) {
        let (mut lines, mut read) = (vec![], vec![]);
        for (at, event) in events.into_iter().enumerate() {
            let number = at + 1;
            match event {
                Err(fault) => {
                    lines.push(bad(number, String::new(), fault.to_string()));
                }
                Ok(event) => {
                    let what = format!("{} {}", event.kind, event.biz_step);
                    let codes =
                        despatch_of(std::slice::from_ref(&event), &sender.bill, &sender.supplier);
                    if codes.is_empty() {
                        let note = format!("不是发货事件（{what}），不登记");
                        let label = format!("{} 个码", event.epcs.len());
                        lines.push(Line { number, label, fate: Fate::Same, stop: None, note });
                    }
                    read.extend(codes.into_iter().map(|code| (number, code)));
                }
            }
        }
        let lacks = |one: &DespatchIn| one.bill.trim().is_empty();
        lines.extend(read.iter().filter(|(_, one)| lacks(one)).map(|(number, one)| {
            let what = format!("第 {number} 个事件没有随货单号；请在导入时填");
            bad(*number, one.code.clone(), what)
        }));
        read.retain(|(_, one)| !lacks(one));
        self.announce(lines, read)
    }
}
