//! The station's catalogue of what it buys: units in a pack, code prefix, insurance code, and pooled procurement (集采).
use super::code::TraceCode;
use crate::domain::age::Day;

#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Product {
    /// The station's own number of it.
    pub id: String,
    pub name: String,
    pub strength: String,
    pub form: String,
    pub maker: String,
    /// 批准文号
    pub approval: String,
    /// Drug of the knowledge base, by which a prescription line is matched.
    pub drug: Option<String>,
    /// First seven digits of the 20-digit codes.
    pub prefix: String,
    pub gtin: String,
    /// Units in the smallest sales pack: 24 (粒).
    pub units: u32,
    pub unit: String,
    pub pack_unit: String,
    /// 医保目录编码
    pub insurance: String,
    /// 处方药
    pub rx: bool,
    /// In hundredths of a yuan for a pack.
    pub price_fen: Option<u32>,
}

impl Product {
    pub fn owns(&self, code: &TraceCode) -> bool {
        code.product_part().is_some_and(|part| part == self.prefix || part == self.gtin)
    }

    /// `阿莫西林胶囊 0.25g×24粒`
    pub fn label(&self) -> String {
        format!("{} {}×{}{}", self.name, self.strength, self.units, self.unit)
    }
}

/// An agreed purchase from the county's list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agreement {
    pub batch: String,
    pub product: String,
    /// Packs.
    pub agreed: u32,
    pub price_fen: u32,
    pub from: Day,
    pub to: Day,
}

/// How far an agreed purchase has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    pub agreement: Agreement,
    /// Packs accepted in the period and not sent back.
    pub bought: u32,
}

impl Progress {
    pub fn permille(&self) -> u32 {
        match self.agreement.agreed {
            0 => 0,
            agreed => {
                (u64::from(self.bought) * 1000 / u64::from(agreed)).min(u64::from(u32::MAX)) as u32
            }
        }
    }

    /// Behind the share of the period that has passed.
    pub fn is_behind(&self, today: Day) -> bool {
        let whole = i64::from(self.agreement.to.days_since(self.agreement.from)) + 1;
        let gone = (i64::from(today.days_since(self.agreement.from)) + 1).clamp(0, whole);
        i64::from(self.bought) * whole < i64::from(self.agreement.agreed) * gone
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_measured_against_the_period() {
        let day = |month, day| Day::new(2026, month, day).unwrap();
        let agreement = Agreement {
            batch: "十批".to_owned(),
            product: "p".to_owned(),
            agreed: 100,
            price_fen: 560,
            from: day(1, 1),
            to: day(12, 31),
        };
        let progress = Progress { agreement, bought: 50 };
        assert_eq!(progress.permille(), 500);
        assert!(!progress.is_behind(day(6, 30)) && progress.is_behind(day(9, 30)));
    }
}
