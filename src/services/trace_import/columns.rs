//! The columns of each table that may come in, by English and by Chinese heading, and what stands in a cell.
use std::collections::BTreeMap;

use super::Subject;
use crate::domain::age::{Day, half_width};
use crate::services::failure::{Failure, Kind};
use crate::wire::table::{Row, Table};

/// A column by its name and by the words that a heading may have.
type Column = (&'static str, &'static [&'static str]);

const PRODUCTS: &[Column] = &[
    ("id", &["编号", "药品编号", "药品编码", "院内编码"]),
    ("name", &["名称", "药品名称", "通用名", "通用名称"]),
    ("strength", &["规格", "制剂规格"]),
    ("form", &["剂型"]),
    ("maker", &["厂家", "生产厂家", "生产企业", "上市许可持有人"]),
    ("approval", &["批准文号", "国药准字"]),
    ("drug", &["知识库编号"]),
    ("prefix", &["标识码", "药品标识码", "追溯码前7位"]),
    ("gtin", &["商品条码", "GTIN"]),
    ("units", &["包装数量", "每盒数量", "包装量", "转换比"]),
    ("unit", &["最小单位", "制剂单位", "最小制剂单位"]),
    ("pack_unit", &["包装单位", "单位"]),
    ("insurance", &["医保编码", "医保目录编码", "医疗目录编码", "国家医保编码"]),
    ("rx", &["处方药"]),
    ("price", &["单价", "价格", "采购价"]),
];

const DESPATCH: &[Column] = &[
    ("bill", &["随货单号", "发货单号", "单据号", "单号"]),
    ("supplier", &["供应商", "发货企业", "配送企业"]),
    ("code", &["追溯码", "药品追溯码"]),
    ("product", &["药品编号", "药品编码", "编号"]),
    ("lot", &["批号", "产品批号", "生产批号"]),
    ("made", &["生产日期"]),
    ("expiry", &["有效期", "有效期至", "有效期止"]),
    ("level", &["包装级别", "码级别"]),
    ("parent", &["上级码", "箱码", "父码"]),
];

const AGREEMENTS: &[Column] = &[
    ("batch", &["批次", "集采批次"]),
    ("product", &["药品编号", "药品编码", "编号"]),
    ("agreed", &["约定量", "约定采购量"]),
    ("price", &["中选价", "中选价格", "单价"]),
    ("from", &["开始", "采购周期起", "起始日期"]),
    ("to", &["结束", "采购周期止", "截止日期"]),
];

/// A row with its cells by name.
#[derive(Debug)]
pub struct Fields {
    pub line: usize,
    cells: BTreeMap<&'static str, String>,
}

const fn columns(subject: Subject) -> &'static [Column] {
    match subject {
        Subject::Products => PRODUCTS,
        Subject::Despatch => DESPATCH,
        Subject::Agreements => AGREEMENTS,
        Subject::Epcis | Subject::Answers => &[],
    }
}

const fn needed(subject: Subject) -> &'static [&'static str] {
    match subject {
        Subject::Products => &["id", "name", "units"],
        Subject::Despatch => &["code"],
        Subject::Agreements => &["batch", "product", "agreed", "from", "to"],
        Subject::Epcis | Subject::Answers => &[],
    }
}

/// The rows of a table by column; a heading that nobody knows, or one that lacks, is named.
pub fn rows(subject: Subject, table: Table) -> Result<Vec<Result<Fields, String>>, Failure> {
    let known = columns(subject);
    let find = |heading: &str| {
        let plain: String = heading
            .chars()
            .map(half_width)
            .filter(|c| !c.is_whitespace() && !matches!(c, '*' | '(' | ')'))
            .collect();
        known.iter().find(|(name, words)| *name == plain || words.contains(&plain.as_str()))
    };
    let mut names: Vec<&'static str> = vec![];
    for heading in &table.headings {
        let Some((name, _)) = find(heading) else { return Err(strange(heading, known)) };
        if names.contains(name) {
            return Err(user(
                format!("表头里“{heading}”与另一列是同一栏（{name}）。"),
                format!("Column {heading:?} stands twice ({name})."),
            ));
        }
        names.push(name);
    }
    if let Some(lacks) = needed(subject).iter().find(|name| !names.contains(name)) {
        let word = known
            .iter()
            .find(|(name, _)| name == lacks)
            .and_then(|(_, words)| words.first())
            .unwrap_or(lacks);
        return Err(user(
            format!("表头里缺“{word}”（{lacks}）一列。"),
            format!("The column {lacks} lacks."),
        ));
    }
    Ok(table.rows.into_iter().map(|row| fields(&names, row)).collect())
}

