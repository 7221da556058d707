//! 双签: another person who may takes a stop upon themselves, in words, for these very lines and for one day.
use super::PrescriptionLine;
use crate::domain::audit::Hash;
use crate::domain::instant::Instant;
use crate::domain::role::{Role, UserId};

/// What can end a 禁.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum WayOut {
    /// Another line, or a second signature.
    #[default]
    SecondSignature,
    /// The law knows no exception, or what is missing can be filled in: only another line, or the missing word.
    ChangeOnly,
}

impl WayOut {
    pub const ALL: [Self; 2] = [Self::SecondSignature, Self::ChangeOnly];

    pub fn id(self) -> &'static str {
        match self {
            Self::SecondSignature => "second-signature",
            Self::ChangeOnly => "change-only",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|way| way.id() == text)
    }
}

/// The row in which a second signature is kept, from the moment it is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SecondSignatureId(pub i64);

/// Given at the same screen with name, passphrase and reason. It is for one stop and for the lines as they stood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecondSignature {
    pub id: SecondSignatureId,
    pub signer: UserId,
    /// The name as it was on that day.
    pub name: String,
    /// The role by which they may.
    pub role: Role,
    pub at: Instant,
    pub reason: String,
    /// [`lines_digest`] of the prescription.
    pub lines: Hash,
}

impl SecondSignature {
    /// The fewest characters of a reason.
    pub const LEAST_REASON: usize = 4;
    /// A prescription is valid on its day; so is what was signed for it.
    pub const HOURS: i64 = 24;

    pub fn is_reason(text: &str) -> bool {
        text.trim().chars().filter(|c| c.is_alphanumeric()).count() >= Self::LEAST_REASON
    }

    /// Another person, a reason, and not one word of the lines changed since.
    pub fn stands(&self, doctor: UserId, lines: &[PrescriptionLine]) -> bool {
        self.signer != doctor && Self::is_reason(&self.reason) && self.lines == lines_digest(lines)
    }

    pub fn is_fresh(&self, now: Instant) -> bool {
        (0..=Self::HOURS * 3_600_000).contains(&now.millis_since(self.at))
    }

    /// `李梅（药师）2026-11-24 10:20：会诊后同意`
    pub fn words(&self) -> String {
        let (hour, minute, _) = self.at.time_of_day();
        format!(
            "{}（{}）{} {hour:02}:{minute:02}：{}",
            self.name,
            self.role.name_zh(),
            self.at.day(),
            self.reason
        )
    }
}

/// SHA-256 over every word of every line, in order.
pub fn lines_digest(lines: &[PrescriptionLine]) -> Hash {
    let mut text = String::new();
    let mut put = |part: &str| {
        text.push_str(&part.replace(['\u{1f}', '\u{1e}'], " "));
        text.push('\u{1f}');
    };
    for line in lines {
        for part in [
            line.drug.as_deref().unwrap_or_default(),
            &line.name,
            &line.strength,
            &line.dose,
            &line.dose_unit,
            &line.route,
            &line.frequency,
            &line.days.map(|days| days.to_string()).unwrap_or_default(),
            &line.quantity.map(|quantity| quantity.to_string()).unwrap_or_default(),
            &line.quantity_unit,
            line.skin_test.map_or("", super::SkinTest::id),
            &line.solvent,
            &line.group.map(|group| group.to_string()).unwrap_or_default(),
            &line.remark,
        ] {
            put(part);
        }
        put("\u{1e}");
    }
    Hash::of(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line() -> PrescriptionLine {
        PrescriptionLine { name: "甲".to_owned(), dose: "1".to_owned(), ..Default::default() }
    }

    fn signature(lines: &[PrescriptionLine]) -> SecondSignature {
        SecondSignature {
            id: SecondSignatureId(1),
            signer: UserId(2),
            name: "李梅".to_owned(),
            role: Role::Pharmacist,
            at: Instant::from_millis(1_700_000_000_000),
            reason: "会诊后同意使用".to_owned(),
            lines: lines_digest(lines),
        }
    }

    #[test]
    fn any_changed_word_of_any_line_makes_it_fall() {
        let lines = [line(), line()];
        assert!(signature(&lines).stands(UserId(1), &lines));
        let changes: [fn(&mut PrescriptionLine); 14] = [
            |l| l.drug = Some("a".to_owned()),
            |l| l.name.push('x'),
            |l| l.strength.push('x'),
            |l| l.dose.push('0'),
            |l| l.dose_unit.push('g'),
            |l| l.route.push('x'),
            |l| l.frequency.push('x'),
            |l| l.days = Some(1),
            |l| l.quantity = Some(1),
            |l| l.quantity_unit.push('x'),
            |l| l.skin_test = Some(crate::domain::visit::SkinTest::Negative),
            |l| l.solvent.push('x'),
            |l| l.group = Some(1),
            |l| l.remark.push('x'),
        ];
        for (n, change) in changes.into_iter().enumerate() {
            let mut changed = lines.clone();
            change(&mut changed[1]);
            assert!(!signature(&lines).stands(UserId(1), &changed), "change {n}");
        }
        assert!(!signature(&lines).stands(UserId(1), &lines[..1]), "a line less");
    }

    #[test]
    fn nobody_is_their_own_second_person_and_a_reason_is_words() {
        let lines = [line()];
        assert!(!signature(&lines).stands(UserId(2), &lines));
        let wordless =
            SecondSignature { reason: "。。。。。。".to_owned(), ..signature(&lines) };
        assert!(!wordless.stands(UserId(1), &lines));
    }

    #[test]
    fn it_lasts_a_day_and_never_comes_from_the_future() {
        let given = signature(&[]);
        assert!(given.is_fresh(given.at) && given.is_fresh(given.at.plus_seconds(86_400)));
        assert!(!given.is_fresh(given.at.plus_seconds(86_401)));
        assert!(!given.is_fresh(given.at.plus_seconds(-1)));
    }
}
