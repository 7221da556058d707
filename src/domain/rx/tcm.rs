//! Chinese herbs: 十八反, 十九畏, toxic herbs and their doses, herbs inside patent drugs.
use std::collections::HashSet;

use super::{Alert, Desk, name::RxIndex, order::Order, rule};
use crate::domain::catalog::formulary::{DrugKind, Formulary, RuleKind, Tier};

/// The name of a herb without brackets, form and footnote words: `附子（先煎）`, `细辛饮片`.
pub(super) fn herb_word(printed: &str) -> &str {
    let end = printed.find(['(', '（', ' ', '\u{3000}']).unwrap_or(printed.len());
    let word = printed[..end].trim();
    word.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.' || c == 'g')
        .trim_end_matches("饮片")
}

/// Herbs of everyday recipes that no rule speaks of, so that 桂枝 is not called unknown.
const COMMON: &[&str] = &[
    "桂枝",
    "白芍",
    "赤芍",
    "芍药",
    "生姜",
    "干姜",
    "大枣",
    "甘草",
    "炙甘草",
    "黄芪",
    "炙黄芪",
    "党参",
    "白术",
    "炒白术",
    "茯苓",
    "当归",
    "川芎",
    "熟地黄",
    "熟地",
    "生地黄",
    "生地",
    "陈皮",
    "半夏",
    "柴胡",
    "黄芩",
    "黄连",
    "黄柏",
    "栀子",
    "连翘",
    "金银花",
    "薄荷",
    "桔梗",
    "防风",
    "荆芥",
    "羌活",
    "独活",
    "葛根",
    "升麻",
    "白芷",
    "藁本",
    "枳壳",
    "枳实",
    "厚朴",
    "苍术",
    "香附",
    "木香",
    "砂仁",
    "豆蔻",
    "山药",
    "山茱萸",
    "牡丹皮",
    "丹皮",
    "泽泻",
    "车前子",
    "薏苡仁",
    "猪苓",
    "麦冬",
    "天冬",
    "玉竹",
    "沙参",
    "北沙参",
    "南沙参",
    "石斛",
    "百合",
    "五味子",
    "酸枣仁",
    "远志",
    "石菖蒲",
    "合欢皮",
    "夜交藤",
    "龙骨",
    "牡蛎",
    "杜仲",
    "续断",
    "牛膝",
    "川牛膝",
    "桑寄生",
    "枸杞子",
    "菟丝子",
    "补骨脂",
    "淫羊藿",
    "巴戟天",
    "鸡血藤",
    "丹参",
    "红花",
    "桃仁",
    "三七",
    "益母草",
    "延胡索",
    "乳香",
    "没药",
    "郁金",
    "姜黄",
    "莪术",
    "三棱",
    "神曲",
    "山楂",
    "麦芽",
    "鸡内金",
    "莱菔子",
    "苏子",
    "杏仁",
    "紫苏",
    "紫菀",
    "款冬花",
    "枇杷叶",
    "桑白皮",
    "川贝母",
    "浙贝母",
    "瓜蒌",
    "知母",
    "石膏",
    "大青叶",
    "板蓝根",
    "鱼腥草",
    "蒲公英",
    "玄参",
    "大黄",
    "芒硝",
    "火麻仁",
    "艾叶",
    "蒲黄",
    "仙鹤草",
    "白及",
    "菊花",
    "决明子",
    "天麻",
    "钩藤",
    "全蝎",
    "僵蚕",
    "地龙",
    "桑叶",
    "白扁豆",
    "莲子",
    "芡实",
    "乌梅",
    "诃子",
    "蝉蜕",
    "牛蒡子",
    "藿香",
    "佩兰",
    "茵陈",
    "虎杖",
    "滑石",
];

/// Every herb that rules, patent drugs or everyday recipes name.
pub(super) fn herb_names(formulary: &Formulary) -> HashSet<String> {
    let in_rules = formulary.rules.iter().flat_map(|r| r.herbs.iter().chain(&r.with_herbs));
    let in_drugs = formulary.drugs.iter().flat_map(|d| &d.herbs);
    in_rules.chain(in_drugs).cloned().chain(COMMON.iter().map(|h| (*h).to_owned())).collect()
}

impl RxIndex {
    /// The herb that a printed line means, if it is one.
    pub(super) fn herb<'s>(&self, printed: &'s str) -> Option<&'s str> {
        let word = herb_word(printed);
        self.herbs.contains(word).then_some(word)
    }
}

/// Herbs that must be boiled first, with footnote 先煎.
const BOILED_FIRST: &[&str] = &[
    "附子",
    "制附子",
    "附片",
    "黑顺片",
    "白附片",
    "淡附片",
    "炮附片",
    "制川乌",
    "制草乌",
    "川乌",
    "草乌",
    "石决明",
    "磁石",
    "龙骨",
    "牡蛎",
    "龟甲",
    "鳖甲",
    "水牛角",
    "雷公藤",
];
/// Of these the footnote is a matter of life.
const ACONITE: &[&str] = &[
    "附子",
    "制附子",
    "附片",
    "黑顺片",
    "白附片",
    "淡附片",
    "炮附片",
    "制川乌",
    "制草乌",
    "川乌",
    "草乌",
    "雷公藤",
];

pub(super) fn check(desk: &mut Desk<'_>) {
    rule::run(desk, RuleKind::Tcm);
    let mut alerts = vec![];
    for order in desk.orders.iter().filter(|o| o.line.is_some() && o.herb) {
        footnote(order, &mut alerts);
    }
    mixed_sheet(desk, &mut alerts);
    desk.alerts.extend(alerts);
}

fn footnote(order: &Order<'_>, alerts: &mut Vec<Alert>) {
    let word = herb_word(&order.item.drug);
    let noted =
        format!("{}{}{}", order.item.drug, order.item.remark, order.item.solvent).contains("先煎");
    // Without any word on how it is taken the sheet is not finished yet; powders are not boiled.
    if noted
        || !BOILED_FIRST.contains(&word)
        || order.item.drug.contains("免煎")
        || order.item.drug.contains("配方颗粒")
    {
        return;
    }
    let tier = if ACONITE.contains(&word) { Tier::Warn } else { Tier::Note };
    alerts.push(
        Alert::new(tier, "tcm-boil-first", "tcm", "1-15")
            .on(order)
            .saying(format!("{word}未注明先煎"), "脚注“先煎”，乌头类先煎30–60分钟以上至口尝不麻")
            .citing("药典")
            .because("footnote"),
    );
}

fn mixed_sheet(desk: &Desk<'_>, alerts: &mut Vec<Alert>) {
    let herb = |o: &&Order<'_>| {
        o.line.is_some() && o.herb && o.drug.is_none_or(|d| d.kind == DrugKind::Herb)
    };
    let other = |o: &&Order<'_>| o.line.is_some() && !o.herb && o.is_known();
    if desk.orders.iter().any(|o| herb(&o)) && desk.orders.iter().any(|o| other(&o)) {
        let mut alert = Alert::new(Tier::Warn, "form-herbs-apart", "form", "1-5")
            .saying("中药饮片与西药、中成药写在同一张处方", "饮片单独开方")
            .citing("处方管理办法")
            .because("herbs-apart");
        alert.items = desk.orders.iter().filter(herb).filter_map(|o| o.line).collect();
        alerts.push(alert);
    }
}
