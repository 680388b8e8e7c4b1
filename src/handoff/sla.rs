//! SLA clocks.

use serde::{Deserialize, Serialize};

/// How time is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Working time.
    Business,
    /// Elapsed time.
    Wall,
    /// Elapsed time, rolled to the next opening.
    WallRoll,
    /// The last close of the day.
    SameDay,
}
