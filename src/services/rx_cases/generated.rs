//! Cases that every interaction, dose row and limit implies by itself.
use super::failure;
use crate::{
    domain::{
        age::{Age, Sex},
        catalog::formulary::{Amount, Circumstance, Dose, Drug, Tier},
        rx::{Checked, Prescription, RxItem, RxPatient, interaction, signa, units},
        visit::Setting,
    },
    services::{knowledge_base::CaseRun, prescribing::Pharmacist},
};

fn path_of(drug: &Drug) -> String {
    format!("drugs/{}/{}.md", drug.id.get(..1).unwrap_or("_"), drug.id)
}

/// A grown man with nothing wrong, so that nothing but the entry under test speaks.
fn neutral() -> RxPatient {
    RxPatient {
        sex: Sex::Male,
        age: Age::parse("40岁"),
        weight_kg: Some(65.0),
        allergies_asked: true,
        diagnoses: vec!["复诊".to_owned()],
        egfr: Some(95.0),
        ..RxPatient::default()
    }
}

fn plain_item(drug: &Drug, route: &str) -> RxItem {
    RxItem {
        drug: drug.zh.clone(),
        drug_id: Some(drug.id.clone()),
        route: route.to_owned(),
        ..RxItem::default()
    }
}

/// Every interaction row speaks on its two drugs.
pub fn run_interactions(pharmacist: &Pharmacist) -> CaseRun {
    let mut run = CaseRun::default();
    let formulary = &pharmacist.catalog.formulary;
    let of_side = |side: &str, not: Option<&str>| {
        let fits = |d: &&Drug| match side.strip_prefix('@') {
            Some(class) => d.classes.iter().any(|c| c == class),
            None => d.id == side,
        };
        let systemic = |d: &Drug| d.routes.iter().any(|r| !signa::is_local(r));
        let mut members: Vec<&Drug> =
            formulary.drugs.iter().filter(fits).filter(|d| Some(d.id.as_str()) != not).collect();
        members.sort_by_key(|d| (!systemic(d), d.ingredients.len()));
        members.first().copied()
    };
    for row in &formulary.interactions {
        run.ran += 1;
        let Some(a) = of_side(&row.a, None) else {
            run.failures.push(failure(
                "rules/interaction",
                format!("{} × {}：{}没有成员药品，这条不会生效", row.a, row.b, row.a),
            ));
            continue;
        };
        let Some(b) = of_side(&row.b, Some(&a.id)) else {
            run.failures.push(failure(
                "rules/interaction",
                format!("{} × {}：{}没有成员药品，这条不会生效", row.a, row.b, row.b),
            ));
            continue;
        };
        let route = |d: &Drug| {
            d.routes
                .iter()
                .find(|r| !signa::is_local(r))
                .or_else(|| d.routes.first())
                .cloned()
                .unwrap_or_default()
        };
        let items = vec![plain_item(a, &route(a)), plain_item(b, &route(b))];
        let any_local = items.iter().any(|i| signa::is_local(&i.route));
        let rx = Prescription { items, ..Prescription::default() };
        let checked = pharmacist.check(&rx, &neutral());
        let spoken = checked
            .alerts
            .iter()
            .any(|x| x.category == "interaction" && x.items == [0, 1] && x.tier >= row.tier);
        let alone = Prescription { items: rx.items[..1].to_vec(), ..Prescription::default() };
        let silent = !pharmacist
            .check(&alone, &neutral())
            .alerts
            .iter()
            .any(|x| x.category == "interaction");
        if !(spoken || any_local && !row.local) {
            run.failures.push(failure(
                "rules/interaction",
                format!("{}：{} + {} 应报未报", interaction::rule_id(row), a.zh, b.zh),
            ));
        }
        if !silent {
            run.failures.push(failure(
                "rules/interaction",
                format!("{}：{}单用也报", interaction::rule_id(row), a.zh),
            ));
        }
    }
    run
}

const GROWN_DAYS: u32 = 6574;

