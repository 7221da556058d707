//! Words of the results that are there already.

words! {
    TITLE = "互认：已有结果", "Results that are there already";
    LOOKING = "正在看本站…", "looking here…";
    ASKING = "本站已看完；正在问上级 {}…（可先处理，不必等）", "here is done; asking {}… (no need to wait)";
    NONE_YET = "本站没有；等上级回答", "none here; waiting for the hub";
    NONE = "没有已有结果，可以开单", "No earlier result: order it";
    NONE_AWAY = "本站没有，上级没问到：不等于没有", "None here, and a hub could not be asked: that is not none at all";
    NO_HUB = "没有问上级（没有设上级，或患者没有身份证号）", "No hub was asked (none set up, or no ID number)";
    AWAY = "{} 没问到：{}", "{} could not be asked: {}";
    HERE = "本站", "here";
    RECOGNISE = "可互认", "recognise";
    REFERENCE = "参考", "for reference";
    ON_LIST = "在互认清单 {}：按 Enter 互认，或按 1–6 写明再查的理由", "On the list as {}: Enter recognises it, 1 to 6 repeat it with a reason";
    OWN_LIST = "清单 {} 的时限是本程序自拟，不是官方规定", "The window of {} is this program's own, not an authority's";
    WHY_NOT = "只作参考：{}", "For reference only: {}";
    LOOK = "影像在本站：按 v 看图", "Its images are here: v looks at them";
    RECOGNISED = "已互认：{}", "Recognised: {}";
    REPEATED = "已记：再查 {}，理由 {}", "Kept: {} is repeated, reason {}";
    REPEAT_TITLE = "再查 {}", "Repeat {}";
    REPEAT_TOLD = "已把理由告知患者，按 Enter 记下；还没告知，按 Esc", "The patient has been told: Enter keeps it. Not yet told: Esc";
    REPEAT_WORDS = "补充（其他理由必写）", "Words (needed for the last reason)";
    NEEDS_WORDS = "选“其他”要写明理由", "The last reason needs words";
    ORDERED = "病历里要做 {}：按 {} 先看已有结果", "The note orders {}: {} shows what is there already";
    E1 = "E1 病情变化或与诊断不符", "E1 changed, or does not fit";
    E2 = "E2 疾病变化快", "E2 quickly changing";
    E3 = "E3 手术输血等重大措施前", "E3 before surgery or transfusion";
    E4 = "E4 急诊急救", "E4 emergency";
    E5 = "E5 司法伤残鉴定", "E5 legal assessment";
    E6 = "E6 其他", "E6 other";
}
