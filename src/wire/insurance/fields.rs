//! The Chinese word of each field, and where a person writes what lacks.
use crate::domain::trace::bill::Lack;

const CATALOGUE: &str = "补在药品目录（文件 i › 1 再导入）";
const RECEIPT: &str = "补在发货清单（收货前），已收的冲销后重收";
const PROFILE: &str = "补在 trace.toml";
const PRESCRIPTION: &str = "来自处方；请核对这张处方";

const WORDS: &[(&str, &str, &str)] = &[
    ("med_list_codg", "医疗目录编码", CATALOGUE),
    ("fixmedins_hilist_id", "院内药品编号", CATALOGUE),
    ("fixmedins_hilist_name", "药品名称", CATALOGUE),
    ("prodentp_name", "生产厂家", CATALOGUE),
    ("aprvno", "批准文号", CATALOGUE),
    ("pric", "单价", CATALOGUE),
    ("finl_trns_pric", "单价", CATALOGUE),
    ("manu_lotnum", "生产批号", RECEIPT),
    ("manu_date", "生产日期", RECEIPT),
    ("expy_end", "有效期止", RECEIPT),
    ("spler_name", "供应商名称", RECEIPT),
    ("dynt_no", "随货单号", RECEIPT),
    ("prsc_dr_name", "开方医师", PRESCRIPTION),
    ("mdtrt_sn", "就医流水号", PRESCRIPTION),
    ("rxno", "处方号", PRESCRIPTION),
    ("memo", "备注（退药原因）", "办理时写原因"),
    ("phar_name", "药师姓名", PROFILE),
    ("phar_prac_cert_no", "药师执业资格证号", PROFILE),
    ("psn_cert_type", "人员证件类型", PROFILE),
    ("hi_feesetl_type", "医保费用结算类型", PROFILE),
    ("mdtrt_setl_type", "就诊结算类型", PROFILE),
    ("prod_geay_flag", "赠送标志", PROFILE),
    ("rx_circ_flag", "外购处方标志", PROFILE),
    ("inv_data_type", "进销存数据类型", PROFILE),
    ("inv_chg_opter_name", "经办人", PROFILE),
    ("fixmedins_bchno", "批次流水号（原单没有传过）", "原单没有上传，这张可标为已办妥"),
    ("ref_user_id", "本机构平台编码", PROFILE),
    ("from_user_id", "发货企业", RECEIPT),
    ("to_user_id", "收货企业", PROFILE),
    ("oper_ic_code", "提交者 appkey", PROFILE),
    ("client_type", "客户端类型", PROFILE),
    ("physic_type", "药品类型", PROFILE),
    ("from_address", "发货地址", PROFILE),
    ("to_address", "收货地址", PROFILE),
    ("from_bill_code", "发货单编号", RECEIPT),
    ("from_person", "发货人", PROFILE),
    ("to_person", "收货人", PROFILE),
    ("qu_receivable", "应收货数量", PROFILE),
];

pub(in crate::wire) fn lack(field: &str, what: String) -> Lack {
    let known = WORDS.iter().find(|(name, ..)| *name == field);
    let (word, place) =
        known.map_or(("本省要求的栏", PROFILE), |(_, word, place)| (*word, *place));
    Lack { field: field.to_owned(), word: word.to_owned(), what, place }
}
