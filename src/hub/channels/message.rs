//! What is sent, and how each kind of channel wants it. Pure.

use serde_json::{Value, json};
use uuid::Uuid;

use super::settings::PLACEHOLDERS;
use super::{Template, Use};
use crate::handoff::Time;
use crate::handoff::lead::Lead;

/// The longest piece of a lead's own words in an answer, in characters.
const LONGEST: usize = 40;

/// Whom it is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient {
    /// The short name of one of us; nothing for a lead.
    pub person: Option<String>,
    /// Their name to show.
    pub name: String,
    /// Their e-mail address.
    pub email: Option<String>,
}

/// One message, whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The same each time it is sent: who gets it twice can tell by that.
    pub key: Uuid,
    /// What it is.
    pub what: Use,
    /// When it is sent.
    pub at: Time,
    /// The lead's number at the hub.
    pub lead: i64,
    /// For whom.
    pub to: Recipient,
    /// A line.
    pub subject: String,
    /// What it says.
    pub text: String,
    /// An alert's category.
    pub category: Option<&'static str>,
    /// Until when something can be done.
    pub until: Option<Time>,
    /// It goes out at any hour.
    pub is_urgent: bool,
    /// Where to act.
    pub link: Option<String>,
    /// An invitation, as iCalendar.
    pub invitation: Option<String>,
}

impl Message {
    /// What webhooks and commands are told.
    pub fn json(&self) -> Value {
        let mut told = json!({
            "version": 1,
            "id": self.key,
            "what": self.what.code(),
            "at": self.at,
            "lead": self.lead,
            "to": self.to.person,
            "subject": self.subject,
            "text": self.text,
            "category": self.category,
            "until": self.until,
            "urgent": self.is_urgent,
            "link": self.link,
            "invitation": self.invitation,
        });
        if self.what == Use::AutoResponse {
            told["email"] = json!(self.to.email);
        }
        told
    }

    /// What Slack's webhooks take: what has a meaning there is escaped, so that nobody's words call a whole channel.
    pub fn slack(&self) -> Value {
        let text = self.text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        json!({ "text": text, "unfurl_links": false, "unfurl_media": false })
    }

    /// What workflows in Teams take: an Adaptive Card of plain runs, which know no markup.
    pub fn teams(&self) -> Value {
        let lines = self.text.lines();
        let run = |line: &str| json!({ "type": "RichTextBlock", "inlines": [{ "type": "TextRun", "text": line }] });
        let link = self.link.as_deref().filter(|link| link.starts_with("https://") || link.starts_with("http://"));
        let actions = link.map(|link| json!({ "type": "Action.OpenUrl", "title": "Open", "url": link }));
        json!({
            "type": "message",
            "attachments": [{
                "contentType": "application/vnd.microsoft.card.adaptive",
                "contentUrl": null,
                "content": {
                    "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                    "type": "AdaptiveCard",
                    "version": "1.4",
                    "body": lines.map(run).collect::<Vec<_>>(),
                    "actions": actions.into_iter().collect::<Vec<_>>(),
                },
            }],
        })
    }
}

impl Template {
    /// The subject and the text for this lead. What stood in a form is put in only where it looks like a name: else
    /// anybody could have us send a stranger whatever they like.
    pub fn fill(&self, lead: &Lead) -> (String, String) {
        let given = |text: Option<&str>, otherwise: &str| {
            let text = text.map(str::trim).filter(|text| looks_like_a_name(text));
            text.unwrap_or(otherwise).to_owned()
        };
        let values =
            [given(lead.person.first_name.as_deref(), "there"), given(lead.company.name.as_deref(), "your company")];
        let fill = |text: &str| {
            let filled = |text: String, (known, value): (&&str, &String)| text.replace(known, value);
            PLACEHOLDERS.iter().zip(&values).fold(text.to_owned(), filled)
        };
        (fill(&self.subject), fill(&self.text))
    }
}

fn looks_like_a_name(text: &str) -> bool {
    let is_usual = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '\'' | '’' | '&');
    !text.is_empty() && text.chars().count() <= LONGEST && text.chars().all(is_usual)
}

/// Text without signs that steer, but for the ends of lines.
pub(in crate::hub) fn plain(text: &str) -> String {
    text.chars().filter(|&c| c == '\n' || !c.is_control()).collect()
}
