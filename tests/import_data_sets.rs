//! Every public data set imports as its shipped mapping says, with counts checked against a second, naive reading of
//! the same files. The data lies beside the repository (`../shared/data`, or `LEADBOX_DATA_SETS`); where it is
//! absent the tests say so and pass.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on should stop")]

#[cfg(test)]
mod data_sets {
    use std::collections::{BTreeMap, HashMap, HashSet};
    use std::path::{Path, PathBuf};

    use leadbox::handoff::activity::{ActivityKind, Direction};
    use leadbox::handoff::arrival::Arrival;
    use leadbox::handoff::state::Stage;
    use leadbox::source::files::{FileImport, ImportError, Request, Totals};

    type Row = HashMap<String, String>;

    /// The file of a data set, or nothing with a word about it.
    fn data(file: &str) -> Option<PathBuf> {
        let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
        let folder = std::env::var_os("LEADBOX_DATA_SETS").map_or(beside, PathBuf::from);
        let path = folder.join(file);
        if path.exists() {
            return Some(path);
        }
        println!("skipped: {} is not there (set LEADBOX_DATA_SETS)", path.display());
        None
    }

    /// A naive second reading: quotes are honoured character by character, cells are named by the header.
    fn rows(path: &Path) -> Vec<Row> {
        let text = std::fs::read_to_string(path).unwrap();
        let text = text.trim_start_matches('\u{FEFF}').replace("\r\n", "\n");
        let (mut table, mut row, mut cell, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            match c {
                '"' if quoted && chars.peek() == Some(&'"') => cell.extend(chars.next()),
                '"' => quoted = !quoted,
                ',' if !quoted => row.push(std::mem::take(&mut cell)),
                '\n' if !quoted => {
                    row.push(std::mem::take(&mut cell));
                    table.push(std::mem::take(&mut row));
                }
                other => cell.push(other),
            }
        }
        if !cell.is_empty() || !row.is_empty() {
            row.push(cell);
            table.push(row);
        }
        let mut table = table.into_iter();
        let header = table.next().unwrap();
        table.map(|row| header.iter().cloned().zip(row).collect()).collect()
    }

    fn import(request: &Request) -> (Vec<Arrival>, Totals) {
        let mut import = FileImport::open(request).unwrap();
        let mut arrivals = Vec::new();
        while let Some(batch) = import.next_batch(500).unwrap() {
            assert_eq!(batch.errors, [], "no row of the data sets is wrong");
            arrivals.extend(batch.arrivals);
        }
        let totals = import.totals();
        assert_eq!(totals.read, arrivals.len() as u64 + totals.rejected + totals.skipped);
        let ids: HashSet<&str> = arrivals.iter().map(|arrival| arrival.lead.key.external_id.as_str()).collect();
        assert_eq!(ids.len(), arrivals.len(), "ids are unique");
        (arrivals, totals)
    }

    fn by_id(arrivals: &[Arrival]) -> HashMap<&str, &Arrival> {
        arrivals.iter().map(|arrival| (arrival.lead.key.external_id.as_str(), arrival)).collect()
    }

    fn count<T: Ord>(items: impl IntoIterator<Item = T>) -> BTreeMap<T, usize> {
        let mut counts = BTreeMap::new();
        for item in items {
            *counts.entry(item).or_default() += 1;
        }
        counts
    }

