//! Numbers as CRMs write them: `800`, `201-500`, `1,000+`, `$140 M`, `10M to 50M`.

/// An amount or a band of amounts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Amount {
    /// The lower end, or the amount.
    pub low: f64,
    /// The upper end; the same as `low` for an amount and for an open band (`1000+`).
    pub high: f64,
}

impl Amount {
    /// Reads an amount or a band; words and currency signs around the numbers do not matter. Nothing where there is
    /// no number.
    pub fn read(text: &str) -> Option<Self> {
        let mut numbers = Vec::new();
        let mut rest = text;
        while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
            let (number, unit, after) = number(&rest[start..]);
            numbers.push((number?, unit));
            rest = after;
        }
        let (&(low, low_unit), &(high, high_unit)) = (numbers.first()?, numbers.get(1).or(numbers.first())?);
        // `10-50M` means millions on both sides.
        let low = low * low_unit.or(high_unit).unwrap_or(1.0);
        Some(Self { low, high: (high * high_unit.unwrap_or(1.0)).max(low) })
    }

    /// The middle of the band: what a rule's range is asked about.
    pub fn middle(self) -> f64 {
        f64::midpoint(self.low, self.high)
    }
}

/// The number at the start of a text that starts with a digit, its unit if it has one, and what follows.
fn number(text: &str) -> (Option<f64>, Option<f64>, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit() && !matches!(c, '.' | ',' | '\'')).unwrap_or(text.len());
    let (digits, mut rest) = text.split_at(end);
    let value = plain(digits.trim_end_matches(['.', ',', '\''])).parse().ok();
    let word_start = rest.trim_start_matches(' ');
    let word_end = word_start.find(|c: char| !c.is_alphabetic()).unwrap_or(word_start.len());
    let unit = match word_start[..word_end].to_lowercase().as_str() {
        "k" | "thousand" | "tsd" => Some(1e3),
        "m" | "mm" | "mn" | "mio" | "million" | "millions" => Some(1e6),
        "b" | "bn" | "billion" | "billions" | "mrd" => Some(1e9),
        _ => None,
    };
    if unit.is_some() {
        rest = &word_start[word_end..];
    }
    (value, unit, rest)
}

/// Digits with thousands separators taken out. A separator followed by exactly three digits, or one of several, is
/// one of thousands; any other is the decimal point.
fn plain(digits: &str) -> String {
    let groups: Vec<&str> = digits.split(['.', ',', '\'']).collect();
    match groups.as_slice() {
        [whole, part] if part.len() != 3 => format!("{whole}.{part}"),
        _ => groups.concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_revenues_are_read_as_crms_write_them() {
        for (text, low, high) in [
            ("800", 800.0, 800.0),
            ("201-500", 201.0, 500.0),
            ("1,001 to 5,000 employees", 1001.0, 5000.0),
            ("1.000–5.000", 1000.0, 5000.0),
            ("10,000+", 10_000.0, 10_000.0),
            ("~$140 M", 140e6, 140e6),
            ("$1.5 billion", 1.5e9, 1.5e9),
            ("10-50M", 10e6, 50e6),
            ("250k", 250e3, 250e3),
            ("2'500", 2500.0, 2500.0),
        ] {
            assert_eq!(Amount::read(text), Some(Amount { low, high }), "{text}");
        }
        assert_eq!(Amount::read("Enterprise"), None);
        assert_eq!(Amount::read(""), None);
    }
}