fn fields(names: &[&'static str], row: Row) -> Result<Fields, String> {
    if row.cells.len() > names.len() {
        return Err(format!(
            "第 {} 行有 {} 栏，表头只有 {} 栏",
            row.line,
            row.cells.len(),
            names.len()
        ));
    }
    Ok(Fields { line: row.line, cells: names.iter().copied().zip(row.cells).collect() })
}

fn strange(heading: &str, known: &[Column]) -> Failure {
    let list: Vec<String> = known
        .iter()
        .map(|(name, words)| match words.first() {
            Some(word) => format!("{word}({name})"),
            None => (*name).to_owned(),
        })
        .collect();
    let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
    user(
        format!("表头里有不认识的列“{heading}”；不要的列请删去。可用：{}。", list.join(" ")),
        format!("Unknown column {heading:?}. Known: {}.", names.join(" ")),
    )
}

fn user(zh: String, en: String) -> Failure {
    Failure::new(Kind::User, zh, en)
}

impl Fields {
    pub fn text(&self, name: &str) -> String {
        self.cells.get(name).cloned().unwrap_or_default()
    }

    pub fn needed(&self, name: &str) -> Result<String, String> {
        let text = self.text(name);
        if text.is_empty() { Err(self.wrong(&format!("缺 {name}"))) } else { Ok(text) }
    }

    pub fn wrong(&self, what: &str) -> String {
        format!("第 {} 行：{what}", self.line)
    }

    /// A code or number that must be there digit by digit; a spreadsheet may have made a short number of it.
    pub fn digits(&self, name: &str) -> Result<String, String> {
        let text = self.text(name);
        let number = text.parse::<f64>().is_ok();
        if number && text.contains(['e', 'E', '.']) {
            return Err(self.wrong(&format!(
                "{name}“{text}”被电子表格改成了数，尾数已丢；请把这一列设为文本后重新导出"
            )));
        }
        Ok(text)
    }

    pub fn number<T: std::str::FromStr>(&self, name: &str) -> Result<Option<T>, String> {
        let text: String = self.text(name).chars().map(half_width).collect();
        if text.is_empty() {
            return Ok(None);
        }
        text.parse().map(Some).map_err(|_| self.wrong(&format!("{name}“{text}”不是数")))
    }

    /// `2028-06-30`, `2028/6/30`, `2028.6.30`, `20280630`, `2028年6月30日`, or the day number of a spreadsheet.
    pub fn day(&self, name: &str) -> Result<Option<Day>, String> {
        let text: String = self.text(name).chars().map(half_width).collect();
        if text.is_empty() {
            return Ok(None);
        }
        day(&text).map(Some).ok_or_else(|| {
            self.wrong(&format!("{name}“{text}”不是日期（应写到日，如 2028-06-30）"))
        })
    }

    /// `5.60` yuan -> 560.
    pub fn fen(&self, name: &str) -> Result<Option<u32>, String> {
        let text: String = self.text(name).chars().map(half_width).collect();
        if text.is_empty() {
            return Ok(None);
        }
        let text = text.trim_start_matches('¥').trim_end_matches('元');
        let wrong = || self.wrong(&format!("{name}“{text}”不是金额（应如 5.60）"));
        let (yuan, rest) = text.split_once('.').unwrap_or((text, ""));
        let fen: u32 = match rest.len() {
            0 => 0,
            1 => rest.parse::<u32>().map_err(|_| wrong())? * 10,
            2 => rest.parse().map_err(|_| wrong())?,
            _ => return Err(wrong()),
        };
        let yuan: u32 = yuan.parse().map_err(|_| wrong())?;
        yuan.checked_mul(100).and_then(|all| all.checked_add(fen)).map(Some).ok_or_else(wrong)
    }
}

fn day(text: &str) -> Option<Day> {
    let text = text.split([' ', 'T']).next().unwrap_or_default();
    let parts: Vec<&str> =
        text.split(['-', '/', '.', '年', '月', '日']).filter(|part| !part.is_empty()).collect();
    match parts.as_slice() {
        [year, month, day] => Day::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?),
        [digits] if digits.len() == 8 => Day::new(
            digits.get(..4)?.parse().ok()?,
            digits.get(4..6)?.parse().ok()?,
            digits.get(6..)?.parse().ok()?,
        ),
        // Days since 1899-12-30, as spreadsheets count: 20000 is in 1954, 80000 in 2119.
        [serial] if serial.len() == 5 => {
            let serial: i32 = serial.parse().ok().filter(|n| (20_000..80_000).contains(n))?;
            Some(Day::new(1899, 12, 30)?.plus_days(serial))
        }
        _ => None,
    }
    .filter(|day| (1950..=2150).contains(&day.year()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_as_suppliers_write_them_and_never_guessed() {
        let want = Day::new(2028, 6, 30);
        for text in [
            "2028-06-30",
            "2028/6/30",
            "2028.6.30",
            "20280630",
            "2028年6月30日",
            "46934",
            "2028-06-30 00:00:00",
        ] {
            assert_eq!(day(text), want, "{text}");
        }
        for text in ["2028-06", "2028.6", "280630", "6/30/2028", "2028-13-01", "1", "9999999"] {
            assert_eq!(day(text), None, "{text}");
        }
    }

    #[test]
    fn a_spoilt_code_a_strange_column_and_a_missing_one_are_named() {
        let table = |head: &str, cells: &str| {
            crate::wire::table::read(format!("{head}\n{cells}\n").as_bytes()).unwrap()
        };
        let says = |head: &str| rows(Subject::Despatch, table(head, "1")).unwrap_err().what.zh;
        assert!(says("追溯码,备注2").contains("“备注2”"));
        assert!(says("批号").contains("追溯码"));
        assert!(says("追溯码,code").contains("同一栏"));
        let read = rows(Subject::Despatch, table("*药品追溯码,有效期至", "8.12346E+19,2028-06-30"));
        let fields = read.unwrap().remove(0).unwrap();
        assert!(fields.digits("code").unwrap_err().contains("设为文本"));
        assert_eq!(fields.day("expiry").unwrap(), Day::new(2028, 6, 30));
        let long = rows(Subject::Despatch, table("code", "1,2")).unwrap().remove(0);
        assert!(long.unwrap_err().contains("第 2 行有 2 栏"));
    }
}
