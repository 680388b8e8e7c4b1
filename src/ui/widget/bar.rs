//! A horizontal bar in eighths of a cell, over an even ground.

const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/// `part` of `whole` as a bar of `width` cells; what is not taken is filled with `ground`, a character of one cell.
pub fn bar(width: u16, part: i64, whole: i64, ground: char) -> String {
    let width = i64::from(width);
    let eighths = if whole <= 0 { 0 } else { part.clamp(0, whole).saturating_mul(width * 8) / whole };
    let rest = EIGHTHS.get((eighths % 8) as usize).copied().unwrap_or_default();
    let mut out = "█".repeat((eighths / 8).min(width) as usize);
    out.push_str(rest);
    let left = width - eighths / 8 - i64::from(!rest.is_empty());
    out.extend(std::iter::repeat_n(ground, left.max(0) as usize));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_as_long_as_its_part() {
        for (part, whole, drawn) in [
            (0, 100, "░░░░"),
            (50, 100, "██░░"),
            (92, 100, "███▋"),
            (100, 100, "████"),
            (900, 100, "████"),
            (-3, 100, "░░░░"),
            (1, 0, "░░░░"),
        ] {
            assert_eq!(bar(4, part, whole, '░'), drawn);
        }
        assert_eq!(bar(400, i64::MAX, i64::MAX, ' ').chars().count(), 400);
        assert_eq!(bar(0, 1, 2, ' '), "");
    }
}
