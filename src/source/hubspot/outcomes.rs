//! What can come of a call: the options that an account has for it. An outcome is named by its label, or by its id.

use serde_json::Value as Json;

use super::V;
use super::api::{Api, Trouble};
use super::write::DISPOSITION;

/// HubSpot's own, as others tell of them: for accounts whose options cannot be read.
const USUAL: [(&str, &str); 6] = [
    ("9d9162e7-6cf3-4944-bf63-4dff82258764", "Busy"),
    ("f240bbac-87c9-4f6e-bf70-924b57d47db7", "Connected"),
    ("a4c4c377-d246-4b32-a13b-75a56a4cd0ff", "Left live message"),
    ("b2cf5968-551e-4856-9783-52b3da59a7d0", "Left voicemail"),
    ("73a0d17f-1163-4015-bdd5-ec830791da20", "No answer"),
    ("17b47fee-58de-441e-a44c-c6300d46f273", "Wrong number"),
];

/// The options: id and label.
#[derive(Debug)]
pub(super) struct Outcomes {
    options: Vec<(String, String)>,
    /// Why they could not be read, so that these are the usual ones.
    pub(super) unread: Option<String>,
}

impl Outcomes {
    /// Those of an account, or the usual ones where the token may not see them.
    pub(super) async fn read(api: &Api) -> Result<Self, Trouble> {
        let usual = |why: String| {
            let options = USUAL.map(|(id, label)| (id.to_owned(), label.to_owned())).into();
            Ok(Self { options, unread: Some(why) })
        };
        let told = match api.get(&format!("/crm/properties/{V}/calls/{DISPOSITION}")).await {
            Ok(told) => told,
            Err(Trouble::Forbidden(why) | Trouble::Said(_, why)) => return usual(why),
            Err(Trouble::Missing) => return usual("there is no such property of calls".into()),
            Err(trouble) => return Err(trouble),
        };
        let options = options(&told);
        if options.is_empty() { usual("it names no outcomes".into()) } else { Ok(Self { options, unread: None }) }
    }

    /// The id of the option that is called so, or has this id.
    pub(super) fn id(&self, word: &str) -> Option<&str> {
        let is_it = |(id, label): &&(String, String)| id == word || label.trim().eq_ignore_ascii_case(word.trim());
        self.options.iter().find(is_it).map(|option| option.0.as_str())
    }

    /// What an option is called.
    pub(super) fn label(&self, id: &str) -> Option<&str> {
        self.options.iter().find(|option| option.0 == id).map(|option| option.1.as_str())
    }

    /// All labels, for people.
    pub(super) fn labels(&self) -> String {
        self.options.iter().map(|option| option.1.as_str()).collect::<Vec<_>>().join(", ")
    }
}

/// The options of a property that people are shown: value and label.
pub(super) fn options(property: &Json) -> Vec<(String, String)> {
    let shown =
        property["options"].as_array().into_iter().flatten().filter(|option| option["hidden"] != Json::Bool(true));
    let read = |option: &Json| {
        let value = option["value"].as_str().filter(|value| !value.is_empty())?;
        Some((value.to_owned(), option["label"].as_str().unwrap_or(value).to_owned()))
    };
    shown.filter_map(read).collect()
}
