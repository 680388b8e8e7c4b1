//! How long to wait before trying again.

use std::time::Duration;

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
