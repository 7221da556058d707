//! The rows of the insurance interfaces: which fields each has, what stands in them, and which required ones are empty.
use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::super::trace_profile::{Interface, Profile};
use crate::domain::trace::bill::{Bill, BillKind, BillLine};

/// Fields of each interface: name, whether it must be there in most sources.
const FIELDS: &[(&str, &[(&str, bool)])] = &[
    (
        "3502",
        &[
            ("med_list_codg", true),
            ("inv_chg_type", true),
            ("fixmedins_hilist_id", true),
            ("fixmedins_hilist_name", true),
            ("fixmedins_bchno", true),
            ("pric", true),
            ("cnt", true),
            ("rx_flag", true),
            ("inv_chg_time", true),
            ("inv_chg_opter_name", false),
            ("memo", false),
            ("trdn_flag", true),
        ],
    ),
    ("3503", PURCHASE),
    ("3504", PURCHASE),
    (
        "3505",
        &[
            ("med_list_codg", true),
            ("fixmedins_hilist_id", true),
            ("fixmedins_hilist_name", true),
            ("fixmedins_bchno", true),
            ("prsc_dr_name", true),
            ("phar_name", true),
            ("phar_prac_cert_no", true),
            ("hi_feesetl_type", true),
            ("setl_id", false),
            ("mdtrt_sn", true),
            ("psn_cert_type", true),
            ("manu_lotnum", true),
            ("manu_date", true),
            ("expy_end", false),
            ("rx_flag", true),
            ("trdn_flag", true),
            ("finl_trns_pric", false),
            ("rxno", false),
            ("rx_circ_flag", true),
            ("rtal_docno", true),
            ("sel_retn_cnt", true),
            ("sel_retn_time", true),
            ("sel_retn_opter_name", true),
            ("mdtrt_setl_type", false),
        ],
    ),
    (
        "3506",
        &[
            ("med_list_codg", true),
            ("fixmedins_hilist_id", true),
            ("fixmedins_hilist_name", true),
            ("fixmedins_bchno", true),
            ("psn_cert_type", true),
            ("manu_lotnum", true),
            ("manu_date", true),
            ("expy_end", true),
            ("rx_flag", true),
            ("trdn_flag", true),
            ("finl_trns_pric", false),
            ("sel_retn_cnt", true),
            ("sel_retn_time", true),
            ("sel_retn_opter_name", true),
            ("memo", false),
            ("mdtrt_sn", true),
        ],
    ),
    ("3507", &[("fixmedins_bchno", true), ("inv_data_type", true)]),
];

const PURCHASE: &[(&str, bool)] = &[
    ("med_list_codg", true),
    ("fixmedins_hilist_id", true),
    ("fixmedins_hilist_name", true),
    ("dynt_no", false),
    ("fixmedins_bchno", true),
    ("spler_name", true),
    ("manu_lotnum", true),
    ("prodentp_name", true),
    ("aprvno", true),
    ("manu_date", true),
    ("expy_end", true),
    ("finl_trns_pric", false),
    ("purc_retn_cnt", true),
    ("rx_flag", true),
    ("purc_retn_stoin_time", true),
    ("purc_retn_opter_name", true),
    ("prod_geay_flag", true),
];

/// A row with the fields of its interface, or which required ones are empty.
pub(super) fn row(
    profile: &Profile,
    (bill, line, at): (&Bill, &BillLine, u32),
    interface: &Interface,
) -> Result<Value, Vec<String>> {
    let lacks = missing(profile, (bill, line, at), interface);
    if !lacks.is_empty() {
        return Err(lacks);
    }
    let values = values(profile, (bill, line, at), interface);
    let mut row = Map::new();
    for (field, _) in asked(profile, interface) {
        if let Some(value) = values.get(&field).filter(|value| !value.is_empty()) {
            row.insert(field, Value::String(value.clone()));
        }
    }
    if interface.infno != "3507" {
        row.insert("drugtracinfo".to_owned(), json!([{ "drug_trac_codg": line.code }]));
    }
    Ok(Value::Object(row))
}

