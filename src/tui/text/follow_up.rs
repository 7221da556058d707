//! Words of the follow-up lists and the follow-up form.

words! {
    DUE = "应访", "Due";
    REGISTER = "登记册", "Register";
    LOOP = "72小时", "72 hours";
    DUE_NONE = "今天和未来7天没有人应访", "Nobody is due today or within 7 days";
    REGISTER_HINT = "姓名、首字母、村", "Name, initials, village";
    REGISTER_NONE = "没有相符的在管人", "Nobody matches";
    LOOP_NONE = "近几天没有待回访的疑难病人", "No uncertain case waits for an answer";
    OVERDUE = "逾期{}天", "{} d overdue";
    DUE_TODAY = "今天", "today";
    DUE_IN = "还有{}天", "in {} d";
    LAST_CLASS = "上次{}类", "last class {}";
    NEVER_SEEN = "未访过", "never seen";
    NO_DATE = "未定", "no date";
    ANSWERS = "1 好了  2 没好  3 去医院了  4 撤回", "1 better  2 same  3 in hospital  4 take back";
    ANSWERED = "已记：{} {}", "Kept: {} {}";
    SHEET_DONE = "PDF 已写到 {}", "PDF written to {}";
    FORM = "随访 {}", "Follow-up {}";
    LAST = "上次 {}", "last {}";
    YEAR = "今年面对面 {}/{}", "face to face this year {}/{}";
    PROGRAMME_SAYS = "公卫 {}：{} 目标{}", "Programme {}: {} target {}";
    NOT_CLASSED = "未能分类，缺 {}", "no class, missing {}";
    NEXT_ON = "下次 {}", "next {}";
    ASK = "问：{}", "Ask: {}";
    URGENT = "紧急：{}", "URGENT: {}";
    URGENT_TITLE = "危险情况", "Danger signs";
    URGENT_DO = "先处理，紧急转诊；14天内主动随访转诊情况。", "Treat first, refer at once; ask within 14 days how it went.";
    URGENT_KEY = "看过按 y 继续", "Press y when read";
    KEPT = "随访已保存：{}", "Follow-up kept: {}";
    COUNTED = "已计入随访：{}", "Counted as a follow-up: {}";
    TREND = "{} {}次 中位 {} 末次 {} {}", "{} {} times, median {} last {} {}";
    TREND_NONE = "还没有历次测值", "No earlier values";
}
