//! How much time a promise allows, as a person writes it: `5m`, `2h`, `1h30m`, `90s`, `300`.

use std::fmt;
use std::str::FromStr;

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

/// Seconds of clock time a policy allows, from 1 second to 3650 days. They are working seconds under a business clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Budget(i64);

const UNITS: [(char, i64); 4] = [('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];
const MOST_SECONDS: i64 = 3_650 * 86_400;

/// Why a text is no budget.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BudgetError {
    /// Not made of numbers with units.
    #[error("`{text}` is not a length of time; write it like 5m, 2h, 1h30m, 90s or as seconds (300)")]
    Shape {
        /// The text as given.
        text: String,
    },
    /// Nothing, or more than ten years.
    #[error("`{text}` is out of range: a budget is between 1 second and 3650 days")]
    Range {
        /// The text as given.
        text: String,
    },
}

impl Budget {
    /// 15 minutes: the automatic response after hours (R69).
    pub const QUARTER_HOUR: Self = Self(15 * 60);
    /// 2 hours: the personal follow-up after hours (R69).
    pub const TWO_HOURS: Self = Self(2 * 3_600);

    /// A budget from seconds, `1..=315_360_000`.
    pub fn from_seconds(seconds: i64) -> Result<Self, BudgetError> {
        match seconds {
            1..=MOST_SECONDS => Ok(Self(seconds)),
            _ => Err(BudgetError::Range { text: seconds.to_string() }),
        }
    }

    /// Its seconds, always above 0.
    pub fn seconds(self) -> i64 {
        self.0
    }
}

impl FromStr for Budget {
    type Err = BudgetError;

    /// Whole numbers with the units `d` (24 hours of the clock), `h`, `m`, `s`, the larger first, each at most once; a
    /// bare number is seconds.
    fn from_str(text: &str) -> Result<Self, BudgetError> {
        let shape = || BudgetError::Shape { text: text.to_owned() };
        let range = || BudgetError::Range { text: text.to_owned() };
        let number = |digits: &str| -> Result<i64, BudgetError> {
            let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
            if plain { digits.parse().map_err(|_| range()) } else { Err(shape()) }
        };

        let mut rest = text.trim();
        let mut total = 0_i64;
        if rest.bytes().all(|b| b.is_ascii_digit()) {
            total = number(rest)?;
        } else {
            for (unit, seconds) in UNITS {
                if let Some((count, after)) = rest.split_once(unit) {
                    let part = number(count.trim())?.checked_mul(seconds);
                    total = part.and_then(|part| total.checked_add(part)).ok_or_else(range)?;
                    rest = after.trim_start();
                }
            }
            if !rest.is_empty() {
                return Err(shape());
            }
        }
        Self::from_seconds(total).map_err(|_| range())
    }
}

impl fmt::Display for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut left = self.0;
        for (unit, seconds) in UNITS {
            if left >= seconds {
                write!(f, "{}{unit}", left / seconds)?;
                left %= seconds;
            }
        }
        Ok(())
    }
}

impl Serialize for Budget {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Budget {
    /// From a text or from a whole number of seconds.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextOrSeconds;

        impl Visitor<'_> for TextOrSeconds {
            type Value = Budget;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a length of time such as \"5m\", \"2h\" or 300")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Budget, E> {
                text.parse().map_err(E::custom)
            }

            fn visit_i64<E: de::Error>(self, seconds: i64) -> Result<Budget, E> {
                Budget::from_seconds(seconds).map_err(E::custom)
            }

            fn visit_u64<E: de::Error>(self, seconds: u64) -> Result<Budget, E> {
                self.visit_i64(i64::try_from(seconds).unwrap_or(i64::MAX))
            }
        }

        deserializer.deserialize_any(TextOrSeconds)
    }
}
