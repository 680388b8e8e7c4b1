//! Company sizes in canonical bands (R34 item 4).

use std::fmt;

use super::super::scoring::Amount;

/// The bands of head count that CRMs and data providers share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SizeBand {
    /// One person.
    One,
    /// 2 to 10.
    To10,
    /// 11 to 50.
    To50,
    /// 51 to 200.
    To200,
    /// 201 to 500.
    To500,
    /// 501 to 1,000.
    To1000,
    /// 1,001 to 5,000.
    To5000,
    /// 5,001 to 10,000.
    To10000,
    /// More.
    Above,
}

impl SizeBand {
    /// All bands, the smallest first.
    pub const ALL: [Self; 9] = [
        Self::One,
        Self::To10,
        Self::To50,
        Self::To200,
        Self::To500,
        Self::To1000,
        Self::To5000,
        Self::To10000,
        Self::Above,
    ];

    /// The band as it is written, such as `201-500`.
    pub fn code(self) -> &'static str {
        match self {
            Self::One => "1",
            Self::To10 => "2-10",
            Self::To50 => "11-50",
            Self::To200 => "51-200",
            Self::To500 => "201-500",
            Self::To1000 => "501-1000",
            Self::To5000 => "1001-5000",
            Self::To10000 => "5001-10000",
            Self::Above => "10001+",
        }
    }

    /// The most people of the band; nothing for the last.
    pub fn most(self) -> Option<u32> {
        match self {
            Self::One => Some(1),
            Self::To10 => Some(10),
            Self::To50 => Some(50),
            Self::To200 => Some(200),
            Self::To500 => Some(500),
            Self::To1000 => Some(1000),
            Self::To5000 => Some(5000),
            Self::To10000 => Some(10_000),
            Self::Above => None,
        }
    }

    /// The band of a head count; nothing for less than one person.
    pub fn of(people: f64) -> Option<Self> {
        let holds = |band: &Self| band.most().is_none_or(|most| people <= f64::from(most));
        if people >= 1.0 { Self::ALL.into_iter().find(holds) } else { None }
    }

    /// The band of a head count or a band as written: `800`, `201-500`, `1,000+`, `more than 500`, `fewer than 10`. Of a
    /// band that lies across several the middle counts. Nothing for a text without a number (`Enterprise`): how many
    /// people that is, nobody knows.
    pub fn read(text: &str) -> Option<Self> {
        let lower = text.to_lowercase();
        let amount = Amount::read(&lower)?;
        let says = |words: &[&str]| words.iter().any(|word| lower.contains(word));
        if amount.low == amount.high {
            // An open end begins behind its number.
            if says(&["+", ">", "more than", "over ", "above "]) {
                return Self::of(amount.low + 1.0);
            }
            if says(&["<", "less than", "fewer than", "under ", "below "]) {
                return Self::of((amount.low - 1.0).max(1.0));
            }
        }
        Self::of(amount.middle().floor())
    }
}

impl fmt::Display for SizeBand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn head_counts_and_bands_find_their_canonical_band() {
        for (text, band) in [
            ("1", SizeBand::One),
            ("1-10", SizeBand::To10),
            ("2-10 employees", SizeBand::To10),
            ("50", SizeBand::To50),
            ("51", SizeBand::To200),
            ("50-249", SizeBand::To200),
            ("800", SizeBand::To1000),
            ("1,001 to 5,000 employees", SizeBand::To5000),
            ("1000+", SizeBand::To5000),
            ("> 500", SizeBand::To1000),
            ("fewer than 10", SizeBand::To10),
            ("10,000+", SizeBand::Above),
            ("5k", SizeBand::To5000),
        ] {
            assert_eq!(SizeBand::read(text), Some(band), "{text}");
        }
        for unknown in ["", "Enterprise", "0", "n/a"] {
            assert_eq!(SizeBand::read(unknown), None, "{unknown}");
        }
    }

    proptest! {
        #[test]
        fn a_band_read_again_is_itself_and_more_people_are_never_a_smaller_band(a in 1u32..200_000, b in 1u32..200_000) {
            let band = |people: u32| SizeBand::of(f64::from(people)).unwrap();
            prop_assert_eq!(SizeBand::read(band(a).code()), Some(band(a)));
            prop_assert_eq!(SizeBand::read(&a.to_string()), Some(band(a)));
            prop_assert_eq!(a.cmp(&b).is_le() && band(a) > band(b), false);
        }
    }
}
