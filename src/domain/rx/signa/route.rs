//! Routes of administration: codes, words, and which of them reach the blood.

/// Route code -> Chinese.
pub fn route_zh(code: &str) -> &str {
    match code {
        "po" => "口服",
        "sl" => "舌下",
        "iv" => "静推",
        "ivgtt" => "静滴",
        "im" => "肌注",
        "sc" => "皮下注射",
        "id" => "皮内注射",
        "inh" => "吸入",
        "neb" => "雾化吸入",
        "nasal" => "鼻用",
        "topical" => "外用",
        "eye" => "滴眼",
        "ear" => "滴耳",
        "pr" => "直肠给药",
        "pv" => "阴道给药",
        other => other,
    }
}

/// Words for routes, longest first within a beginning; the order is the order of trying.
pub const ROUTE_WORDS: &[(&str, &str)] = &[
    ("静脉滴注", "ivgtt"),
    ("静脉点滴", "ivgtt"),
    ("静脉泵入", "ivgtt"),
    ("静脉输注", "ivgtt"),
    ("静脉注射", "iv"),
    ("静脉推注", "iv"),
    ("静脉缓推", "iv"),
    ("缓慢静推", "iv"),
    ("静点", "ivgtt"),
    ("静滴", "ivgtt"),
    ("点滴", "ivgtt"),
    ("输液", "ivgtt"),
    ("ivgtt", "ivgtt"),
    ("ivdrip", "ivgtt"),
    ("iv.gtt", "ivgtt"),
    ("iv drip", "ivgtt"),
    ("iv gtt", "ivgtt"),
    ("vgtt", "ivgtt"),
    ("ivd", "ivgtt"),
    ("ivp", "iv"),
    ("iv", "iv"),
    ("静推", "iv"),
    ("静注", "iv"),
    ("肌肉注射", "im"),
    ("肌内注射", "im"),
    ("臀部肌注", "im"),
    ("肌注", "im"),
    ("肌肉", "im"),
    ("im", "im"),
    ("皮下注射", "sc"),
    ("皮下", "sc"),
    ("sc", "sc"),
    ("ih", "sc"),
    ("皮内注射", "id"),
    ("皮内", "id"),
    ("舌下含服", "sl"),
    ("舌下含化", "sl"),
    ("舌下", "sl"),
    ("sl", "sl"),
    ("雾化吸入", "neb"),
    ("雾化", "neb"),
    ("neb", "neb"),
    ("吸入", "inh"),
    ("inh", "inh"),
    ("鼻喷", "nasal"),
    ("喷鼻", "nasal"),
    ("滴鼻", "nasal"),
    ("鼻用", "nasal"),
    ("nasal", "nasal"),
    ("滴眼", "eye"),
    ("点眼", "eye"),
    ("涂眼", "eye"),
    ("眼用", "eye"),
    ("eye", "eye"),
    ("ou", "eye"),
    ("滴耳", "ear"),
    ("耳用", "ear"),
    ("ear", "ear"),
    ("直肠给药", "pr"),
    ("塞肛", "pr"),
    ("纳肛", "pr"),
    ("肛塞", "pr"),
    ("灌肠", "pr"),
    ("直肠", "pr"),
    ("pr", "pr"),
    ("阴道给药", "pv"),
    ("阴道上药", "pv"),
    ("阴道塞药", "pv"),
    ("塞阴道", "pv"),
    ("阴道", "pv"),
    ("pv", "pv"),
    ("外用", "topical"),
    ("外涂", "topical"),
    ("涂擦", "topical"),
    ("涂患处", "topical"),
    ("外敷", "topical"),
    ("外洗", "topical"),
    ("外贴", "topical"),
    ("贴患处", "topical"),
    ("topical", "topical"),
    ("漱口", "topical"),
    ("涂抹", "topical"),
    ("涂布", "topical"),
    ("敷贴", "topical"),
    ("贴敷", "topical"),
    ("含漱", "topical"),
    ("喷喉", "topical"),
    ("滴入眼", "eye"),
    ("鼻腔", "nasal"),
    ("肛门", "pr"),
    ("含化", "po"),
    ("含片", "po"),
    ("经口", "po"),
    ("oral", "po"),
    ("口服", "po"),
    ("嚼服", "po"),
    ("含服", "po"),
    ("冲服", "po"),
    ("吞服", "po"),
    ("煎服", "po"),
    ("鼻饲", "po"),
    ("po", "po"),
];

/// A whole word for a route, as it stands in a `route` field.
pub fn route(text: &str) -> Option<&'static str> {
    let text: String = text.to_lowercase().chars().filter(|c| !matches!(c, ' ' | '.')).collect();
    let whole = ROUTE_WORDS.iter().find(|(word, _)| *word == text);
    // "口服，饭后" and "静滴（慢）" begin with the route.
    let begun = || {
        ROUTE_WORDS
            .iter()
            .filter(|(word, _)| !word.is_ascii() && text.starts_with(word))
            .max_by_key(|(word, _)| word.len())
    };
    whole.or_else(begun).map(|(_, code)| *code)
}

/// Local routes: what is given there hardly reaches the blood, so interactions and pregnancy limits do not count.
pub fn is_local(route: &str) -> bool {
    matches!(route, "topical" | "eye" | "ear" | "nasal" | "pv")
}

pub fn is_injection(route: &str) -> bool {
    matches!(route, "iv" | "ivgtt" | "im" | "sc" | "id")
}

pub fn is_intravenous(route: &str) -> bool {
    matches!(route, "iv" | "ivgtt")
}
