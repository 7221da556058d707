//! Words of a patient's history, old visits and the print preview.

words! {
    HISTORY_TITLE = "历次就诊", "History";
    HISTORY_NONE = "还没有签名的就诊记录", "No signed visits yet";
    SUPERSEDED = "已被更正", "corrected later";
    PAST_TITLE = "就诊记录", "Visit";
    PAST_SIGNED = "签名：{} {}", "Signed: {} {}";
    PAST_NOTE = "病历", "Note";
    PAST_FINDINGS = "所见", "Findings";
    PAST_DIAGNOSES = "诊断", "Diagnoses";
    PAST_RX = "处方 {}", "Prescription {}";
    PAST_ALERTS = "提示与理由", "Alerts and reasons";
    PAST_ADVICE = "当时的建议（知识库 {}，模型 {}）", "What was advised (knowledge {}, model {})";
    PAST_HASH = "校验 {}", "SHA-256 {}";
    NO_MODEL = "无", "none";
    NOTHING = "无", "none";
    AMENDING = "更正 {} 的就诊：签名后旧记录保留，并标明已更正", "Correcting the visit of {}: the old one stays, marked as corrected";
    AMEND_DRAFT = "该患者还有未签名的草稿。请先签名或丢弃草稿，再更正旧记录。", "This patient has an unsigned draft. Sign or discard it first.";
    PRINT_TITLE = "处方笺预览", "Prescription preview";
    PRINT_DONE = "PDF 已写到 {}", "PDF written to {}";
    PRINT_NOTHING = "这次就诊没有处方，无处方笺可打。", "Nothing was prescribed; there is no sheet.";
    PRINT_MISSING = "字库缺字：{}（PDF 上为空白，请手写补上）", "Characters missing in the font: {}";
    PRINT_WAIT = "正在排版…", "Setting the sheet…";
}
