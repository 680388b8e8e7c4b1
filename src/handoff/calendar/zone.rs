//! Wall-clock time to instants and back, in whole Unix seconds.

use chrono::{DateTime, NaiveDateTime, Offset, TimeZone, Utc};
use chrono_tz::{GapInfo, Tz, TzOffset};

/// Seconds in a day of the wall clock.
pub(super) const DAY: i64 = 86_400;

/// The distance at which looking at the offset cannot miss a change that is taken back: in the whole of the IANA
/// data no zone returns to an earlier offset within 6.9 days (Brazil in 2000 is the quickest since 1850).
const PROBE: i64 = 6 * DAY;

/// The instant as whole seconds, rounded down.
pub(crate) fn seconds(at: DateTime<Utc>) -> i64 {
    at.timestamp()
}

/// The instant of a Unix second; seconds beyond what a date can hold give the last instant there is.
pub(crate) fn instant(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(second, 0).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

fn naive(second: i64) -> NaiveDateTime {
    instant(second).naive_utc()
}

fn east(offset: &TzOffset) -> i64 {
    i64::from(offset.fix().local_minus_utc())
}

/// Seconds by which the wall clock is ahead of UTC at an instant.
pub(super) fn offset_at(zone: Tz, second: i64) -> i64 {
    east(&zone.offset_from_utc_datetime(&naive(second)))
}

/// The number of the local day (days since 1970-01-01) at an instant.
pub(super) fn day_at(zone: Tz, second: i64) -> i64 {
    (second + offset_at(zone, second)).div_euclid(DAY)
}

/// The instant of a wall-clock second (seconds since 1970-01-01T00:00 local). A time that occurs twice is its first
/// occurrence; one that is skipped moves forward by the length of the gap (section 4, rule 2).
pub(super) fn from_wall(zone: Tz, wall: i64) -> i64 {
    let local = naive(wall);
    let offset = match zone.offset_from_local_datetime(&local) {
        chrono::LocalResult::Single(offset) => east(&offset),
        // The larger offset gives the earlier instant.
        chrono::LocalResult::Ambiguous(a, b) => east(&a).max(east(&b)),
        // The offset before the gap, applied to a time inside it, lands as far behind the gap.
        chrono::LocalResult::None => offset_before_gap(zone, &local).map_or(0, |(offset, _)| offset),
    };
    wall - offset
}

/// The first instant whose wall clock reads midnight of `day` or later. No time of that day or of a later one,
/// moved out of a gap or not, is before it.
pub(super) fn day_begins(zone: Tz, day: i64) -> i64 {
    let wall = day * DAY;
    match zone.offset_from_local_datetime(&naive(wall)) {
        chrono::LocalResult::None => {
            offset_before_gap(zone, &naive(wall)).map_or(wall, |(offset, begin)| begin - offset)
        }
        _ => from_wall(zone, wall),
    }
}

/// For a skipped local time: the offset in force before the gap, and the wall-clock second at which the gap begins.
fn offset_before_gap(zone: Tz, local: &NaiveDateTime) -> Option<(i64, i64)> {
    let (begin, offset) = GapInfo::new(local, &zone)?.begin?;
    Some((east(&offset), begin.and_utc().timestamp()))
}

/// The one offset in force through `[from, to]`, or nothing if it changes in between.
pub(super) fn steady_offset(zone: Tz, from: i64, to: i64) -> Option<i64> {
    let offset = offset_at(zone, from);
    let mut at = from;
    while at < to {
        at = to.min(at + PROBE);
        if offset_at(zone, at) != offset {
            return None;
        }
    }
    Some(offset)
}