/// A patient in the middle of the row's age band, with a usual weight.
fn patient_for(row: &Dose) -> RxPatient {
    let top = row.age_max_days.min(85 * 365);
    let days = if row.age_max_days == u32::MAX && row.age_min_days <= GROWN_DAYS {
        row.age_min_days.max(GROWN_DAYS) + 20 * 365
    } else {
        u32::midpoint(row.age_min_days, top.max(row.age_min_days + 1))
    };
    let years = f64::from(days) / 365.25;
    let weight = match years {
        y if y < 0.1 => 3.5,
        y if y < 1.0 => 3.5 + y * 6.0,
        y if y < 12.0 => y * 2.0 + 8.0,
        y if y < 18.0 => y * 3.5 - 8.0,
        _ => 65.0,
    };
    let mut patient =
        RxPatient { age: Some(Age::from_days(days)), weight_kg: Some(weight), ..neutral() };
    if !row.indication.is_empty() {
        patient.diagnoses = vec![row.indication.clone()];
    }
    patient
}

/// Every dose row: twelve times the most is stopped, its middle is let pass.
pub fn run_doses(pharmacist: &Pharmacist) -> CaseRun {
    let mut run = CaseRun::default();
    for drug in &pharmacist.catalog.formulary.drugs {
        for row in &drug.doses {
            let Some(single) = &row.single else { continue };
            let patient = patient_for(row);
            let Some(days) = patient.age.map(Age::days) else { continue };
            run.ran += 1;
            let frequency = row.frequency.first().cloned().unwrap_or_else(|| "once".to_owned());
            let route = if row.route.is_empty() {
                drug.routes.first().cloned().unwrap_or_default()
            } else {
                row.route.clone()
            };
            let with = |dose: f64, unit: &str| {
                let mut item = plain_item(drug, &route);
                item.dose = Some(dose);
                item.dose_unit.push_str(unit);
                item.frequency.clone_from(&frequency);
                item.remark.clone_from(&row.indication);
                pharmacist
                    .check(&Prescription { items: vec![item], ..Prescription::default() }, &patient)
            };
            let dosed = |checked: &Checked, tier: Tier| {
                checked
                    .alerts
                    .iter()
                    .any(|a| a.tier >= tier && matches!(a.category, "dose" | "frequency"))
            };
            let siblings = drug.doses.iter().filter(|d| {
                d.route == row.route && (d.age_min_days..d.age_max_days).contains(&days)
            });
            let most = siblings
                .filter_map(|d| d.single.as_ref())
                .filter_map(base)
                .filter(|(m, _)| Some(*m) == base(single).map(|b| b.0))
                .map(|(_, max)| max)
                .fold(0.0, f64::max);
            let Some((measure, factor)) = units::unit(&single.unit) else {
                run.failures
                    .push(failure(&path_of(drug), format!("剂量单位检查不了：{}", single.unit)));
                continue;
            };
            if measure == units::Measure::Mass
                || measure == units::Measure::Units
                || measure == units::Measure::Count
            {
                let over = with(most * 12.0 / factor, &single.unit);
                if !dosed(&over, Tier::Warn) {
                    run.failures.push(failure(
                        &path_of(drug),
                        format!(
                            "{} {route} 12倍剂量 {}{} 没有拦住",
                            patient.age.map(|a| a.to_string()).unwrap_or_default(),
                            most * 12.0 / factor,
                            single.unit
                        ),
                    ));
                }
            }
            let middle = middle(row, single, &patient, &frequency);
            let checked = with(middle, &single.unit);
            if dosed(&checked, Tier::Warn) {
                let said = checked
                    .alerts
                    .iter()
                    .find(|a| matches!(a.category, "dose" | "frequency"))
                    .map(|a| a.message.clone())
                    .unwrap_or_default();
                run.failures.push(failure(
                    &path_of(drug),
                    format!(
                        "中间剂量 {}{} {frequency} 也报：{said}",
                        units::plain(middle),
                        single.unit
                    ),
                ));
            }
        }
    }
    run
}

fn base(amount: &Amount) -> Option<(units::Measure, f64)> {
    units::unit(&amount.unit).map(|(m, f)| (m, amount.max * f))
}

/// A dose inside every range of the row: single, per kilogram, daily.
fn middle(row: &Dose, single: &Amount, patient: &RxPatient, frequency: &str) -> f64 {
    let factor = units::unit(&single.unit).map_or(1.0, |(_, f)| f);
    let weight = patient.weight_kg.unwrap_or(65.0);
    let times = signa::often(frequency).map_or(1.0, |o| if o.a_day > 0.0 { o.a_day } else { 1.0 });
    let same = |a: &&Amount| {
        units::unit(&a.unit).map(|(m, _)| m) == units::unit(&single.unit).map(|(m, _)| m)
    };
    let scale = |a: &Amount, by: f64| {
        let f = units::unit(&a.unit).map_or(1.0, |(_, f)| f);
        (a.min * f * by / factor, a.max * f * by / factor)
    };
    let mut bounds = vec![(single.min, single.max)];
    bounds.extend(row.single_kg.as_ref().filter(same).map(|a| scale(a, weight)));
    bounds.extend(row.daily.as_ref().filter(same).map(|a| scale(a, 1.0 / times)));
    bounds.extend(row.daily_kg.as_ref().filter(same).map(|a| scale(a, weight / times)));
    let low = bounds.iter().map(|b| b.0).fold(0.0, f64::max);
    let high = bounds.iter().map(|b| b.1).fold(f64::INFINITY, f64::min);
    if low <= high { f64::midpoint(low, high) } else { high }
}

