//! What the benchmarks share.

pub mod leads;
pub mod pty;

/// The value at `fraction` of the sorted `values`.
pub fn percentile(values: &mut [f64], fraction: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let last = values.len().saturating_sub(1);
    values.get((last as f64 * fraction).round() as usize).copied().unwrap_or(f64::NAN)
}

/// The most memory that was ever resident, in MB, from the text of a process's `/proc/PID/status`.
pub fn peak_mb(status: &str) -> Option<f64> {
    let kib = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB"))?;
    Some(kib.parse::<f64>().ok()? / 1024.0)
}
