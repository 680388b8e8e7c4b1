//! Who of the hub's people is whom in a CRM: as the configuration says, else by the e-mail address, else by a name that only
//! one has.

use std::collections::BTreeMap;

use crate::hub::orders::takes_leads;
use crate::wire::people::Person;

/// The hub's people, as one CRM names them.
#[derive(Clone, Debug, Default)]
pub(super) struct Owners {
    said: BTreeMap<String, String>,
    people: Vec<Person>,
}

fn is_one(one: &str, other: &str) -> bool {
    one.trim().to_lowercase() == other.trim().to_lowercase()
}

impl Owners {
    pub(super) fn new(said: &BTreeMap<String, String>, people: Vec<Person>) -> Self {
        Self { said: said.clone(), people }
    }

    /// Who owns what belongs to `owner` there, if they take leads here.
    pub(super) fn person(&self, owner: Option<&str>) -> Option<&str> {
        let owner = owner?;
        let said = self.said.iter().find(|(_, named)| is_one(named, owner)).map(|(id, _)| id.as_str());
        let found = match said {
            Some(id) => self.people.iter().find(|person| person.id == id),
            // Who is called otherwise there is not meant by a name that they happen to have.
            None => self
                .only(|person| person.email.as_deref().is_some_and(|email| is_one(email, owner)))
                .or_else(|| self.only(|person| is_one(&person.name, owner))),
        };
        found.filter(|person| takes_leads(person)).map(|person| person.id.as_str())
    }

    /// They are one of the hub's people still, and take leads.
    pub(super) fn takes(&self, id: &str) -> bool {
        self.people.iter().any(|person| person.id == id && takes_leads(person))
    }

    fn only(&self, is_it: impl Fn(&Person) -> bool) -> Option<&Person> {
        let mut found = self.people.iter().filter(|person| !self.said.contains_key(&person.id) && is_it(person));
        let first = found.next();
        first.filter(|_| found.next().is_none())
    }

    /// How a person may be called there, the surest first.
    pub(super) fn names(&self, id: &str) -> Vec<String> {
        if let Some(named) = self.said.get(id) {
            return vec![named.clone()];
        }
        let person = self.people.iter().find(|person| person.id == id);
        let named = person.map(|person| [person.email.clone(), Some(person.name.clone())]);
        let names: Vec<String> = named.into_iter().flatten().flatten().collect();
        if names.is_empty() { vec![id.to_owned()] } else { names }
    }

    /// A person's name, for people.
    pub(super) fn shown(&self, id: &str) -> String {
        let person = self.people.iter().find(|person| person.id == id);
        person.map_or_else(|| id.to_owned(), |person| person.name.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::handoff::event::Role;

    fn person(id: &str, name: &str, email: Option<&str>, role: Role) -> Person {
        let person = serde_json::json!({ "id": id, "name": name, "email": email, "role": role });
        serde_json::from_value(person).unwrap()
    }

    fn owners(said: &[(&str, &str)]) -> Owners {
        let said = said.iter().map(|(id, named)| ((*id).to_owned(), (*named).to_owned())).collect();
        let people = vec![
            person("ana", "Ana Lima", Some("ana@x.example"), Role::Rep),
            person("ana2", "Ana Lima", Some("lima@x.example"), Role::Rep),
            person("bo", "Bo Berg", None, Role::Manager),
            person("mia", "Mia Marks", Some("mia@x.example"), Role::Marketing),
        ];
        Owners::new(&said, people)
    }

    #[test]
    fn an_owner_is_whom_the_configuration_the_address_or_a_name_of_only_one_says() {
        let found = |said: &[(&str, &str)], owner: &str| owners(said).person(Some(owner)).map(str::to_owned);
        assert_eq!(found(&[], "ANA@x.example").as_deref(), Some("ana"));
        assert_eq!(found(&[], "bo berg ").as_deref(), Some("bo"));
        assert_eq!(found(&[], "Ana Lima"), None, "there are two");
        assert_eq!(found(&[("ana2", "Ana Lima")], "ana lima").as_deref(), Some("ana2"));
        assert_eq!(found(&[("ana2", "Lima, A.")], "Ana Lima").as_deref(), Some("ana"), "the other is called otherwise");
        assert_eq!(found(&[("bo", "7")], "Bo Berg"), None, "that is somebody else there");
        assert_eq!(found(&[], "mia@x.example"), None, "marketing takes no leads");
        assert_eq!((found(&[], "Zed"), owners(&[]).person(None)), (None, None));
    }

    #[test]
    fn a_person_is_called_there_by_what_was_said_or_by_address_and_name() {
        assert_eq!(owners(&[("ana", "501")]).names("ana"), ["501"]);
        assert_eq!(owners(&[]).names("ana"), ["ana@x.example", "Ana Lima"]);
        assert_eq!(owners(&[]).names("bo"), ["Bo Berg"]);
        assert_eq!((owners(&[]).names("zed"), owners(&[]).shown("bo")), (vec!["zed".to_owned()], "Bo Berg".to_owned()));
    }
}
