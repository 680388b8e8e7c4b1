use super::*;
use crate::config::{Config, Surroundings};
use crate::reading::ConfigError;

fn parse(text: &str) -> Result<Config, ConfigError> {
    Config::parse(text, Path::new("c.toml"), &Surroundings::here(), &|_| Vec::new())
}

fn wrong(text: &str) -> String {
    parse(text).map(|_| ()).unwrap_err().to_string()
}

#[test]
fn a_crm_is_named_and_says_what_its_kind_needs() {
    let tryton = "[sources.crm]\nkind = \"tryton\"\nurl = \"https://t.example\"\ndatabase = \"d\"\nuser = \"ana\"\n";
    let config = parse(tryton).unwrap();
    let [source] = config.sources.as_slice() else { panic!("{:?}", config.sources) };
    assert_eq!((source.name.as_str(), source.every, &source.map), ("crm", 30, &None));
    let with_map = parse(&format!("{tryton}map = \"own.toml\"\nevery = \"2m\"\n")).unwrap().sources.remove(0);
    assert_eq!((with_map.map, with_map.every), (Some("own.toml".into()), 120));
    for (text, word) in [
        (tryton.replace("crm", "hub"), "called"),
        (tryton.replace("crm", "\"My CRM\""), "called"),
        (tryton.replace("tryton", "triton"), "did you mean “tryton”"),
        (tryton.replace("user = \"ana\"\n", ""), "has no “user”"),
        (format!("{tryton}password = \"x\"\n"), "password"),
    ] {
        assert!(wrong(&text).contains(word), "{}", wrong(&text));
    }
}

#[test]
fn a_person_or_a_service_signs_in_at_salesforce() {
    let rep = "[sources.sf]\nkind = \"salesforce\"\nurl = \"https://x.my.salesforce.com\"\nclient_id = \"3MVG\"\n";
    let kind = |text: &str| parse(text).unwrap().sources.remove(0).kind;
    let salesforce = |sign_in| SourceKind::Salesforce { client_id: "3MVG".into(), sign_in };
    assert_eq!(kind(rep), salesforce(SignIn::Browser { port: 7477 }));
    assert_eq!(kind(&format!("{rep}callback = 9000\n")), salesforce(SignIn::Browser { port: 9000 }));
    let key = |audience: &str| salesforce(SignIn::Key { user: "s@x.example".into(), audience: audience.into() });
    let service = format!("{rep}user = \"s@x.example\"\n");
    assert_eq!(kind(&service), key("https://login.salesforce.com"));
    let sandbox = format!("{service}audience = \"https://test.salesforce.com\"\n");
    assert_eq!(kind(&sandbox), key("https://test.salesforce.com"));
    for (text, word) in [
        (rep.replace("client_id = \"3MVG\"\n", ""), "has no “client_id”"),
        (format!("{rep}callback = 80\n"), "callback"),
        (format!("{service}callback = 9000\n"), "needs no browser"),
        (format!("{rep}audience = \"https://test.salesforce.com\"\n"), "add “user”"),
        (format!("{rep}client_secret = \"x\"\n"), "client_secret"),
    ] {
        assert!(wrong(&text).contains(word), "{}", wrong(&text));
    }
}
