use std::io::Write;

use proptest::prelude::*;

use super::*;

/// Header, rows with their lines, and refused lines with their reasons.
type Read = (Vec<String>, Vec<(u64, Vec<String>)>, Vec<(u64, String)>);

fn read(bytes: &[u8]) -> Read {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    let mut table = Delimited::open(&Input::open(file.path()).unwrap(), None).unwrap();
    let (mut rows, mut bad, mut record) = (Vec::new(), Vec::new(), Record::default());
    loop {
        match table.next(&mut record).unwrap() {
            Next::Row => rows.push((record.line, record.cells().map(str::to_owned).collect())),
            Next::Bad { line, reason, .. } => bad.push((line, reason)),
            Next::End => return (table.header().to_vec(), rows, bad),
        }
    }
}

fn lines(text: &str) -> Vec<u64> {
    read(text.as_bytes()).1.into_iter().map(|(line, _)| line).collect()
}

#[test]
fn lines_are_counted_exactly_whatever_ends_them() {
    let text = "a,b\n1,2\n\n\"x\ny\",3\n4,5\n";
    assert_eq!(lines(text), [2, 4, 6]);
    assert_eq!(lines(&text.replace('\n', "\r\n")), [2, 4, 6]);
    assert_eq!(lines(&text.replace('\n', "\r")), [2, 4, 6]);
    assert_eq!(lines("\n\na,b\n1,2"), [4]);
    assert_eq!(lines("sep=;\r\na;b\r\n1;2\r\n"), [3]);
}

#[test]
fn odd_headers_get_names_of_their_own() {
    let (header, rows, bad) = read(b" a ,b,a,,a\n1,2,3,4,5\n1,2,3,,\n,,,,\n1,2,3,4,5,\n");
    assert_eq!(header, ["a", "b", "a (2)", "column 4", "a (3)"]);
    assert_eq!((rows.len(), bad.len()), (3, 0), "blank rows and empty surplus cells are no fault: {bad:?}");
    // A nameless last column need not be in every row.
    assert_eq!(read(b"a,b,\n1,2\n1,2,\n").2, []);
}

#[test]
fn a_row_of_another_width_is_refused_and_the_rest_is_read() {
    let (_, rows, bad) = read(b"a,b,c\n1,2,3\n1,2\n1,2,3,4\n\"q\nr\",2\n7,8,9\n");
    assert_eq!(rows.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [2, 7]);
    assert_eq!(bad.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [3, 4, 5]);
    assert!(bad[0].1.contains("2 cells and the header 3"), "{}", bad[0].1);
}

#[test]
fn a_quote_that_is_never_closed_costs_one_row() {
    let mut text = String::from("id,name,note\n");
    for id in 0..5_000 {
        let name = if id == 7 { "\"Acme".to_owned() } else { format!("\"Firm, {id}\"") };
        text.push_str(&format!("{id},{name},fine\n"));
    }
    let (_, rows, bad) = read(text.as_bytes());
    assert_eq!((rows.len(), bad.len()), (4_999, 1));
    assert_eq!(bad[0].0, 9);
    // In the last column it would quietly eat all that follows.
    let (_, rows, bad) = read(b"id,note\n1,ok\n2,\"open\n3,ok\n4,ok\n");
    assert_eq!((rows.len(), bad.len()), (3, 1), "{bad:?}");
}

#[test]
fn a_quote_open_for_megabytes_does_not_fill_the_memory() {
    let mut text = String::from("id,note\n1,\"open\n");
    text.extend(std::iter::repeat_n("2,fine\n", 400_000));
    let (_, rows, bad) = read(text.as_bytes());
    assert_eq!((rows.len(), bad.len()), (400_000, 1));
}

#[test]
fn a_header_of_endless_columns_is_refused() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(&b",".repeat(500_000)).unwrap();
    file.write_all(b"x\n").unwrap();
    let opened = Delimited::open(&Input::open(file.path()).unwrap(), None);
    assert!(matches!(opened, Err(ImportError::Header { .. })));
}

#[test]
fn a_line_of_megabytes_is_one_bad_row() {
    let text = format!("id,note\n1,{}\n2,fine\n", "x".repeat(5_000_000));
    let (_, rows, bad) = read(text.as_bytes());
    assert_eq!((rows, bad.len()), (vec![(3, vec!["2".to_owned(), "fine".to_owned()])], 1));
}