    fn stages(arrivals: &[Arrival]) -> BTreeMap<&'static str, usize> {
        count(arrivals.iter().map(|arrival| arrival.lead.stage.canonical.map_or("waits", Stage::code)))
    }

    #[test]
    fn olist_leads_with_their_deals() {
        let Some(leads) = data("olist/olist_marketing_qualified_leads_dataset.csv") else { return };
        let Some(deals) = data("olist/olist_closed_deals_dataset.csv") else { return };
        let (raw, won) = (rows(&leads), rows(&deals));
        let named = Request {
            map: Some("olist"),
            activities: Some(&deals),
            activities_map: Some("olist-deals"),
            ..Request::new(&leads)
        };
        let (arrivals, totals) = import(&named);
        assert_eq!((arrivals.len(), raw.len()), (8000, 8000));
        let joined = totals.activities.unwrap();
        assert_eq!((joined.read, joined.matched, joined.unmatched), (won.len() as u64, 842, 0));

        let leads_by_id = by_id(&arrivals);
        for row in &raw {
            let lead = &leads_by_id[row["mql_id"].as_str()].lead;
            assert_eq!(lead.key.source, "olist");
            assert_eq!(lead.attribution.source.as_deref().unwrap_or(""), row["origin"]);
            let day = lead.mql_at.unwrap().with_timezone(&chrono_tz::America::Sao_Paulo).format("%F").to_string();
            assert_eq!(day, row["first_contact_date"]);
        }
        for row in &won {
            let arrival = leads_by_id[row["mql_id"].as_str()];
            assert_eq!(arrival.lead.stage.canonical, Some(Stage::Opportunity));
            assert_eq!(arrival.lead.stage.raw.as_deref(), Some("won"));
            let since = arrival.lead.stage.since.unwrap().with_timezone(&chrono_tz::America::Sao_Paulo);
            assert_eq!(since.format("%F %T").to_string(), row["won_date"]);
            assert_eq!(arrival.lead.company.industry.as_deref().unwrap_or(""), row["business_segment"]);
            assert_eq!(arrival.trail.len(), 2, "the first contact and the deal");
        }
        assert_eq!(stages(&arrivals), BTreeMap::from([("opportunity", 842), ("waits", 7158)]));
        assert_eq!(arrivals.iter().filter(|arrival| arrival.lead.attribution.source.is_none()).count(), 60);
        let early = arrivals.iter().filter(|it| it.lead.stage.since.is_some() && it.lead.stage.since < it.lead.mql_at);
        assert_eq!(early.count(), 1, "one was won before it came");

        // The columns tell what the first file is, and its mapping names the second file's.
        let bare = Request { activities: Some(&deals), ..Request::new(&leads) };
        assert!(import(&bare).0 == arrivals);
    }

    #[test]
    fn x_education_leads() {
        let Some(leads) = data("xeducation/Leads.csv") else { return };
        let raw = rows(&leads);
        let (arrivals, _) = import(&Request { map: Some("xeducation"), ..Request::new(&leads) });
        assert_eq!((arrivals.len(), raw.len()), (9240, 9240));
        for (arrival, row) in arrivals.iter().zip(&raw) {
            let lead = &arrival.lead;
            assert_eq!(lead.key.external_id, row["Prospect ID"]);
            let converted = row["Converted"] == "1";
            assert_eq!(lead.stage.canonical == Some(Stage::Opportunity), converted);
            assert_eq!(lead.person.do_not_email, row["Do Not Email"] == "Yes");
            assert_eq!(lead.person.do_not_call, row["Do Not Call"] == "Yes");
            assert!(lead.extras.values().all(|value| value != "Select" && !value.is_empty()));
            assert!(!lead.extras.keys().any(|name| name.is_empty() || name.starts_with("column ")));
            let score = lead.score.as_ref();
            assert_eq!(score.is_some(), !row["Asymmetrique Profile Score"].is_empty());
            if let Some(score) = score {
                let names = ["Asymmetrique Profile Score", "Asymmetrique Activity Score"];
                let [fit, behavior] = names.map(|name| row[name].parse::<i32>().unwrap());
                assert_eq!((score.fit, score.intent, score.behavior), (Some(fit), None, Some(behavior)));
                assert_eq!((score.total, score.parts.len()), (fit + behavior, 2));
                // What was tagged after the outcome never comes near the score.
                assert!(score.parts.iter().all(|part| names.contains(&part.label.as_str())));
            }
            if row["Tags"] == "invalid number" && !converted {
                assert_eq!(lead.stage.canonical, Some(Stage::Rejected));
                assert_eq!(lead.stage.reason.as_deref(), Some("bad_data"));
                assert_eq!(lead.stage.raw.as_deref(), Some("invalid number"));
            }
        }
        let tagged = |tags: &[&str]| {
            raw.iter().filter(|row| row["Converted"] == "0" && tags.contains(&row["Tags"].as_str())).count()
        };
        let found = stages(&arrivals);
        assert_eq!(found["opportunity"], 3561);
        assert_eq!(found["attempted"], tagged(&["Ringing", "switched off", "Busy", "opp hangup"]));
        assert_eq!(found["waits"], tagged(&[""]), "leads that nobody has spoken to wait for their rep");
        assert_eq!(found.values().sum::<usize>(), 9240);

        // Activities: the last one, another notable one, and the visits.
        let notable = |row: &Row| {
            let (last, notable) = (&row["Last Activity"], &row["Last Notable Activity"]);
            (!notable.is_empty() && notable != "Modified" && notable != last).then(|| notable.clone())
        };
        let activities = |row: &Row| {
            let visited = !matches!(row["TotalVisits"].as_str(), "" | "0");
            usize::from(!row["Last Activity"].is_empty()) + notable(row).iter().count() + usize::from(visited)
        };
        let trail = || arrivals.iter().flat_map(|arrival| &arrival.trail);
        assert_eq!(trail().count(), raw.iter().map(activities).sum::<usize>());
        let is_chat = |word: &str| word == "Olark Chat Conversation";
        let chats = raw.iter().filter(|row| is_chat(&row["Last Activity"])).count()
            + raw.iter().filter_map(notable).filter(|word| is_chat(word)).count();
        assert_eq!(trail().filter(|activity| activity.kind == ActivityKind::Chat).count(), chats);
    }

    #[test]
    fn the_first_salesforce_export_needs_no_mapping() {
        let Some(leads) = data("salesforce-demo/earthfink_Lead.csv") else { return };
        let raw = rows(&leads);
        let (arrivals, _) = import(&Request::new(&leads));
        assert_eq!((arrivals.len(), raw.len()), (22, 22));
        for (arrival, row) in arrivals.iter().zip(&raw) {
            let lead = &arrival.lead;
            assert_eq!((lead.key.source.as_str(), &lead.key.external_id), ("salesforce", &row["Id"]));
            assert_eq!(lead.person.full_name().unwrap(), row["Name"]);
            assert_eq!(lead.company.name.as_ref(), Some(&row["Company"]));
            let converted = !row["ConvertedDate"].is_empty();
            let (since, format) = match converted {
                true => (&row["ConvertedDate"], "%m/%d/%y"),
                false => (&row["LastModifiedDate"], "%m/%d/%y %I:%M %p"),
            };
            assert_eq!(lead.stage.since.unwrap().format(format).to_string(), *since);
            assert_eq!(lead.extras["NumberofLocations__c"], row["NumberofLocations__c"]);
        }
        let words = |word: &str| raw.iter().filter(|row| row["Status"] == word).count();
        let expected = [
            ("assigned", words("Open - Not Contacted")),
            ("attempted", words("Working - Contacted")),
            ("opportunity", words("Closed - Converted")),
            ("rejected", words("Closed - Not Converted")),
        ];
        assert_eq!(stages(&arrivals), BTreeMap::from(expected));
    }

    #[test]
    fn the_second_salesforce_export_with_its_tasks_needs_no_mapping() {
        let Some(leads) = data("salesforce-demo/sfdc_assets_Lead.csv") else { return };
        let Some(tasks) = data("salesforce-demo/sfdc_assets_Task.csv") else { return };
        let (raw, raw_tasks) = (rows(&leads), rows(&tasks));
        let (arrivals, totals) = import(&Request { activities: Some(&tasks), ..Request::new(&leads) });
        assert_eq!((arrivals.len(), raw.len(), raw_tasks.len()), (60, 60, 75));
        let ids: HashSet<&str> = raw.iter().map(|row| row["Id"].as_str()).collect();
        let (own, others): (Vec<_>, Vec<_>) = raw_tasks.iter().partition(|row| ids.contains(row["WhoId"].as_str()));
        let joined = totals.activities.unwrap();
        assert_eq!((joined.matched, joined.unmatched), (own.len() as u64, others.len() as u64));
        assert_eq!(
            (joined.matched, joined.rejected),
            (15, 0),
            "tasks of contacts are not wrong, only not of these leads"
        );
        let leads_by_id = by_id(&arrivals);
        for task in own {
            let trail = &leads_by_id[task["WhoId"].as_str()].trail;
            let found = trail.iter().find(|activity| activity.external_id == task["Id"]).unwrap();
            assert_eq!((found.kind, found.text.as_str()), (ActivityKind::Task, task["Subject"].as_str()));
            assert_eq!(found.at.unwrap().format("%F").to_string(), task["ActivityDate"]);
            assert_eq!(found.outcome.as_deref(), Some("Not Started"));
        }
        for row in &raw {
            let lead = &leads_by_id[row["Id"].as_str()].lead;
            assert_eq!(lead.created_at.unwrap().format("%FT%T%.3f+0000").to_string(), row["CreatedDate"]);
            assert!(!lead.extras.contains_key("Address") && lead.person.email.as_ref() == Some(&row["Email"]));
        }
        let words = |word: &str| raw.iter().filter(|row| row["Status"] == word).count();
        let expected = [("assigned", words("New")), ("accepted", words("Working")), ("sql", words("Qualified"))];
        assert_eq!(stages(&arrivals), BTreeMap::from(expected));
    }

    #[test]
    fn campaign_members_go_to_their_leads_and_are_no_leads_themselves() {
        let Some(leads) = data("salesforce-demo/sfdc_assets_Lead.csv") else { return };
        let Some(members) = data("salesforce-demo/sfdc_assets_CampaignMember.csv") else { return };
        let Some(tasks) = data("salesforce-demo/sfdc_assets_Task.csv") else { return };
        for activities in [&members, &tasks] {
            assert!(matches!(FileImport::open(&Request::new(activities)), Err(ImportError::Activities { .. })));
        }
        let (raw, raw_members) = (rows(&leads), rows(&members));
        let (arrivals, totals) = import(&Request { activities: Some(&members), ..Request::new(&leads) });
        let ids: HashSet<&str> = raw.iter().map(|row| row["Id"].as_str()).collect();
        let own = raw_members.iter().filter(|row| ids.contains(row["LeadId"].as_str())).count();
        let joined = totals.activities.unwrap();
        assert_eq!((joined.read, joined.matched), (raw_members.len() as u64, own as u64));
        assert_eq!(joined.rejected, 0);
        let trail: usize = arrivals.iter().map(|arrival| arrival.trail.len()).sum();
        assert_eq!(trail, own);
        // Nobody responded: these were mailings, and nobody is thanked for coming.
        let mut all = arrivals.iter().flat_map(|arrival| &arrival.trail);
        assert!(all.all(|it| it.direction == Direction::Outbound && it.kind == ActivityKind::Email));
    }

    #[test]
    fn contacts_shaped_like_hubspots_with_their_activities() {
        let Some(leads) = data("hubspot-dummy/hubspot_contacts.csv") else { return };
        let Some(activities) = data("hubspot-dummy/hubspot_activities.csv") else { return };
        let (raw, raw_activities) = (rows(&leads), rows(&activities));
        let request = Request { map: Some("hubspot-sample"), activities: Some(&activities), ..Request::new(&leads) };
        let (arrivals, totals) = import(&request);
        assert_eq!((arrivals.len(), raw.len(), raw_activities.len()), (950, 950, 2000));
        let joined = totals.activities.unwrap();
        assert_eq!((joined.read, joined.matched, joined.unmatched), (2000, 2000, 0));
        let trail = || arrivals.iter().flat_map(|arrival| &arrival.trail);
        let kinds = count(trail().map(|activity| activity.kind.code().to_owned()));
        assert_eq!(kinds, count(raw_activities.iter().map(|row| row["Activity Type"].to_lowercase())));
        let of_contact = count(raw_activities.iter().map(|row| &row["Associated Contact Email"]));
        for (arrival, row) in arrivals.iter().zip(&raw) {
            let person = &arrival.lead.person;
            assert_eq!((person.email.as_ref(), person.title.as_ref()), (Some(&row["Email"]), Some(&row["Job Title"])));
            assert_eq!(person.phone.as_ref(), Some(&row["Phone Number"]));
            assert_eq!(arrival.trail.len(), of_contact.get(&row["Email"]).copied().unwrap_or(0));
            let status = if row["Lead Status"].is_empty() { &row["Lifecycle Stage"] } else { &row["Lead Status"] };
            assert_eq!(arrival.lead.stage.raw.as_ref(), Some(status));
        }
        let status = |word: &str| raw.iter().filter(|row| row["Lead Status"] == word).count();
        let found = stages(&arrivals);
        assert_eq!(found["attempted"], status("Attempted to Contact"));
        assert_eq!(found["rejected"], status("Unqualified") + status("Bad Timing"));
        assert_eq!(found["accepted"], status("In Progress"));
        let calls = trail().filter(|activity| activity.kind == ActivityKind::Call);
        let expected =
            raw_activities.iter().filter(|row| row["Activity Type"] == "Call").map(|row| row["Call Outcome"].clone());
        assert_eq!(
            count(calls.filter_map(|call| call.outcome.clone())),
            count(expected.filter(|word| !word.is_empty()))
        );
    }
}
