//! `[sources.NAME]` in the hub's own file: the keys of a laptop's `[sources.NAME]`, the secret like the hub's other secrets,
//! and who is who there.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::{Bridge, Bridges};
use crate::config::read_of_team;
use crate::hub::outgoing::secret;
use crate::reading::Section;

impl Bridges {
    /// Reads `[sources.NAME]`. Files are looked for beside the configuration, in the folder `dir`.
    pub fn read(s: &mut Section<'_>, dir: &Path) -> Self {
        let all = read_of_team(s, &dir.join(crate::hub::settings::FILE), |s| {
            let people = people(s);
            let secret = secret(s, dir, "secret_file", "secret_cmd");
            if secret.is_none() {
                let hint = "name a file that only the hub's user can read: secret_file = \"crm.secret\"";
                s.refuse_section("nothing says where its secret is", hint);
            }
            Some((secret?, people))
        });
        let bridge = |(settings, (secret, people))| Arc::new(Bridge { settings, secret, people });
        Self { all: all.into_iter().map(bridge).collect(), ..Self::default() }
    }
}

/// Each person of the hub's, and how the CRM names them.
fn people(s: &mut Section<'_>) -> BTreeMap<String, String> {
    s.section("people", |s| {
        let all = s.free();
        all.into_iter().filter_map(|(person, item)| Some((person, s.accept(item.words())?))).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::SourceKind;
    use crate::hub::settings::{FILE, HubSettings};

    fn parse(text: &str) -> Result<Bridges, String> {
        let settings = HubSettings::parse(text, FILE, Path::new("/hub"));
        settings.map(|settings| settings.bridges).map_err(|error| error.to_string())
    }

    const CRM: &str =
        "[sources.crm]\nkind = \"tryton\"\nurl = \"https://t.example\"\ndatabase = \"d\"\nuser = \"hub\"\n";

    #[test]
    fn a_crm_has_the_laptops_keys_a_secret_and_people() {
        let bridges = parse(&format!(
            "{CRM}secret_file = \"crm.secret\"\nmap = \"own.toml\"\n[sources.crm.people]\nana = \"Ana Lima\"\n"
        ));
        let bridge = bridges.unwrap().all.remove(0);
        assert_eq!((bridge.name(), bridge.people["ana"].as_str()), ("crm", "Ana Lima"));
        assert_eq!(bridge.settings.map.as_deref(), Some(Path::new("/hub/own.toml")));
        assert!(format!("{:?}", bridge.secret).contains("/hub/crm.secret"));
        let hubspot = parse("[sources.h]\nkind = \"hubspot\"\nsecret_cmd = [\"pass\", \"h\"]\n").unwrap().all.remove(0);
        assert!(matches!(&hubspot.settings.kind, SourceKind::Hubspot { .. }), "nobody's name is asked for");
    }

    #[test]
    fn what_is_missing_or_misspelt_is_told() {
        let error = parse(CRM).unwrap_err();
        assert!(error.contains("where its secret is") && error.contains("hub.toml:1"), "{error}");
        let error = parse(&format!("{CRM}secret_file = \"x\"\nusr = \"y\"\n")).unwrap_err();
        assert!(error.contains("did you mean “user”"), "{error}");
    }
}