#[test]
fn a_cell_that_is_too_long_or_not_utf_8_is_refused_by_name() {
    let long = "x".repeat(CELL_LIMIT + 1);
    assert_eq!(read(format!("a,b\n1,{long}\n2,y\n").as_bytes()).2[0].0, 2);
    let mut bytes = "a,b\nä,ö\nü,ß\n".as_bytes().to_vec();
    bytes.extend_from_slice(b"ok,caf\xE9\nlast,x\n");
    let (_, rows, bad) = read(&bytes);
    assert_eq!((rows.len(), bad.len(), bad[0].0), (3, 1, 4));
    // The halves of a character in two cells are not a character.
    let mut bytes = "a,b\nä,ö\nü,ß\n".as_bytes().to_vec();
    bytes.extend_from_slice(b"\xC3,\xA9\n");
    assert_eq!(read(&bytes).2.len(), 1);
}

#[test]
fn a_file_of_nothing_but_broken_quotes_is_given_up() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(b"a,b\n").unwrap();
    for _ in 0..1000 {
        file.write_all(b"\"x,\"y\n").unwrap();
    }
    let mut table = Delimited::open(&Input::open(file.path()).unwrap(), None).unwrap();
    let mut record = Record::default();
    let end = std::iter::repeat_with(|| table.next(&mut record)).find(|next| !matches!(next, Ok(Next::Bad { .. })));
    assert!(matches!(end, Some(Err(ImportError::Quotes { .. }) | Ok(Next::End))), "{end:?}");
}

/// How a text can be written into a file.
#[derive(Clone, Copy, Debug)]
enum Written {
    Utf8,
    Marked,
    Little,
    Big,
    Bare,
    Latin1,
}

fn write(text: &str, how: Written) -> Vec<u8> {
    let units = |mark: &str| format!("{mark}{text}").encode_utf16().collect::<Vec<_>>();
    match how {
        Written::Utf8 => text.as_bytes().to_vec(),
        Written::Marked => format!("\u{FEFF}{text}").into_bytes(),
        Written::Little => units("\u{FEFF}").into_iter().flat_map(u16::to_le_bytes).collect(),
        Written::Big => units("\u{FEFF}").into_iter().flat_map(u16::to_be_bytes).collect(),
        Written::Bare => units("").into_iter().flat_map(u16::to_le_bytes).collect(),
        Written::Latin1 => text.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn any_table_is_read_as_it_was_written(
        rows in prop::collection::vec(prop::array::uniform3("([a-zA-Z0-9äöüßé ,;|\"'=]|\t|\n){0,12}"), 1..20),
        delimiter in prop::sample::select(vec![b',', b';', b'\t', b'|']),
        crlf in any::<bool>(),
        how in prop::sample::select(vec![Written::Utf8, Written::Marked, Written::Little, Written::Big, Written::Bare, Written::Latin1]),
    ) {
        let header = ["identity", "the name", "a note"];
        let mut writer = csv::WriterBuilder::new()
            .delimiter(delimiter)
            .terminator(if crlf { csv::Terminator::CRLF } else { csv::Terminator::Any(b'\n') })
            .quote_style(csv::QuoteStyle::Necessary)
            .from_writer(Vec::new());
        writer.write_record(header).unwrap();
        for row in &rows {
            writer.write_record(row).unwrap();
        }
        let text = String::from_utf8(writer.into_inner().unwrap()).unwrap();
        let (names, read, bad) = read(&write(&text, how));
        prop_assert_eq!(names, header);
        prop_assert_eq!(bad, vec![]);
        let kept: Vec<Vec<String>> = rows.iter().filter(|row| !row.concat().trim().is_empty()).map(|row| row.to_vec()).collect();
        let read: Vec<Vec<String>> = read.into_iter().map(|(_, cells)| cells).collect();
        prop_assert_eq!(read, kept);
    }

    #[test]
    fn any_text_is_cut_as_the_csv_crate_cuts_it(text in "(a|b|,|\"|\"\"|\n|\r\n|é| ){0,40}") {
        let mut other = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
        let expected: Vec<Vec<String>> =
            other.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect();
        let (mut tokens, mut rest, mut rows) = (Tokens::default(), text.as_str(), Vec::new());
        loop {
            rest = &rest[line_ends(rest.as_bytes())..];
            if rest.is_empty() {
                break;
            }
            prop_assert!(tokens.cut(rest.as_bytes(), b',', true));
            let mut row = Vec::new();
            for cell in &tokens.cells {
                let mut text = rest[cell.range.clone()].to_owned();
                if cell.quoted {
                    text.clear();
                    unquote(&rest[cell.range.clone()], &mut text);
                }
                row.push(text);
            }
            rows.push(row);
            rest = &rest[tokens.length..];
        }
        prop_assert_eq!(rows, expected);
    }

    #[test]
    fn no_bytes_make_the_reader_fall(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(&bytes).unwrap();
        if let Ok(mut table) = Input::open(file.path()).and_then(|input| Delimited::open(&input, None)) {
            let mut record = Record::default();
            while !matches!(table.next(&mut record), Ok(Next::End) | Err(_)) {}
        }
    }
}