/// Required fields that are empty.
pub(super) fn missing(
    profile: &Profile,
    (bill, line, at): (&Bill, &BillLine, u32),
    interface: &Interface,
) -> Vec<String> {
    let values = values(profile, (bill, line, at), interface);
    let empty = |field: &str| values.get(field).is_none_or(String::is_empty);
    asked(profile, interface)
        .into_iter()
        .filter(|(field, must)| *must && empty(field))
        .map(|(field, _)| field)
        .collect()
}

/// The fields of an interface in this province, each once, and whether it must be filled.
fn asked(profile: &Profile, interface: &Interface) -> Vec<(String, bool)> {
    let p = &profile.insurance;
    let listed = |lists: &BTreeMap<String, Vec<String>>, field: &str| {
        lists.get(&interface.infno).is_some_and(|list| list.iter().any(|one| one == field))
    };
    let known = FIELDS
        .iter()
        .find(|(infno, _)| *infno == interface.infno)
        .map_or(&[][..], |(_, fields)| fields);
    let extra = p.required.get(&interface.infno).into_iter().flatten();
    let mut all: Vec<(String, bool)> =
        known.iter().map(|(field, must)| ((*field).to_owned(), *must)).collect();
    for field in extra {
        if !all.iter().any(|(known, _)| known == field) {
            all.push((field.clone(), true));
        }
    }
    for (field, must) in &mut all {
        *must = (*must || listed(&p.required, field)) && !listed(&p.optional, field);
    }
    all
}

/// Everything a row may be asked for.
fn values(
    profile: &Profile,
    (bill, line, at): (&Bill, &BillLine, u32),
    interface: &Interface,
) -> BTreeMap<String, String> {
    let p = &profile.insurance;
    let day =
        |day: Option<crate::domain::age::Day>| day.map(|day| day.to_string()).unwrap_or_default();
    let price =
        line.price_fen.map(|fen| format!("{}.{:02}", fen / 100, fen % 100)).unwrap_or_default();
    let count = count(p.count_in == "units", line);
    let at_time = bill.at.to_string();
    let withdrawn = withdrawn_infno(profile, &bill.withdraws);
    let mut values: BTreeMap<String, String> = p.constants.clone();
    let number = if bill.kind == BillKind::Withdraw {
        bill.withdraws.clone()
    } else {
        format!("{}-{at:04}", bill.code)
    };
    for (name, value) in [
        ("med_list_codg", line.insurance.clone()),
        ("inv_chg_type", interface.inv_chg_type.clone()),
        ("fixmedins_hilist_id", line.product.clone()),
        ("fixmedins_hilist_name", line.product_name.clone()),
        ("fixmedins_bchno", number),
        ("rx_flag", if line.rx { "1" } else { "0" }.to_owned()),
        ("trdn_flag", if line.split { "1" } else { "0" }.to_owned()),
        ("manu_lotnum", line.lot.clone()),
        ("manu_date", day(line.made)),
        ("expy_end", day(line.expiry)),
        ("pric", price.clone()),
        ("finl_trns_pric", price),
        ("cnt", count.clone()),
        ("purc_retn_cnt", count.clone()),
        ("sel_retn_cnt", count),
        ("inv_chg_time", at_time.clone()),
        ("purc_retn_stoin_time", at_time.clone()),
        ("sel_retn_time", at_time),
        ("inv_chg_opter_name", bill.operator.clone()),
        ("purc_retn_opter_name", bill.operator.clone()),
        ("sel_retn_opter_name", bill.operator.clone()),
        ("spler_name", bill.partner.clone()),
        ("dynt_no", bill.partner_bill.clone()),
        ("prodentp_name", line.maker.clone()),
        ("aprvno", line.approval.clone()),
        ("prsc_dr_name", bill.doctor.clone()),
        ("mdtrt_sn", bill.visit.map(|visit| visit.to_string()).unwrap_or_default()),
        ("rtal_docno", bill.code.clone()),
        ("rxno", bill.prescription.clone()),
        ("memo", bill.reason.clone()),
        ("inv_data_type", p.data_types.get(&withdrawn).cloned().unwrap_or_default()),
    ] {
        values.insert(name.to_owned(), value);
    }
    // Who handed it out, unless the profile names the pharmacist.
    values.entry("phar_name".to_owned()).or_insert_with(|| bill.operator.clone());
    values
}

