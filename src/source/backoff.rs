//! How long to wait before a source is tried again: the laptop's engine and the hub do it alike.

use std::time::Duration;

use super::SourceError;
use crate::handoff::Time;

const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(300);
const SOON: Duration = Duration::from_secs(30);

/// The wait before try number `tries` + 1: doubled each time up to five minutes, and any part of that by chance, so
/// that many laptops do not come back at once ("full jitter"). `chance` is in 0..1.
pub fn wait(tries: u32, chance: f64) -> Duration {
    up_to(LONGEST, tries, chance)
}

/// The same for what may be over at any moment, such as a network that is away: half a minute is the longest, so that
/// what waits is there within a minute after it came back.
pub fn soon(tries: u32, chance: f64) -> Duration {
    up_to(SOON, tries, chance)
}

fn up_to(longest: Duration, tries: u32, chance: f64) -> Duration {
    let ceiling = FIRST.saturating_mul(2_u32.saturating_pow(tries.min(16))).min(longest);
    // Never at once: a second is the least.
    FIRST + ceiling.mul_f64(chance.clamp(0.0, 1.0))
}

/// A wait before something is tried again, each one longer than the one before, until it works.
#[derive(Default)]
pub struct Rest {
    tries: u32,
    since: Option<Time>,
    until: Option<Time>,
    /// Why it is waited.
    pub why: Option<String>,
    /// It answers, and does not let us in: waiting helps nothing, a person must sign in.
    pub is_signed_out: bool,
}

impl Rest {
    /// It is tried again at once.
    pub fn end(&mut self) {
        (self.tries, self.until) = (0, None);
    }

    /// It may be tried.
    pub fn is_over(&self, now: Time) -> bool {
        // A clock that was set back makes nobody wait for it.
        self.until.is_none_or(|until| until <= now) || self.since.is_some_and(|since| since > now)
    }

    /// The source failed so.
    pub fn begin(&mut self, error: &SourceError, now: Time, chance: f64) {
        let until = match error {
            SourceError::Throttled { until, .. } => *until,
            // Whatever was on the way may be gone at any moment.
            SourceError::Unreachable { .. } | SourceError::Protocol { .. } => now + soon(self.tries, chance),
            _ => now + wait(self.tries, chance),
        };
        self.begin_until(until, error.to_string(), now);
        self.is_signed_out = matches!(error, SourceError::AuthExpired { .. });
    }

    /// It is we who could not: our disk is full, say.
    pub fn begin_here(&mut self, why: String, now: Time, chance: f64) {
        self.begin_until(now + soon(self.tries, chance), why, now);
    }

    fn begin_until(&mut self, until: Time, why: String, now: Time) {
        (self.since, self.until, self.why, self.is_signed_out) = (Some(now), Some(until), Some(why), false);
        self.tries = self.tries.saturating_add(1);
    }

    /// It was begun just now for the first time since it worked.
    pub fn is_first(&self) -> bool {
        self.tries == 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_a_limit_and_are_never_nothing() {
        assert_eq!(wait(0, 0.0), FIRST);
        assert_eq!(wait(3, 1.0), FIRST + Duration::from_secs(8));
        assert_eq!(wait(40, 1.0), FIRST + LONGEST);
        assert!(wait(5, 0.5) < wait(5, 0.9));
    }
}
