//! 召回: which packs a recall means. Class I serious, II reversible, III other; a drill is marked as a drill.
use super::pack::Pack;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Nature {
    Real,
    /// 演练
    Drill,
}

impl Nature {
    pub const fn id(self) -> &'static str {
        match self {
            Self::Real => "real",
            Self::Drill => "drill",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Real, Self::Drill].into_iter().find(|nature| nature.id() == text)
    }
}

/// A recall by product and lots, or by a range of codes; an empty field does not ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recall {
    pub id: String,
    /// 1, 2 or 3
    pub class: u8,
    pub nature: Nature,
    pub product: String,
    pub lots: Vec<String>,
    /// First and last code, both included.
    pub codes: Option<(String, String)>,
    pub reason: String,
}

impl Recall {
    /// Names something; a recall of everything is a slip of the hand.
    pub fn is_bounded(&self) -> bool {
        (!self.product.is_empty() || self.codes.is_some())
            && (!self.lots.is_empty() || self.codes.is_some())
            || !self.product.is_empty() && self.lots.is_empty() && self.codes.is_none()
    }

    pub fn means(&self, pack: &Pack) -> bool {
        let by_product = self.product.is_empty() || self.product == pack.product;
        let by_lot = self.lots.is_empty() || self.lots.contains(&pack.lot);
        let by_code = self.codes.as_ref().is_none_or(|(first, last)| {
            pack.code.len() == first.len()
                && (first.as_str()..=last.as_str()).contains(&pack.code.as_str())
        });
        self.is_bounded() && by_product && by_lot && by_code
    }
}