/// Four decimals at most: 8 of 24 capsules are 0.3333 packs.
fn count(by_units: bool, line: &BillLine) -> String {
    if by_units {
        return line.units.to_string();
    }
    let ten_thousandths = u64::from(line.units) * 10_000 / u64::from(line.pack_units.max(1));
    let text = format!("{}.{:04}", ten_thousandths / 10_000, ten_thousandths % 10_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// The interface that a withdrawn bill went to, from the letter in its code.
fn withdrawn_infno(profile: &Profile, withdraws: &str) -> String {
    let code = withdraws.split('-').next().unwrap_or_default();
    let letter = code.len().checked_sub(10).and_then(|at| code.get(at..=at)).unwrap_or_default();
    let kind = match letter {
        "A" => BillKind::PurchaseIn,
        "B" => BillKind::ReturnOut,
        "C" => BillKind::DestroyOut,
        "D" => BillKind::Retail,
        "E" => BillKind::RetailReturn,
        "F" => BillKind::CountLoss,
        "G" => BillKind::CountGain,
        _ => return String::new(),
    };
    profile
        .insurance
        .interfaces
        .get(kind.id())
        .map(|interface| interface.infno.clone())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::instant::Instant;

    #[test]
    fn counts_are_in_packs_with_four_decimals_or_in_units() {
        let line = BillLine { units: 8, pack_units: 24, ..BillLine::default() };
        assert_eq!(
            (count(false, &line), count(true, &line)),
            ("0.3333".to_owned(), "8".to_owned())
        );
        let line = BillLine { units: 24, pack_units: 24, ..BillLine::default() };
        assert_eq!(count(false, &line), "1");
    }

    #[test]
    fn a_required_field_that_is_empty_is_named_and_the_province_decides_which_those_are() {
        let line =
            BillLine { code: "8".to_owned(), units: 1, pack_units: 1, ..BillLine::default() };
        let bill = Bill {
            code: "XLabcdefgh01D000000007".to_owned(),
            kind: BillKind::Retail,
            at: Instant::from_millis(0),
            withdraws: String::new(),
            partner_bill: String::new(),
            partner: String::new(),
            reason: String::new(),
            operator: "王".to_owned(),
            executor: String::new(),
            supervisor: String::new(),
            doctor: "王".to_owned(),
            prescription: String::new(),
            visit: Some(1),
            lines: vec![line],
        };
        let missing = |own: &str| {
            let profile = Profile::over_defaults(own).unwrap();
            row(&profile, (&bill, &bill.lines[0], 0), &profile.insurance.interfaces["retail"])
                .unwrap_err()
        };
        let usual = missing("");
        assert!(
            usual.contains(&"med_list_codg".to_owned()) && !usual.contains(&"expy_end".to_owned()),
            "{usual:?}"
        );
        let strict = missing(
            "[insurance.required]\n3505 = ['expy_end']\n[insurance.optional]\n3505 = ['med_list_codg']",
        );
        assert!(
            !strict.contains(&"med_list_codg".to_owned())
                && strict.contains(&"expy_end".to_owned()),
            "{strict:?}"
        );
        let profile = Profile::over_defaults("").unwrap();
        assert_eq!(withdrawn_infno(&profile, "XLabcdefgh01D000000007-0000"), "3505");
    }
}
