//! Texts as HubSpot keeps them: bodies of notes and calls are a little HTML.

/// A text for people as HTML.
pub(super) fn marked_up(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for c in text.trim().chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '\n' => html.push_str("<br>"),
            '\r' => {}
            c => html.push(c),
        }
    }
    html
}

/// Tags after which a line begins.
const LINES: [&str; 9] = ["br", "p", "div", "li", "tr", "h1", "h2", "h3", "ul"];

/// HTML as a text for people: without tags, with lines where blocks end.
pub(super) fn plain(html: &str) -> String {
    let (mut text, mut rest) = (String::with_capacity(html.len()), html);
    // Behind the last one no tag ends: one need not look for that at each beginning.
    let last = html.rfind('>').unwrap_or_default();
    while let Some(at) = rest.find(['<', '&']) {
        text.push_str(&rest[..at]);
        rest = &rest[at..];
        let read = match rest.starts_with('<') {
            true if html.len() - rest.len() < last => tag(rest),
            true => None,
            false => entity(rest),
        };
        match read {
            Some((said, length)) => {
                text.push_str(&said);
                rest = &rest[length..];
            }
            None => {
                text.push_str(&rest[..1]);
                rest = &rest[1..];
            }
        }
    }
    text.push_str(rest);
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    lines.join("\n")
}

/// What a tag at the beginning stands for, and how long it is. What begins with no letter is none.
fn tag(text: &str) -> Option<(String, usize)> {
    let inner = text[1..].trim_start_matches('/');
    if !inner.starts_with(|c: char| c.is_ascii_alphabetic() || c == '!') {
        return None;
    }
    let end = text.find('>')?;
    let name: String = inner.chars().take_while(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    let said = if LINES.contains(&name.as_str()) { "\n" } else { "" };
    Some((said.to_owned(), end + 1))
}

fn entity(text: &str) -> Option<(String, usize)> {
    let end = text.bytes().take(10).position(|byte| byte == b';')?;
    let name = &text[1..end];
    let said = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => ' ',
        number => {
            let digits = number.strip_prefix('#')?;
            let code = match digits.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => digits.parse().ok()?,
            };
            char::from_u32(code)?
        }
    };
    Some((said.to_string(), end + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_comes_back_as_it_went() {
        for text in ["Wants it <b>blue</b> & soon", "one\ntwo", "a < b > c", "&amp; é ü"] {
            assert_eq!(plain(&marked_up(text)), text);
        }
    }

    #[test]
    fn what_people_wrote_there_is_read_without_its_tags() {
        let html =
            "<div dir=\"auto\"><p>Spoke&nbsp;with <b>Ana</b></p><p>She&#39;s &#x2014; away<br/>till May</p></div>";
        assert_eq!(plain(html), "Spoke with Ana\nShe's — away\ntill May");
        assert_eq!(plain("3 < 4 & 5"), "3 < 4 & 5");
        assert_eq!(plain("&é; <é"), "&é; <é");
        // In a moment: where no tag ends, none is looked for.
        let many = "<a".repeat(2_000_000);
        assert_eq!(plain(&many), many);
        let late = format!("{}>", "< ".repeat(2_000_000));
        assert_eq!(plain(&late), late);
    }
}
