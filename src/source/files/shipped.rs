//! The mappings that come with the program, and finding the right one.

use std::path::{Path, PathBuf};

use super::error::{ImportError, listing};
use super::mapping::{self, Mapping};
use super::parse::parse;
use super::value::fold;
use crate::reading::text_of;

/// Name and text of each shipped mapping, in the order in which they are tried on a file. `generic` and
/// `generic-activities` fit by common column names and come last.
const SHIPPED: [(&str, &str); 14] = [
    ("leadbox", include_str!("../../../assets/mappings/leadbox.toml")),
    ("leadbox-jsonl", include_str!("../../../assets/mappings/leadbox-jsonl.toml")),
    ("salesforce", include_str!("../../../assets/mappings/salesforce.toml")),
    ("salesforce-report", include_str!("../../../assets/mappings/salesforce-report.toml")),
    ("salesforce-tasks", include_str!("../../../assets/mappings/salesforce-tasks.toml")),
    ("salesforce-campaign-members", include_str!("../../../assets/mappings/salesforce-campaign-members.toml")),
    ("hubspot", include_str!("../../../assets/mappings/hubspot.toml")),
    ("hubspot-sample", include_str!("../../../assets/mappings/hubspot-sample.toml")),
    ("hubspot-sample-activities", include_str!("../../../assets/mappings/hubspot-sample-activities.toml")),
    ("olist", include_str!("../../../assets/mappings/olist.toml")),
    ("olist-deals", include_str!("../../../assets/mappings/olist-deals.toml")),
    ("xeducation", include_str!("../../../assets/mappings/xeducation.toml")),
    ("generic", include_str!("../../../assets/mappings/generic.toml")),
    ("generic-activities", include_str!("../../../assets/mappings/generic-activities.toml")),
];

/// Columns that only a file of activities has, by the usual names. Any of them is enough where nothing else is known.
const ACTIVITIES: [&str; 8] = [
    "activity id",
    "activity type",
    "engagement id",
    "engagement type",
    "task subtype",
    "whoid",
    "associated contact email",
    "associated contact ids",
];

/// What a file is given as.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Role {
    Leads,
    Activities,
}

impl Role {
    fn fits(self, mapping: &Mapping) -> bool {
        mapping.join.is_some() == (self == Self::Activities)
    }

    /// The mapping for files of this kind that no other fits.
    fn generic(self) -> &'static str {
        match self {
            Self::Leads => "generic",
            Self::Activities => "generic-activities",
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Leads => "a file of leads",
            Self::Activities => "a file of activities",
        }
    }
}

/// The names of the shipped mappings.
pub fn names() -> impl Iterator<Item = &'static str> {
    SHIPPED.iter().map(|(name, _)| *name)
}

/// The mapping of this name, or in the file of this path. A path is taken from `beside`, where it is given.
pub fn load(name: &str, beside: Option<&Path>) -> Result<Mapping, ImportError> {
    if let Some((name, text)) = SHIPPED.iter().find(|(shipped, _)| *shipped == name) {
        return parse_shipped(name, text);
    }
    let path = beside.and_then(Path::parent).map_or_else(|| PathBuf::from(name), |folder| folder.join(name));
    let file = path.display().to_string();
    match text_of(&path) {
        Ok(text) => Ok(parse(&file, &text)?),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Err(ImportError::NoSuchMapping { name: name.to_owned(), known: listing(names()) })
        }
        Err(error) => Err(ImportError::NoMapping { file, error }),
    }
}

fn parse_shipped(name: &str, text: &str) -> Result<Mapping, ImportError> {
    Ok(parse(&format!("{name}.toml{}", mapping::SHIPPED), text)?)
}

/// Checks that a mapping is for this kind of file.
pub fn check_role(mapping: Mapping, role: Role, file: &str) -> Result<Mapping, ImportError> {
    if role.fits(&mapping) {
        return Ok(mapping);
    }
    let (is, wanted) = (mapping.purpose(), role.words());
    Err(ImportError::WrongKind { name: mapping.file, is, file: file.to_owned(), wanted })
}

/// The shipped mapping whose telling columns are all there.
pub fn telling(header: &[String], role: Role) -> Result<Option<Mapping>, ImportError> {
    for (name, text) in SHIPPED {
        let mapping = parse_shipped(name, text)?;
        if role.fits(&mapping) && mapping.detects(header) {
            return Ok(Some(mapping));
        }
    }
    Ok(None)
}

/// The shipped mapping that fits a file with these columns: the first whose telling columns are all there, else the
/// generic one, if it finds what names a lead. A file that is taken for activities is refused as one of leads: each of
/// its rows would become a lead that nobody is.
pub fn detect(file: &str, header: &[String], role: Role) -> Result<Mapping, ImportError> {
    if let Some(mapping) = telling(header, role)? {
        return Ok(mapping);
    }
    let is_activity = |column: &String| ACTIVITIES.contains(&fold(column).as_ref());
    if role == Role::Leads && (header.iter().any(is_activity) || telling(header, Role::Activities)?.is_some()) {
        return Err(ImportError::Activities { file: file.to_owned() });
    }
    let mapping = load(role.generic(), None)?;
    if mapping.bind(file, header, false).is_ok() {
        return Ok(mapping);
    }
    let (missing, option) = match role {
        Role::Leads => ("no column looks like a lead's id, e-mail or name", "--map"),
        Role::Activities => ("no column looks like a lead's id or e-mail", "--activities-map"),
    };
    let columns = listing(header.iter().map(String::as_str));
    Err(ImportError::NoProfile { file: file.to_owned(), missing, columns, option })
}
