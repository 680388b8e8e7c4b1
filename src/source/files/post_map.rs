//! The table `[post]` of a mapping: how what a sender posts is taken apart, and how it is known again.

use super::error::MappingError;
use super::fields::Kind;
use super::parse::Reader;
use super::toml_table::Node;
use super::value::Value;

/// A column that is a header of the request, such as `header:x-event-id`.
pub const HEADER: &str = "header:";

/// How the only other way to know a sender is called.
const SHARED: &str = "shared-secret-header";

/// How a post is taken apart.
#[derive(Default)]
pub struct PostMap {
    /// What the sender knows the message by; a hash of the body where it gives nothing.
    pub key: Value,
    /// The path of a list whose elements are messages of their own.
    pub items: Option<String>,
    /// Lists of names with values.
    pub pairs: Vec<Pairs>,
    /// The header with the secret, of a sender that cannot sign; in small letters.
    pub secret_header: Option<String>,
}

/// A list of names with values, as forms post them: each becomes a column, called `at` and its name.
#[derive(Debug, PartialEq, Eq)]
pub struct Pairs {
    /// The path of the list; empty where the message itself is the list.
    pub at: String,
    /// The path of the name, in each element.
    pub name: String,
    /// The paths of the value; the first that is there counts.
    pub value: Vec<String>,
}

impl<'a> Reader<'a> {
    /// Reads the table.
    pub fn post(&mut self, node: Option<Node<'a>>) -> Result<PostMap, MappingError> {
        let Some(node) = node else { return Ok(PostMap::default()) };
        let table = node.table(&["key", "items", "pairs", "signature", "secret_header"])?;
        let pairs = match table.get("pairs") {
            None => Vec::new(),
            Some(list) if list.is_array() => list.items().map(pairs).collect::<Result<_, _>>()?,
            Some(one) => vec![pairs(one)?],
        };
        let header = table.get("secret_header");
        if let Some(signature) = table.get("signature")
            && signature.str()? != SHARED
        {
            let what = format!("a post is not signed by “{}”", signature.str()?);
            let hint = format!("leave it out where the sender signs as the hub asks, else give “{SHARED}”");
            return Err(signature.error(what, hint));
        }
        let secret_header = match (table.get("signature"), header) {
            (None, None) => None,
            (Some(_), Some(header)) => Some(header_name(header)?),
            (Some(signature), None) => {
                let hint = "give secret_header = \"X-Webhook-Secret\", or whatever the sender calls it";
                return Err(signature.error("the header with the secret is not named", hint));
            }
            (None, Some(header)) => {
                let hint = format!("say so with signature = \"{SHARED}\"");
                return Err(header.error("a secret in a header is a weaker promise than a signature", hint));
            }
        };
        Ok(PostMap {
            key: self.optional_value(table.get("key"), Kind::Text)?,
            items: table.get("items").map(|node| node.str().map(str::to_owned)).transpose()?,
            pairs,
            secret_header,
        })
    }
}

fn pairs(node: Node<'_>) -> Result<Pairs, MappingError> {
    let table = node.table(&["at", "name", "value"])?;
    let Some(at) = table.get("at") else {
        return Err(node.error("`pairs` has no `at`", "say where the list is: at = \"fields\""));
    };
    let text = |key: &str, usual: &str| table.get(key).map_or(Ok(usual), |node| node.str()).map(str::to_owned);
    Ok(Pairs {
        at: at.str()?.to_owned(),
        name: text("name", "name")?,
        value: table.get("value").map_or_else(|| Ok(vec!["value".into()]), |node| node.strings())?,
    })
}

fn header_name(node: Node<'_>) -> Result<String, MappingError> {
    let name = node.str()?.to_ascii_lowercase();
    let is_plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    // What every request has, or the proxy in front writes, is no secret.
    let is_taken = matches!(name.as_str(), "host" | "content-type" | "content-length" | "user-agent");
    if name.is_empty() || !is_plain || is_taken {
        return Err(node.error("that is no header for a secret", "give a name such as \"X-Webhook-Secret\""));
    }
    Ok(name)
}
