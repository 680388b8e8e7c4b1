//! What senders post to the hub: leads and what they did.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::handoff::Time;
use crate::handoff::activity::{ActivityKind, Direction};

/// The header that carries the signature: `t=<unix seconds>,v1=<hex HMAC-SHA256 of "t.body">`.
pub const SIGNATURE: &str = "leadbox-signature";

/// How far a signature's time may lie from the hub's clock, in seconds (reliability, row 35).
pub const SIGNATURE_WINDOW: i64 = 300;

/// The most items of a batch.
pub const MOST_ITEMS: usize = 200;

/// One item, or many. Each item is taken for itself, in their order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Batch {
    /// The items.
    pub items: Vec<Item>,
}

/// One lead, as far as the sender knows it, with what it did.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Item {
    /// The sender's key of this message: sent twice, it is taken once.
    pub key: String,
    /// The sender's id of the person; the e-mail address if it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Who it is.
    pub person: PersonIn,
    /// Where they work.
    pub company: CompanyIn,
    /// Which marketing brought them: channel or lead source.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lead_source: Option<String>,
    /// Campaign.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub campaign: Option<String>,
    /// What the campaign said: rules of routing for products go by it, too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub campaign_message: Option<String>,
    /// Medium.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub medium: Option<String>,
    /// What they asked, in their own words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Marketing says that it is an MQL, and why (R13).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flag: Option<String>,
    /// Since when it says so; now if it is left out. What was said before the lead's last cycle ended counts no more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub flag_at: Option<Time>,
    /// What they did.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub activities: Vec<ActivityIn>,
    /// Anything else, by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub extras: BTreeMap<String, String>,
}

/// A person; what is left out is not changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PersonIn {
    /// Given name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    /// Family name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    /// Whole name, where it is not split.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Job title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// E-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Telephone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// Mobile telephone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mobile: Option<String>,
    /// Profile page on LinkedIn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub linkedin: Option<String>,
    /// City.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub city: Option<String>,
    /// State, province or region.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Country.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// IANA zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// Asked not to be called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub do_not_call: Option<bool>,
    /// Asked not to be e-mailed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub do_not_email: Option<bool>,
}

/// A company; what is left out is not changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CompanyIn {
    /// Name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Web domain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// Industry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub industry: Option<String>,
    /// Head count or band, as text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<String>,
    /// Yearly revenue, as text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revenue: Option<String>,
    /// City.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub city: Option<String>,
    /// Country.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// Known technologies.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tech: Vec<String>,
    /// News.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub news: Vec<String>,
}

/// One thing that they did, or that was done with them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ActivityIn {
    /// The sender's id of it: sent twice, it is one. Made of its contents if it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// What kind of thing.
    pub kind: ActivityKind,
    /// Who acted.
    #[serde(default)]
    pub direction: Direction,
    /// When; now if it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub at: Option<Time>,
    /// What it was.
    #[serde(default)]
    pub text: String,
    /// Where it can be seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// A sender that is to be set up, or to be read in another way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSource {
    /// Its name, as in `/v1/intake/{source}`.
    pub name: String,
    /// How what it posts is read. If it is left out, the sender gets a new secret, and is read as before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mapping: Option<MappingText>,
}

/// A mapping.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MappingText {
    /// What messages about it call it.
    pub file: String,
    /// The text; an empty one takes the former mapping away.
    pub toml: String,
}

/// A sender as it was set up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SourceMade {
    /// Its name.
    pub name: String,
    /// Its secret, told this once; nothing where the former one still holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
}

/// What became of a batch, item by item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Taken {
    /// In the order of the items.
    pub items: Vec<TakenItem>,
}

/// What became of an item. It is on the disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TakenItem {
    /// The sender's key.
    pub key: String,
    /// The lead's number at the hub.
    pub lead: i64,
    /// The lead's version afterwards.
    pub version: i64,
    /// Where the lead stands.
    pub stage: String,
    /// It had been taken before; nothing was done again.
    pub is_repeat: bool,
    /// So many of its activities, with the note of what it says otherwise, and of its extras were not kept, since there is no
    /// room for more of this lead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left_out: Option<u32>,
}
