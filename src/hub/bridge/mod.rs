//! A CRM behind the hub (R119, R121): the connectors of the laptops, with one credential for the whole team. What changes
//! there is taken in like anybody's word, and passes pre-flight, routing and clocks; what comes of it is written back. The CRM
//! stays the record: what somebody decides there goes before what the hub knows.
//!
//! | File | What it does |
//! |---|---|
//! | `settings` | `[sources.NAME]` of `hub.toml` |
//! | `owners` | who of the hub's is whom there |
//! | `known` | what was told last, and what is our own word that comes back |
//! | `rows` | records, cursors and leases as they are kept |
//! | `take` | what a CRM tells, taken in |
//! | `follow` | what its stage and its owner mean for a lead |
//! | `tell` | what it must hear of: rows of the writes in which that happened |
//! | `lane` | these on their way, a lane for each record |
//! | `courier`, `worker` | asks and delivers, outside of any transaction |
//! | `lacking` | what its leads lack that wait for data completion, for whoever sets it up |
//! | `strangers` | owners there whom the hub does not know, for whoever sets it up |
//! | `untaken` | what could not be taken in, until it is |
//! | `status` | how all of it stands, and what a person does about what was refused |

mod courier;
mod follow;
mod known;
mod lacking;
mod lane;
mod owners;
mod rows;
mod settings;
pub mod status;
mod strangers;
mod take;
mod tell;
pub mod untaken;
pub mod worker;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tokio::runtime::Handle;
use uuid::Uuid;

use super::outgoing::SecretFrom;
use crate::config::SourceSettings;
use crate::source::connect::{Reach, connect};
use crate::source::{Secret, Source};

pub use courier::{Courier, Round};
pub(super) use follow::recognise;
pub use lacking::{Lacking, lacking};
pub use strangers::Strangers;
pub(super) use tell::tell;

/// The view that changes when something is to be written to a CRM. No person and no team is called so.
pub(super) const NEWS: &str = "*bridge";

/// The CRMs behind a hub by their names, each with how it names the people of the hub, by their short names.
pub type Crms = BTreeMap<String, BTreeMap<String, String>>;

/// A CRM that leads are taken from and answers are written to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bridge {
    /// Which, as a laptop's configuration has it.
    pub settings: SourceSettings,
    /// The secret of the credential.
    pub secret: SecretFrom,
    /// How it names the people of the hub, by their short names.
    pub people: BTreeMap<String, String>,
}

impl Bridge {
    /// What it is called.
    pub fn name(&self) -> &str {
        &self.settings.name
    }

    /// The source that can be asked. Nothing is asked of it yet.
    ///
    /// # Errors
    /// It cannot be used as it is configured: why, in words.
    pub fn connect(&self) -> Result<Box<dyn Source>, String> {
        let from = self.secret.clone();
        // Connectors ask for it where waiting keeps nobody from work, and each time that they need it.
        let secret: Secret = Arc::new(move || {
            let here = Handle::try_current().map_err(|error| error.to_string())?;
            here.block_on(from.fetch()).map_err(|error| error.to_string())
        });
        connect(&self.settings, Reach::Team, secret)
    }
}

/// All of them, and by what this hub is known to others on the same database.
#[derive(Clone, Debug)]
pub struct Bridges {
    /// The CRMs.
    pub all: Vec<Arc<Bridge>>,
    /// This hub's name among those that ask them.
    pub me: String,
}

impl Default for Bridges {
    fn default() -> Self {
        Self { all: Vec::new(), me: Uuid::new_v4().simple().to_string() }
    }
}

impl Bridges {
    /// What they are called, and how each names the hub's people.
    pub fn crms(&self) -> Crms {
        self.all.iter().map(|bridge| (bridge.name().to_owned(), bridge.people.clone())).collect()
    }
}

/// Whose a lead is in the CRM that it comes from: one of the hub's own people, who is given it when it is routed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnerThere {
    /// The CRM.
    pub source: String,
    /// The person.
    pub person: String,
}

impl OwnerThere {
    /// By which rule it becomes theirs.
    pub fn rule(&self) -> String {
        format!("owner in {}", self.source)
    }
}
