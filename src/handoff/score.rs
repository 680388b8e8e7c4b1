//! A score as one shows it: never a lone total, always with its parts (R27).

use serde::{Deserialize, Serialize};

use super::{Time, stamp};

/// The three canonical dimensions (C10), and what cannot be split into them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Axis {
    /// Who they are: role, company, size.
    Fit,
    /// What they ask for.
    Intent,
    /// What they do.
    Behavior,
    /// A source's total that it does not split.
    Combined,
}

impl Axis {
    /// The word in configuration and JSON.
    pub fn code(self) -> &'static str {
        match self {
            Self::Fit => "fit",
            Self::Intent => "intent",
            Self::Behavior => "behavior",
            Self::Combined => "combined",
        }
    }
}

/// A score with the ledger of what made it (F14).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Score {
    /// Total, 0 to 100.
    pub total: i32,
    /// Points of fit within the total.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fit: Option<i32>,
    /// Points of intent within the total.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intent: Option<i32>,
    /// Points of behavior within the total.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub behavior: Option<i32>,
    /// Each contribution, largest first.
    #[serde(default)]
    pub parts: Vec<ScorePart>,
    /// The model and its version, such as `s1-points@1`; a source's own score names the source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// How our model came to it; nothing for a score that the lead came with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evaluated: Option<Evaluated>,
}

/// How a score of our own model was come by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Evaluated {
    /// The latest that was known of the lead then, when it became an MQL or did something: what came before had faded
    /// so far. Nothing if none of it had a date.
    #[serde(default, with = "stamp::maybe", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub as_of: Option<Time>,
    /// The lead's category is the model's too, and not its source's.
    #[serde(default)]
    pub with_category: bool,
}

/// One line of the ledger.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ScorePart {
    /// Which dimension it counts towards.
    pub axis: Axis,
    /// What it is for, such as `pricing page ×3`.
    pub label: String,
    /// Points that count now, after caps and decay. May be negative (R21).
    pub points: f64,
    /// Points before decay and caps, where they differ.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub full: Option<f64>,
    /// When it was earned; nothing for a standing fact.
    #[serde(default, with = "stamp::maybe", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub at: Option<Time>,
}

/// Lead categories (R24): what to do, and how fast.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
pub enum Category {
    /// Ready to engage: high engagement, high readiness.
    A,
    /// Interested but early: high engagement, medium readiness.
    B,
    /// Engaged in research: high engagement, low readiness.
    C,
}

impl Category {
    /// `A`, `B` or `C`.
    pub fn code(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::B => "B",
            Self::C => "C",
        }
    }

    /// The category with this letter, in either case.
    pub fn from_code(code: &str) -> Option<Self> {
        match code {
            "A" | "a" => Some(Self::A),
            "B" | "b" => Some(Self::B),
            "C" | "c" => Some(Self::C),
            _ => None,
        }
    }
}
