//! Which character parts the cells of a file.

/// The candidates, the likeliest first.
const CANDIDATES: [u8; 4] = [b',', b';', b'\t', b'|'];

/// Those that are taken only where nothing else can be meant. The last two are the unit separator and the one of Hive.
const UNUSUAL: [u8; 7] = [b'^', b'~', b':', b'#', b'!', 0x1F, 0x01];

/// All records, in thousandths.
const ALL: usize = 1000;

/// How many records are looked at.
const SAMPLE: usize = 50;

/// The delimiter of a text, from its beginning. A first line `sep=;`, as spreadsheets write it, settles it; its
/// length in bytes comes with the answer, so that it can be passed over.
pub fn detect(head: &[u8]) -> (u8, usize) {
    if let [b's' | b'S', b'e' | b'E', b'p' | b'P', b'=', delimiter, rest @ ..] = head {
        let end = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count().min(2);
        if end > 0 {
            return (*delimiter, 5 + end);
        }
    }
    let best = CANDIDATES.into_iter().enumerate().max_by_key(|(rank, delimiter)| {
        let (agreeing, first) = agreement(head, *delimiter);
        // A header that the rows agree with beats a header with more cells; the order settles ties.
        (agreeing, first, CANDIDATES.len() - rank)
    });
    match best {
        Some((_, delimiter)) if agreement(head, delimiter).1 > 0 => (delimiter, 0),
        _ => (unusual(head).unwrap_or(b','), 0),
    }
}

/// A delimiter that is seldom one, in a file without any of the usual: the only one that stands equally often in all
/// records.
fn unusual(head: &[u8]) -> Option<u8> {
    let mut fitting = UNUSUAL.into_iter().filter(|delimiter| {
        let (agreeing, first) = agreement(head, *delimiter);
        agreeing == ALL && first > 0
    });
    let only = fitting.next()?;
    fitting.next().is_none().then_some(only)
}

/// How many of the first records have as many delimiters as the first one, in thousandths, and how many that one has.
fn agreement(head: &[u8], delimiter: u8) -> (usize, usize) {
    let counts = counts(head, delimiter);
    let first = counts.first().copied().unwrap_or(0);
    let agreeing = counts.iter().filter(|count| **count == first).count();
    (if first == 0 { 0 } else { agreeing * ALL / counts.len() }, first)
}

/// How often the delimiter stands outside quotes in each of the first records.
fn counts(head: &[u8], delimiter: u8) -> Vec<usize> {
    let mut counts = Vec::new();
    let (mut count, mut quoted, mut fresh, mut empty) = (0, false, true, true);
    for &byte in head {
        match byte {
            b'"' if quoted || fresh => quoted = !quoted,
            _ if quoted => {}
            b'\n' | b'\r' => {
                if !empty {
                    counts.push(count);
                }
                if counts.len() == SAMPLE {
                    return counts;
                }
                (count, empty) = (0, true);
            }
            _ if byte == delimiter => count += 1,
            _ => {}
        }
        // A doubled quote closes and opens again, so the place after a quote counts as fresh too.
        fresh = byte == delimiter || matches!(byte, b'\n' | b'\r' | b'"');
        empty &= matches!(byte, b'\n' | b'\r');
    }
    // The last record may be cut off by the sample's end; it counts only where it is the only one.
    if counts.is_empty() {
        counts.push(count);
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delimiter_is_found_past_quotes_and_decoys() {
        for (text, delimiter) in [
            ("a,b,c\n1,2,3\n", b','),
            ("a;b;c\n1,5;2,5;3,5\n", b';'),
            ("a\tb\n1,2,3\t2\n", b'\t'),
            ("a|b\n1|2\n", b'|'),
            ("\"a;x;y\",b\n\"1;2\",3\n", b','),
            ("\"say \"\"a;b;c\"\"\",b\r\n1,2\r\n", b','),
            ("name;note\nx;\"two\nlines, and, commas\"\n", b';'),
            ("email\na@b.example\n", b','),
            ("", b','),
            ("a;b", b';'),
            ("id^name\n1^Acme, Inc\n", b'^'),
            ("id~name~at\n1~x~10:30\n2~y~11:30\n", b'~'),
            ("id:name\n1:x\n2:y\n", b':'),
            ("id\u{1f}name\n1\u{1f}x\n", 0x1F),
            // Not in every row, or two that fit: it could be anything.
            ("id:name\n1:x\n2:10:30\n", b','),
            ("id^na~me\n1^x~y\n", b','),
        ] {
            assert_eq!(detect(text.as_bytes()), (delimiter, 0), "{text}");
        }
        assert_eq!(detect(b"sep=;\r\na;b\r\n"), (b';', 7));
    }
}
