//! Invented leads of forty columns, the same for the same number: what both benchmarks read.

use std::io::{self, BufWriter, Write};
use std::path::Path;

const FIRST: [&str; 16] = [
    "Ada", "Bo", "Cem", "Dora", "Emil", "Fia", "Gus", "Hana", "Ivo", "Jana", "Kai", "Lea", "Milo", "Nora", "Ole", "Pia",
];
const LAST: [&str; 16] = [
    "Abel", "Baker", "Conti", "Dumas", "Eriks", "Fabre", "Grant", "Huber", "Ito", "Jensen", "Klein", "Lopez", "Meyer",
    "Novak", "Okoye", "Petit",
];
const COMPANY: [&str; 16] = [
    "Acme", "Blue", "Core", "Delta", "Echo", "Flux", "Giga", "Helio", "Iron", "Jade", "Kite", "Lumen", "Metro", "Nova",
    "Orbit", "Pixel",
];
const FIELD: [&str; 8] = ["Analytics", "Bank", "Care", "Dynamics", "Energy", "Foods", "Health", "Labs"];
const TITLE: [&str; 6] = ["CEO", "CTO", "VP Sales", "Head of IT", "Buyer", "Founder"];
const CITY: [(&str, &str); 5] = [("Berlin", "DE"), ("Paris", "FR"), ("Oslo", "NO"), ("Austin", "US"), ("Osaka", "JP")];
const TRIGGER: [&str; 6] = ["webform", "phone", "chat", "event", "referral", "ads"];
const WORDS: [&str; 16] = [
    "asked",
    "about",
    "pricing",
    "integration",
    "needs",
    "demo",
    "next",
    "week",
    "budget",
    "approved",
    "compares",
    "vendors",
    "security",
    "review",
    "rollout",
    "renewal",
];

const COLUMNS: &str = "id,external_id,first_name,last_name,full_name,email,phone,title,company,domain,industry,employees,\
revenue_band,country,city,tz_min,source,campaign,medium,utm_term,status,stage,owner_id,owner_name,score,score_fit,\
score_intent,score_engagement,score_recency,sla_breached,created_at,updated_at,sla_due_at,last_activity_at,next_action_at,\
activity_count,notes,tags,consent,etag";

/// Writes `count` leads as CSV. `now` is the Unix time that the newest of them became MQLs at.
pub fn write_csv(path: &Path, count: u64, now: i64) -> io::Result<()> {
    let mut out = BufWriter::new(std::fs::File::create(path)?);
    writeln!(out, "{COLUMNS}")?;
    let mut rng = fastrand::Rng::with_seed(42);
    for i in 1..=count {
        let mut pick = |from: &[&'static str]| from[rng.usize(0..from.len())];
        let (first, last, title) = (pick(&FIRST), pick(&LAST), pick(&TITLE));
        let (name, field, trigger) = (pick(&COMPANY), pick(&FIELD), pick(&TRIGGER));
        let notes: Vec<_> = (0..24).map(|_| pick(&WORDS)).collect();
        let (city, country) = CITY[rng.usize(0..CITY.len())];
        let (fit, intent, behavior) = (rng.u32(10..40), rng.u32(5..35), rng.u32(5..25));
        let mql = now - rng.i64(0..90 * 86_400);
        let domain = format!("{}-{}{}.example", name.to_lowercase(), field.to_lowercase(), i % 900);
        writeln!(
            out,
            "{i},crm-{:08x},{first},{last},{first} {last},{first}.{last}{i}@{domain},+49 30 {:07},{title},{name} {field} Ltd,{domain},\
             {field},{},1-10M,{country},{city},60,{trigger},q4-{field},cpc,{},open,new,{},{last} {first},{},{fit},{intent},\
             {behavior},{},0,{mql},{mql},{mql},{mql},{},{},{},web,1,{:016x}",
            i.wrapping_mul(2_246_822_519) & 0xffff_ffff,
            rng.u32(0..9_999_999),
            rng.u32(5..9000),
            notes[0],
            i % 40,
            fit + intent + behavior,
            rng.u32(0..25),
            mql + 86_400,
            i % 40,
            notes.join(" "),
            rng.u64(..),
        )?;
    }
    out.flush()
}
