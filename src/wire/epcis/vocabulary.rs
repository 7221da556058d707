//! Words of the Core Business Vocabulary 2.0 that events may use, and the fields of each kind of event. Facts of the
//! EPCIS 2.0 JSON schema (GS1, commit 2b888be).

pub(super) const BIZ_STEPS: &[&str] = &[
    "accepting",
    "arriving",
    "assembling",
    "collecting",
    "commissioning",
    "consigning",
    "creating_class_instance",
    "cycle_counting",
    "decommissioning",
    "departing",
    "destroying",
    "disassembling",
    "dispensing",
    "encoding",
    "entering_exiting",
    "holding",
    "inspecting",
    "installing",
    "killing",
    "loading",
    "other",
    "packing",
    "picking",
    "receiving",
    "removing",
    "repackaging",
    "repairing",
    "replacing",
    "reserving",
    "retail_selling",
    "shipping",
    "staging_outbound",
    "stock_taking",
    "stocking",
    "storing",
    "transporting",
    "unloading",
    "unpacking",
    "void_shipping",
    "sensor_reporting",
    "sampling",
];

pub(super) const DISPOSITIONS: &[&str] = &[
    "active",
    "container_closed",
    "damaged",
    "destroyed",
    "dispensed",
    "disposed",
    "encoded",
    "expired",
    "in_progress",
    "in_transit",
    "inactive",
    "no_pedigree_match",
    "non_sellable_other",
    "partially_dispensed",
    "recalled",
    "reserved",
    "retail_sold",
    "returned",
    "sellable_accessible",
    "sellable_not_accessible",
    "stolen",
    "unknown",
    "available",
    "completeness_verified",
    "completeness_inferred",
    "conformant",
    "container_open",
    "mismatch_instance",
    "mismatch_class",
    "mismatch_quantity",
    "needs_replacement",
    "non_conformant",
    "unavailable",
];

pub(super) const ACTIONS: &[&str] = &["ADD", "OBSERVE", "DELETE"];

const COMMON: &[&str] = &[
    "@context",
    "type",
    "eventTime",
    "recordTime",
    "eventTimeZoneOffset",
    "eventID",
    "certificationInfo",
    "errorDeclaration",
    "bizStep",
    "disposition",
    "persistentDisposition",
    "readPoint",
    "bizLocation",
    "bizTransactionList",
    "sourceList",
    "destinationList",
    "sensorElementList",
];

/// Kind of event, its own fields, of which lists one must be there, and whether an action must.
pub(super) const KINDS: &[(&str, &[&str], &[&str], bool)] = &[
    (
        "ObjectEvent",
        &["action", "epcList", "quantityList", "ilmd"],
        &["epcList", "quantityList", "sensorElementList"],
        true,
    ),
    (
        "AggregationEvent",
        &["action", "parentID", "childEPCs", "childQuantityList"],
        &["parentID", "childEPCs", "childQuantityList"],
        true,
    ),
    (
        "AssociationEvent",
        &["action", "parentID", "childEPCs", "childQuantityList"],
        &["parentID"],
        true,
    ),
    (
        "TransactionEvent",
        &["action", "parentID", "epcList", "quantityList"],
        &["bizTransactionList"],
        true,
    ),
    (
        "TransformationEvent",
        &[
            "transformationID",
            "inputEPCList",
            "inputQuantityList",
            "outputEPCList",
            "outputQuantityList",
            "ilmd",
        ],
        &[
            "inputEPCList",
            "inputQuantityList",
            "outputEPCList",
            "outputQuantityList",
            "sensorElementList",
        ],
        false,
    ),
];

pub(super) fn is_field(own: &[&str], name: &str) -> bool {
    COMMON.contains(&name) || own.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_belongs_to_its_kind_of_event() {
        assert!(is_field(KINDS[0].1, "epcList") && !is_field(KINDS[0].1, "childEPCs"));
        assert!(is_field(KINDS[4].1, "bizStep") && !is_field(KINDS[4].1, "action"));
    }
}
