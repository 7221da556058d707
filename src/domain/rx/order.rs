//! One line, or one drug taken already, with its drug found and its words turned into numbers.
use super::{
    RxItem,
    name::RxIndex,
    signa::{self, Often},
    tcm,
    units::{self, Measure, Strength},
};
use crate::domain::catalog::formulary::{Drug, DrugKind, Formulary};

#[derive(Debug)]
pub(super) struct Order<'a> {
    /// `None` = taken already.
    pub line: Option<usize>,
    pub item: &'a RxItem,
    pub drug: Option<&'a Drug>,
    /// The drug itself and the drugs it is made of.
    pub parts: Vec<&'a Drug>,
    pub ids: Vec<&'a str>,
    pub classes: Vec<&'a str>,
    pub herbs: Vec<&'a str>,
    /// A single herb (饮片) by its own name.
    pub herb: bool,
    pub name: String,
    /// As written, or the drug's usual one.
    pub route: &'static str,
    pub route_known: bool,
    pub often: Option<Often>,
    pub frequency: String,
    pub strengths: Vec<Strength>,
}

fn intern(route: &str) -> &'static str {
    signa::ROUTE_WORDS.iter().map(|(_, code)| *code).find(|c| *c == route).unwrap_or("")
}

/// The route that a form is made for.
pub(super) fn route_of_form(form: &str) -> &'static str {
    let has = |words: &[&str]| words.iter().any(|w| form.contains(w));
    if has(&["滴眼", "眼膏", "眼用", "眼药", "眼凝胶"]) {
        "eye"
    } else if has(&["滴耳"]) {
        "ear"
    } else if has(&["滴鼻", "鼻喷", "喷鼻"]) {
        "nasal"
    } else if has(&["阴道", "凝胶栓"]) {
        "pv"
    } else if has(&["雾化"]) {
        "neb"
    } else if has(&["气雾剂", "粉雾剂", "吸入"]) {
        "inh"
    } else if has(&["栓", "灌肠"]) {
        "pr"
    } else if has(&[
        "乳膏", "软膏", "凝胶", "搽剂", "洗剂", "酊", "贴", "外用", "乳胶", "涂剂", "霜", "膏药",
    ]) {
        "topical"
    } else if has(&["注射", "粉针", "针剂", "输液", "冻干", "针"]) {
        "injection"
    } else if has(&[
        "片", "胶囊", "颗粒", "口服", "糖浆", "混悬", "滴丸", "丸", "散", "合剂", "滴剂", "乳剂",
        "煎膏", "冲剂",
    ]) {
        "po"
    } else {
        ""
    }
}

impl<'a> Order<'a> {
    pub fn new(
        formulary: &'a Formulary,
        index: &RxIndex,
        line: Option<usize>,
        item: &'a RxItem,
    ) -> Self {
        let by_id = item.drug_id.as_deref().and_then(|id| formulary.drug(id));
        // 甘草 is the herb, though 复方甘草片 without form and 复方 would be called so too.
        let herb_name = index.herb(&item.drug).filter(|h| by_id.is_none() && !index.is_own_name(h));
        let search = by_id.is_none() && herb_name.is_none();
        let found = if search { index.resolve(&item.drug) } else { vec![] };
        let drug = by_id.or_else(|| pick(formulary, &found, item));
        let mut parts: Vec<&Drug> = drug.into_iter().collect();
        if let Some(drug) = drug {
            parts.extend(
                drug.ingredients
                    .iter()
                    .filter(|i| **i != drug.id)
                    .filter_map(|i| formulary.drug(i)),
            );
        }
        let mut ids: Vec<&str> = parts.iter().map(|d| d.id.as_str()).collect();
        if let Some(drug) = drug {
            ids.extend(drug.ingredients.iter().map(String::as_str));
        }
        ids.sort_unstable();
        ids.dedup();
        let mut classes: Vec<&str> =
            parts.iter().flat_map(|d| d.classes.iter().map(String::as_str)).collect();
        classes.sort_unstable();
        classes.dedup();
        let herb = drug.map_or(herb_name.is_some(), |d| d.kind == DrugKind::Herb);
        let mut herbs: Vec<&str> =
            drug.map(|d| d.herbs.iter().map(String::as_str).collect()).unwrap_or_default();
        if herb {
            // The patient's own spelling counts, also where the formulary does not list the herb.
            herbs.push(tcm::herb_word(&item.drug));
        }
        let name = match drug {
            Some(drug) if item.drug.trim().is_empty() => drug.zh.clone(),
            _ => item.drug.trim().to_owned(),
        };
        let written = signa::route(&item.route);
        let route = written.unwrap_or_else(|| usual_route(drug, &item.drug));
        let frequency = signa::frequency(&item.frequency).unwrap_or_default();
        let often = signa::often(&frequency);
        let mut order = Self {
            line,
            item,
            drug,
            parts,
            ids,
            classes,
            herbs,
            herb,
            name,
            route,
            route_known: written.is_some(),
            often,
            frequency,
            strengths: vec![],
        };
        order.strengths = order.find_strengths();
        order
    }

    pub fn is_known(&self) -> bool {
        self.drug.is_some() || self.herb
    }