/// Every limit speaks when its circumstance holds, and is silent for a healthy man.
pub fn run_limits(pharmacist: &Pharmacist) -> CaseRun {
    let mut run = CaseRun::default();
    for drug in &pharmacist.catalog.formulary.drugs {
        for (n, limit) in drug.limits.iter().enumerate() {
            run.ran += 1;
            let rule = format!("{}/limit-{}", drug.id, n + 1);
            let (rx, patient) = when(drug, &limit.when);
            let checked = pharmacist.check(&rx, &patient);
            if !checked.alerts.iter().any(|a| a.speaks_for(&rule)) {
                run.failures.push(failure(
                    &path_of(drug),
                    format!("第{}条限制应报未报：{}", n + 1, limit.why),
                ));
            }
            let conditional = limit.when.icd.len() + limit.when.says.len() > 0
                || limit.when.egfr_below.is_some()
                || limit.when.lab.is_some()
                || !limit.when.child_pugh.is_empty()
                || !limit.when.pregnant.is_empty()
                || limit.when.lactating
                || limit.when.age_below_days.is_some()
                || limit.when.age_from_days.is_some_and(|d| d > 40 * 366);
            let calm = pharmacist.check(&rx, &neutral());
            if conditional && calm.alerts.iter().any(|a| a.speaks_for(&rule)) {
                run.failures.push(failure(
                    &path_of(drug),
                    format!("第{}条限制对无关病人也报：{}", n + 1, limit.why),
                ));
            }
        }
    }
    run
}

/// A prescription and patient for whom a circumstance holds.
fn when(drug: &Drug, asked: &Circumstance) -> (Prescription, RxPatient) {
    let mut patient = neutral();
    let systemic = drug.routes.iter().find(|r| !signa::is_local(r)).or_else(|| drug.routes.first());
    let route = asked.route.first().or(systemic).cloned().unwrap_or_default();
    let mut item = plain_item(drug, &route);
    if let Some(word) = asked.says.first().or_else(|| asked.icd.first()) {
        patient.diagnoses = vec![word.clone()];
    }
    if asked.sex != Sex::Unknown {
        patient.sex = asked.sex;
    }
    if let Some(below) = asked.age_below_days {
        let from = asked.age_from_days.unwrap_or(0);
        patient.age = Some(Age::from_days(u32::midpoint(from, below)));
    } else if let Some(from) = asked.age_from_days {
        patient.age = Some(Age::from_days(from + 30));
    }
    if !asked.pregnant.is_empty() {
        patient.sex = Sex::Female;
        patient.age = Age::parse("28岁");
        patient.pregnant_weeks = Some(match asked.pregnant.as_str() {
            "t1" => 8,
            "t2" => 20,
            _ => 34,
        });
    }
    if asked.lactating {
        patient.sex = Sex::Female;
        patient.age = Age::parse("28岁");
        patient.lactating = true;
    }
    patient.egfr = asked.egfr_below.map_or(patient.egfr, |limit| Some(limit - 1.0));
    patient.child_pugh = asked.child_pugh.first().cloned();
    if let Some((name, sign, value)) = &asked.lab {
        let off = (value.abs() * 0.05).max(0.1);
        patient.labs =
            vec![(name.clone(), if sign.starts_with('<') { value - off } else { value + off })];
    }
    if let Some(limit) = &asked.daily_over {
        item.dose = Some(limit.max * 1.2);
        item.dose_unit.clone_from(&limit.unit);
        "qd".clone_into(&mut item.frequency);
    }
    item.days = asked.days_over.map(|d| d + 1);
    let setting = asked.setting.first().and_then(|s| Setting::parse(s));
    (Prescription { items: vec![item], setting, ..Prescription::default() }, patient)
}
