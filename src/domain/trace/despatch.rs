//! The supplier's despatch list against what was scanned at the door: missing, extra, wrong lot, near expiry.
use super::ledger::Particulars;
use super::stock::Nearness;
use crate::domain::age::Day;

/// A line of the list: one code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DespatchLine {
    pub bill: String,
    pub supplier: String,
    pub code: String,
    pub is: Particulars,
}

/// What a scan at the door was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrival {
    pub code: String,
    /// Said by the symbol itself (GS1), empty otherwise.
    pub lot: Option<String>,
    pub expiry: Option<Day>,
}

/// The verdict on one code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Fits,
    /// On the list, not scanned.
    Missing,
    /// Scanned, not on the list.
    Extra,
    WrongLot {
        list: String,
        pack: String,
    },
    WrongExpiry {
        list: Day,
        pack: Day,
    },
    Expired,
    NearExpiry(Nearness),
}

impl Verdict {
    pub const fn id(&self) -> &'static str {
        match self {
            Self::Fits => "fits",
            Self::Missing => "missing",
            Self::Extra => "extra",
            Self::WrongLot { .. } => "wrong-lot",
            Self::WrongExpiry { .. } => "wrong-expiry",
            Self::Expired => "expired",
            Self::NearExpiry(_) => "near-expiry",
        }
    }

    pub const fn word(&self) -> &'static str {
        match self {
            Self::Fits => "相符",
            Self::Missing => "缺货",
            Self::Extra => "多货",
            Self::WrongLot { .. } => "批号不符",
            Self::WrongExpiry { .. } => "效期不符",
            Self::Expired => "已过期",
            Self::NearExpiry(_) => "近效期",
        }
    }

    /// May be taken in as it is.
    pub const fn may_enter(&self) -> bool {
        matches!(self, Self::Fits | Self::NearExpiry(_))
    }
}

/// Compares a list with scans. A scanned case stands for all that the list puts into it.
pub fn compare(list: &[DespatchLine], scans: &[Arrival], today: Day) -> Vec<(String, Verdict)> {
    let scanned = |code: &str| scans.iter().find(|scan| scan.code == code);
    let mut out: Vec<(String, Verdict)> = list
        .iter()
        .map(|line| {
            let by_case = ancestors(line, list).any(|case| scanned(case).is_some());
            let verdict = match scanned(&line.code) {
                Some(scan) => against(line, scan, today),
                None if by_case => dated(line.is.expiry, today),
                // A case need not be scanned when all its packs were.
                None if line.is.level > 1 && holds_only_scanned(line, list, &scanned) => {
                    Verdict::Fits
                }
                None => Verdict::Missing,
            };
            (line.code.clone(), verdict)
        })
        .collect();
    let extra = scans.iter().filter(|scan| !list.iter().any(|line| line.code == scan.code));
    out.extend(extra.map(|scan| (scan.code.clone(), Verdict::Extra)));
    out
}

fn ancestors<'a>(
    line: &'a DespatchLine,
    list: &'a [DespatchLine],
) -> impl Iterator<Item = &'a str> {
    // Three levels at most; the bound also ends a list that names itself as its parent.
    std::iter::successors(line.is.parent.as_deref(), move |code| {
        list.iter().find(|line| line.code == *code).and_then(|line| line.is.parent.as_deref())
    })
    .take(4)
}

fn holds_only_scanned<'a>(
    case: &DespatchLine,
    list: &[DespatchLine],
    scanned: &impl Fn(&str) -> Option<&'a Arrival>,
) -> bool {
    let mut children =
        list.iter().filter(|line| line.is.parent.as_deref() == Some(&case.code)).peekable();
    children.peek().is_some()
        && children.all(|child| child.is.level <= 1 && scanned(&child.code).is_some())
}

fn against(line: &DespatchLine, scan: &Arrival, today: Day) -> Verdict {
    if let Some(lot) =
        scan.lot.as_ref().filter(|lot| **lot != line.is.lot && !line.is.lot.is_empty())
    {
        return Verdict::WrongLot { list: line.is.lot.clone(), pack: lot.clone() };
    }
    if let (Some(list), Some(pack)) = (line.is.expiry, scan.expiry)
        && list != pack
    {
        return Verdict::WrongExpiry { list, pack };
    }
    dated(line.is.expiry.or(scan.expiry), today)
}

fn dated(expiry: Option<Day>, today: Day) -> Verdict {
    match Nearness::of(expiry, today) {
        Nearness::Expired => Verdict::Expired,
        near @ (Nearness::Within90 | Nearness::Within180) => Verdict::NearExpiry(near),
        Nearness::Fine | Nearness::Undated => Verdict::Fits,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(code: &str, level: u8, parent: Option<&str>) -> DespatchLine {
        let is = Particulars {
            product: "p".to_owned(),
            lot: "A1".to_owned(),
            expiry: Day::new(2028, 1, 1),
            level,
            parent: parent.map(str::to_owned),
            ..Particulars::default()
        };
        DespatchLine { bill: "b".to_owned(), supplier: "s".to_owned(), code: code.to_owned(), is }
    }

    fn scan(code: &str) -> Arrival {
        Arrival { code: code.to_owned(), lot: None, expiry: None }
    }

    #[test]
    fn missing_extra_and_wrong_lot_are_seen() {
        let today = Day::new(2026, 11, 24).unwrap();
        let list = [line("1", 1, None), line("2", 1, None), line("3", 1, None)];
        let wrong = Arrival { lot: Some("B2".to_owned()), ..scan("3") };
        let seen = compare(&list, &[scan("1"), wrong, scan("9")], today);
        let ids: Vec<(&str, &str)> = seen.iter().map(|(code, v)| (code.as_str(), v.id())).collect();
        assert_eq!(ids, [("1", "fits"), ("2", "missing"), ("3", "wrong-lot"), ("9", "extra")]);
        let seen = compare(&list[..1], &[scan("1")], Day::new(2027, 9, 1).unwrap());
        assert_eq!(seen[0].1, Verdict::NearExpiry(Nearness::Within180));
    }

    #[test]
    fn a_scanned_case_stands_for_its_packs_and_its_packs_for_it() {
        let today = Day::new(2026, 11, 24).unwrap();
        let list = [
            line("C", 3, None),
            line("B", 2, Some("C")),
            line("1", 1, Some("B")),
            line("2", 1, Some("B")),
        ];
        assert!(compare(&list, &[scan("C")], today).iter().all(|(_, v)| *v == Verdict::Fits));
        let by_pack = compare(&list[1..], &[scan("1"), scan("2")], today);
        assert!(by_pack.iter().all(|(_, v)| *v == Verdict::Fits), "{by_pack:?}");
        let circle = [line("X", 2, Some("X"))];
        assert_eq!(compare(&circle, &[], today)[0].1, Verdict::Missing);
    }
}