    /// Drug id or `@class`.
    pub fn is(&self, key: &str) -> bool {
        match key.strip_prefix('@') {
            Some(class) => self.classes.contains(&class),
            None => self.ids.contains(&key),
        }
    }

    pub fn is_any(&self, keys: &[String]) -> bool {
        keys.iter().any(|k| self.is(k))
    }

    pub fn in_class(&self, class: &str) -> bool {
        self.classes.contains(&class)
    }

    pub fn is_local(&self) -> bool {
        signa::is_local(self.route)
    }

    /// Given locally although the drug also exists for the whole body: what its entry says of pregnancy is not about this.
    pub fn is_local_use_only(&self) -> bool {
        self.is_local() && self.drug.is_none_or(|d| d.routes.iter().any(|r| !signa::is_local(r)))
    }

    /// The printed name or the route says this form.
    pub fn is_of_form(&self, form: &str) -> bool {
        same_form(&self.item.drug, form)
    }

    fn find_strengths(&self) -> Vec<Strength> {
        let written = units::strength(&self.item.strength);
        if !written.is_empty() {
            return vec![written];
        }
        let Some(drug) = self.drug else { return vec![] };
        // "维生素B1 10mg", "阿莫西林胶囊0.25g", "0.9%氯化钠": what the printed name says.
        let printed = units::strength(super::name::printed_strength(&self.item.drug));
        if !printed.is_empty() {
            return vec![printed];
        }
        let named = route_of_form(&self.item.drug);
        let wanted = if named.is_empty() { self.route } else { named };
        let fits = |form: &str| {
            let made_for = route_of_form(form);
            made_for.is_empty()
                || made_for == wanted
                || (made_for == "injection" && (signa::is_injection(wanted) || wanted == "neb"))
                || (matches!(made_for, "inh" | "neb") && matches!(wanted, "inh" | "neb"))
                || (made_for == "po" && wanted == "sl")
        };
        let all: Vec<&(String, String)> =
            drug.forms.iter().filter(|(form, _)| fits(form)).collect();
        let printed: Vec<&&(String, String)> =
            all.iter().filter(|(form, _)| same_form(&self.item.drug, form)).collect();
        let chosen: Vec<&(String, String)> =
            if printed.is_empty() { all } else { printed.into_iter().copied().collect() };
        let mut strengths: Vec<Strength> = vec![];
        for (_, text) in chosen {
            let strength = units::strength(text);
            if !strength.is_empty() && !strengths.contains(&strength) {
                strengths.push(strength);
            }
        }
        strengths
    }

    /// The written single dose in base units; per-kilogram doses need the weight, `mg/kg/日` also the times.
    pub fn dose(&self, weight_kg: Option<f64>) -> Option<(Measure, f64)> {
        let dose = self.item.dose.filter(|d| d.is_finite() && *d > 0.0)?;
        let written = self.item.dose_unit.trim().replace(['·', '.'], "/");
        let mut parts = written.split('/').map(str::trim);
        let (measure, factor) = units::unit(parts.next()?)?;
        let mut amount = dose * factor;
        for part in parts {
            match part.to_lowercase().as_str() {
                "kg" | "公斤" => amount *= weight_kg?,
                "d" | "日" | "天" | "day" => {
                    amount /= self.often.map(|o| o.a_day).filter(|n| *n > 0.0)?;
                }
                "次" | "dose" | "喷" | "吸" | "揿" | "" => {}
                _ => return None,
            }
        }
        Some((measure, amount))
    }

    /// The amount in another measure, once for every strength it may be.
    pub fn turned(&self, amount: f64, from: Measure, to: Measure) -> Vec<f64> {
        if from == to {
            return vec![amount];
        }
        self.strengths.iter().filter_map(|s| s.turn(amount, from, to)).collect()
    }
}

fn same_form(printed: &str, form: &str) -> bool {
    let form = form.trim_end_matches('剂');
    !form.is_empty() && printed.contains(form)
}

/// Of several drugs with one name, the one whose routes or forms fit.
fn pick<'a>(formulary: &'a Formulary, found: &[usize], item: &RxItem) -> Option<&'a Drug> {
    let mut fitting = found.iter().map(|ix| &formulary.drugs[*ix]);
    if found.len() <= 1 {
        return fitting.next();
    }
    let route = signa::route(&item.route).unwrap_or("");
    fitting.max_by_key(|d| {
        let routed = usize::from(d.routes.iter().any(|r| r == route));
        let formed = usize::from(d.forms.iter().any(|(form, _)| same_form(&item.drug, form)));
        (routed + formed, usize::from(d.essential), usize::from(!d.doses.is_empty()))
    })
}

fn usual_route(drug: Option<&Drug>, printed: &str) -> &'static str {
    let made_for = route_of_form(printed);
    let routes: Vec<&'static str> =
        drug.map(|d| d.routes.iter().map(|r| intern(r)).collect()).unwrap_or_default();
    if made_for == "injection" {
        return ["ivgtt", "im", "iv", "sc"]
            .into_iter()
            .find(|r| routes.contains(r))
            .unwrap_or("ivgtt");
    }
    if !made_for.is_empty() && (routes.is_empty() || routes.contains(&made_for)) {
        return intern(made_for);
    }
    if routes.contains(&"po") {
        return "po";
    }
    routes.first().copied().unwrap_or("po")
}
