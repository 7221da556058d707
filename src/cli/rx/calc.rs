//! `xinglin rx calc`: the bedside sums on the command line, with units and the age of the creatinine.
use serde::Serialize;

use crate::{
    cli::{desk::Place, exit, out},
    domain::rx::{
        calculator::{
            Calculator, Figure, Input, Name, Refused, STALE_DAYS, Values, age_of_value, figures,
        },
        units,
    },
    services::clock::{Clock, SystemClock},
};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// egfr（CKD-EPI 2021）crcl（Cockcroft-Gault）bsa bmi dose（按体重）drip（滴速）
    #[arg(value_parser = ["egfr", "crcl", "bsa", "bmi", "dose", "drip"])]
    what: String,
    /// 肌酐，umol/L 或写 mg/dL
    #[arg(long)]
    creatinine: Option<String>,
    /// 肌酐哪天查的
    #[arg(long)]
    on: Option<String>,
    #[arg(long)]
    age: Option<String>,
    #[arg(long)]
    sex: Option<String>,
    /// kg，或写 斤 g
    #[arg(long)]
    weight: Option<String>,
    /// cm，或写 m
    #[arg(long)]
    height: Option<String>,
    /// 单次每公斤 mg
    #[arg(long)]
    per_kg: Option<String>,
    /// 每日几次
    #[arg(long)]
    times: Option<String>,
    /// 单次最多 mg
    #[arg(long)]
    most: Option<String>,
    /// 液体 ml
    #[arg(long)]
    volume: Option<String>,
    /// 滴多久：分钟，或写 h
    #[arg(long)]
    minutes: Option<String>,
    /// 输液器每毫升滴数，默认 20
    #[arg(long)]
    drops: Option<String>,
    /// 液体里的药 mg
    #[arg(long)]
    amount: Option<String>,
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct FigureOut {
    name: &'static str,
    value: f64,
    unit: &'static str,
}

#[derive(Serialize)]
struct AnswerOut {
    what: &'static str,
    figures: Vec<FigureOut>,
    creatinine_days: Option<i32>,
}

pub fn run(args: &Args, place: &Place) -> u8 {
    let Some(calculator) = Calculator::ALL.into_iter().find(|c| c.id() == args.what) else {
        return exit::USAGE;
    };
    let values = match values(args, calculator) {
        Ok(values) => values,
        Err(what) => {
            out::note(&what);
            return exit::USAGE;
        }
    };
    let figures = figures(calculator, &values);
    if figures.is_empty() {
        out::note("这个公式不用于这位病人（肾功能公式只用于18岁以上，且要性别）。");
        return exit::FINDINGS;
    }
    let days = age_of_value(&values, SystemClock.today());
    if args.json {
        let shown = figures.iter().map(|f| FigureOut {
            name: label(f.name).1,
            value: round(f),
            unit: f.unit,
        });
        out::json(&AnswerOut {
            what: calculator.id(),
            figures: shown.collect(),
            creatinine_days: days,
        });
    } else {
        for f in &figures {
            let (zh, en) = label(f.name);
            let value = units::plain(round(f));
            place.say(&format!("{zh} {value} {}", f.unit), &format!("{en} {value} {}", f.unit));
        }
    }
    if let Some(days) = days.filter(|d| *d > STALE_DAYS) {
        out::note(&format!("肌酐是 {days} 天前的，宜复查。"));
    }
    exit::DONE
}

fn round(f: &Figure) -> f64 {
    let scale = match f.name {
        Name::Surface | Name::MicrogramsAKiloMinute => 100.0,
        Name::DropsAMinute => 1.0,
        _ => 10.0,
    };
    (f.value * scale).round() / scale
}

const fn label(name: Name) -> (&'static str, &'static str) {
    match name {
        Name::Egfr => ("eGFR（CKD-EPI 2021）", "egfr"),
        Name::Clearance => ("肌酐清除率（Cockcroft-Gault）", "crcl"),
        Name::Surface => ("体表面积（Mosteller）", "bsa"),
        Name::BodyMass => ("体质指数", "bmi"),
        Name::Single => ("单次", "single"),
        Name::SingleCapped => ("单次（按上限）", "single-capped"),
        Name::Daily => ("一日", "daily"),
        Name::DropsAMinute => ("滴速", "drops"),
        Name::MlAnHour => ("泵速", "ml-per-hour"),
        Name::MgAnHour => ("给药速度", "mg-per-hour"),
        Name::MicrogramsAKiloMinute => ("给药速度", "ug-per-kg-min"),
    }
}

fn values(args: &Args, calculator: Calculator) -> Result<Values, String> {
    let typed = |input: Input| match input {
        Input::Creatinine => ("--creatinine", &args.creatinine),
        Input::TakenOn => ("--on", &args.on),
        Input::Age => ("--age", &args.age),
        Input::Sex => ("--sex", &args.sex),
        Input::Weight => ("--weight", &args.weight),
        Input::Height => ("--height", &args.height),
        Input::PerKg => ("--per-kg", &args.per_kg),
        Input::Times => ("--times", &args.times),
        Input::Most => ("--most", &args.most),
        Input::Volume => ("--volume", &args.volume),
        Input::Minutes => ("--minutes", &args.minutes),
        Input::DropsPerMl => ("--drops", &args.drops),
        Input::Amount => ("--amount", &args.amount),
    };
    let (needed, may) = calculator.inputs();
    let mut values = Values::default();
    for input in needed.iter().chain(may) {
        let (flag, text) = typed(*input);
        match text {
            Some(text) => values.set(*input, text).map_err(|refused| {
                let what = match refused {
                    Refused::NotRead { typed } => format!("“{typed}”读不懂"),
                    Refused::Unit { typed } => {
                        format!("单位“{typed}”不认识（用 {}）", input.unit())
                    }
                    Refused::Range { low, high, unit } => format!(
                        "超出可能的范围 {}–{} {unit}，请核对单位",
                        units::plain(low),
                        units::plain(high)
                    ),
                };
                format!("{flag}：{what}")
            })?,
            None if needed.contains(input) => return Err(format!("缺 {flag}")),
            None => {}
        }
    }
    Ok(values)
}
