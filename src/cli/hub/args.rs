//! The grammar of `leadbox hub`, `login` and `sync`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::bridge::BridgeCommand;

/// The hub.
#[derive(Debug, Subcommand)]
pub enum HubCommand {
    /// Make a hub: its database, its policy and an administrator's token
    Init(InitArgs),
    /// Run the hub
    Serve(ServeArgs),
    /// Who is who: enter, change, list
    #[command(subcommand)]
    Person(PersonCommand),
    /// Teams: say who manages one, list them
    Team(HubTeamArgs),
    /// Tokens: make, list, revoke; or get back in without one
    #[command(subcommand)]
    Token(TokenCommand),
    /// Set up a sender of leads, give it a new secret, or say how what it posts is read; a secret is printed once
    Source(SourceArgs),
    /// The team's policy: print it, or put a new one into force
    #[command(subcommand)]
    Policy(PolicyCommand),
    /// Send leads from files to a hub, as one of its senders; sent again, what is known already is not taken twice
    Import(ImportArgs),
    /// The CRMs behind the hub: how they stand, and what becomes of what could not be written there
    #[command(subcommand)]
    Bridge(BridgeCommand),
}

/// Where the hub keeps its data.
#[derive(Debug, Args)]
pub struct DbArgs {
    /// sqlite:PATH or postgres://… [default: a file in the data folder]; one with a password belongs into the environment or
    /// a file, since everybody on the machine can read a program's arguments
    #[arg(long, value_name = "URL", env = "LEADBOX_DB", hide_env_values = true)]
    pub db: Option<String>,
    /// Read that from this file, which only its owner can read; it goes before an address from elsewhere
    #[arg(long, value_name = "FILE")]
    pub db_file: Option<PathBuf>,
}

/// Options of `hub init`.
#[derive(Debug, Args)]
pub struct InitArgs {
    /// The database
    #[command(flatten)]
    pub db: DbArgs,
    /// The policy to begin with [default: one that explains itself]
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,
    /// Begin with the policy of one of these: s0-fit-interest, s1-points, s2-breakdown, s3-hybrid, s4-sla-as-code
    #[arg(long, value_name = "NAME", conflicts_with = "policy")]
    pub preset: Option<String>,
}

/// Options of `hub serve`.
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// The database
    #[command(flatten)]
    pub db: DbArgs,
    /// Address and port
    #[arg(long, default_value = "127.0.0.1:7475")]
    pub bind: SocketAddr,
    /// The certificate, as a PEM file
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,
    /// Its key, as a PEM file
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,
    /// Something in front of the hub takes care of encryption, and tells in X-Forwarded-For who asks
    #[arg(long)]
    pub behind_proxy: bool,
    /// The database was put back from a copy: laptops read everything anew, and send again what the copy may lack
    #[arg(long)]
    pub restored: bool,
}

/// Which hub, and by whose token.
#[derive(Debug, Args)]
pub struct AtArgs {
    /// The hub's address [default: the one that the token belongs to: http://127.0.0.1:7475 on the hub's machine, else the one
    /// signed in to]
    #[arg(long, value_name = "URL", env = "LEADBOX_HUB")]
    pub hub: Option<String>,
    /// The file with the token [default: the administrator's on the hub's machine, else the one signed in with]
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
}

/// Who is who.
#[derive(Debug, Subcommand)]
pub enum PersonCommand {
    /// Enter a person and make a token for them; it is shown once
    Add(Box<NewPersonArgs>),
    /// Change what is known of a person
    Set(Box<PersonArgs>),
    /// Their calendars, by which they are away or busy: list them, or set them
    Feeds(FeedsArgs),
    /// List everybody
    List(AtArgs),
}

/// A person who is entered.
#[derive(Debug, Args)]
pub struct NewPersonArgs {
    /// What is known of them
    #[command(flatten)]
    pub person: PersonArgs,
    /// Where their token goes
    #[command(flatten)]
    pub token: TokenOut,
}

/// Where a new token goes.
#[derive(Debug, Args)]
pub struct TokenOut {
    /// Write the token to this file, which only you can read, and print it nowhere. Written when the token is made and not
    /// before, and never over a file that is there
    #[arg(long, value_name = "FILE")]
    pub token_out: Option<PathBuf>,
    /// Write over what is in that file
    #[arg(long, requires = "token_out")]
    pub replace: bool,
}

/// A person.
#[derive(Debug, Args)]
pub struct PersonArgs {
    /// Which hub
    #[command(flatten)]
    pub at: AtArgs,
    /// The short name: lower-case letters, digits, - and _
    pub id: String,
    /// The name to show [default: the short name]
    #[arg(long)]
    pub name: Option<String>,
    /// E-mail address
    #[arg(long)]
    pub email: Option<String>,
    /// What they may do: rep, manager, marketing, revops, auditor [default: rep]
    #[arg(long)]
    pub role: Option<String>,
    /// Their team
    #[arg(long)]
    pub team: Option<String>,
    /// A country or region that is theirs; may be given more than once, as the next ones
    #[arg(long = "territory", value_name = "NAME")]
    pub territories: Vec<String>,
    /// A segment, as the policy names it
    #[arg(long = "segment", value_name = "NAME")]
    pub segments: Vec<String>,
    /// An industry or other expertise
    #[arg(long = "skill", value_name = "NAME")]
    pub skills: Vec<String>,
    /// A product
    #[arg(long = "product", value_name = "NAME")]
    pub products: Vec<String>,
    /// The domain of an account that is theirs
    #[arg(long = "account", value_name = "DOMAIN")]
    pub accounts: Vec<String>,
    /// The calendar of their working hours, by its name in the policy
    #[arg(long)]
    pub calendar: Option<String>,
    /// The most open leads at once
    #[arg(long, value_name = "N")]
    pub open_cap: Option<u32>,
    /// The most new leads a day
    #[arg(long, value_name = "N")]
    pub daily_cap: Option<u32>,
    /// Their share of the leads beside others' [default: 1]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub weight: Option<u32>,
    /// Away for this time, and why, such as “2026-12-24..2027-01-03 vacation”: days of this machine's zone, the last one
    /// included, or RFC 3339 times; without an end where nobody knows it. May be given more than once; what is given takes
    /// the place of what was known, an empty text of all of it
    #[arg(long = "away", value_name = "FROM..TO WHY")]
    pub away: Vec<String>,
    /// They take no leads for now, because of …; an empty text ends that
    #[arg(long, value_name = "WHY")]
    pub pause: Option<String>,
    /// They have left: their tokens end
    #[arg(long)]
    pub gone: bool,
    /// They are here again; they need a new token
    #[arg(long, conflicts_with = "gone")]
    pub back: bool,
}

/// A person's calendars.
#[derive(Debug, Args)]
pub struct FeedsArgs {
    /// Which hub
    #[command(flatten)]
    pub at: AtArgs,
    /// Whose
    pub person: String,
    /// Read them from this file (- is standard input), a line each: KIND PLACE. KIND says what the events are: away, busy, or
    /// mixed, told apart by the policy; PLACE is an address or the whole path of a file on the hub's machine. They take the
    /// place of those that there are; an empty file ends it
    #[arg(long, value_name = "FILE")]
    pub set: Option<PathBuf>,
}

/// Tokens.
#[derive(Debug, Subcommand)]
pub enum TokenCommand {
    /// Make one more token for a person; it is shown once
    Add {
        /// Which hub
        #[command(flatten)]
        at: AtArgs,
        /// Whose
        person: String,
        /// What it is for
        #[arg(long, default_value = "")]
        label: String,
        /// For how many days it holds
        #[arg(long)]
        days: Option<u32>,
        /// Where it goes
        #[command(flatten)]
        token: TokenOut,
    },
    /// List all tokens, without their texts
    List(AtArgs),
    /// End a token at once
    Revoke {
        /// Which hub
        #[command(flatten)]
        at: AtArgs,
        /// By what `token list` calls it
        id: i64,
    },
    /// Make a token for an administrator by opening the database itself, where no token holds any more; it goes into the
    /// administrator's file on this machine, and the log says so
    Rescue(RescueArgs),
}

/// Options of `hub token rescue`.
#[derive(Debug, Args)]
pub struct RescueArgs {
    /// The database
    #[command(flatten)]
    pub db: DbArgs,
    /// Whose token, one of revenue operations' [default: the first of them; with none, the administrator is entered anew]
    #[arg(long, value_name = "ID")]
    pub person: Option<String>,
}

/// Options of `hub team`.
#[derive(Debug, Args)]
pub struct HubTeamArgs {
    /// Which hub
    #[command(flatten)]
    pub at: AtArgs,
    /// The team [default: list all of them]
    pub name: Option<String>,
    /// Who is told what the team has to decide; an empty text for nobody
    #[arg(long, value_name = "ID", requires = "name")]
    pub manager: Option<String>,
}

/// Options of `hub source`.
#[derive(Debug, Args)]
pub struct SourceArgs {
    /// Which hub
    #[command(flatten)]
    pub at: AtArgs,
    /// The sender's name, as in /v1/intake/NAME
    pub name: String,
    /// How what it posts is read: a mapping file (docs/mapping.md). A sender that is known keeps its secret
    #[arg(long, value_name = "FILE")]
    pub map: Option<PathBuf>,
    /// It posts in the hub's own form from now on
    #[arg(long, conflicts_with = "map")]
    pub no_map: bool,
    /// Write the secret to this file, which only you can read, and print it nowhere. Written when the secret is made and not
    /// before, and never over a file that is there
    #[arg(long, value_name = "FILE")]
    pub secret_out: Option<PathBuf>,
    /// Write over what is in that file
    #[arg(long, requires = "secret_out")]
    pub replace: bool,
}

/// Options of `hub import`.
#[derive(Debug, Args)]
pub struct ImportArgs {
    /// The files with leads, as `leadbox import` takes them; - is standard input
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// The hub's address
    #[arg(long, value_name = "URL", env = "LEADBOX_HUB", default_value = "http://127.0.0.1:7475")]
    pub hub: String,
    /// The sender's name at the hub, set up with `leadbox hub source NAME`
    #[arg(long, value_name = "NAME")]
    pub source: String,
    /// The file with the sender's secret; - is standard input
    #[arg(long, value_name = "FILE", required_unless_present = "secret_command")]
    pub secret_file: Option<PathBuf>,
    /// The command that prints the sender's secret, such as "pass show hub/web"; its words are parted at blanks, without
    /// a shell
    #[arg(long, value_name = "COMMAND", conflicts_with = "secret_file")]
    pub secret_command: Option<String>,
    /// A mapping file, or the name of a shipped one [default: found by the columns]
    #[arg(long, value_name = "MAPPING")]
    pub map: Option<String>,
    /// A second file with what the leads did, joined by id
    #[arg(long, value_name = "FILE")]
    pub activities: Option<PathBuf>,
    /// The mapping of the second file [default: the one that goes with --map, or found by the columns]
    #[arg(long, value_name = "MAPPING", requires = "activities")]
    pub activities_map: Option<String>,
}

/// The team's policy.
#[derive(Debug, Subcommand)]
pub enum PolicyCommand {
    /// Print the policy in force
    Get(AtArgs),
    /// Put this file into force, for everybody and from now on
    Set {
        /// Which hub
        #[command(flatten)]
        at: AtArgs,
        /// The file
        file: PathBuf,
    },
}

/// The hub's log.
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Check that the log is as it was written; fails if not
    Verify(AtArgs),
}

/// Options of `login`.
#[derive(Debug, Args)]
pub struct LoginArgs {
    /// The hub's address, such as https://hub.example
    pub url: String,
    /// Read the token from this file; - is standard input, which is asked if nothing is said
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// Ask this program for the token whenever it is needed, and keep it nowhere; the rest of the line is its arguments
    #[arg(long, value_name = "PROGRAM", num_args = 1.., allow_hyphen_values = true, conflicts_with = "token_file")]
    pub token_cmd: Vec<String>,
    /// Keep the token in a file that only you can read, not in the system's keyring
    #[arg(long, conflicts_with = "token_cmd")]
    pub no_keyring: bool,
}

/// A lead at the hub.
#[derive(Debug, Args)]
pub struct LeadAt {
    /// The lead's number at the hub: 12 or hub:12
    pub lead: String,
}

/// What managers and marketing order.
#[derive(Debug, Subcommand)]
pub enum TeamCommand {
    /// Give a lead to somebody else
    Reassign {
        /// Which
        #[command(flatten)]
        lead: LeadAt,
        /// To whom, by their short name
        #[arg(long)]
        to: String,
        /// Why
        #[arg(long)]
        why: String,
    },
    /// Take a lead yourself
    Take {
        /// Which
        #[command(flatten)]
        lead: LeadAt,
        /// Why
        #[arg(long)]
        why: String,
    },
    /// Take a lead from a queue that is open to you: the next one, or this one
    Claim {
        /// The queue [default: the first that is open to you and has a lead]
        queue: Option<String>,
        /// The lead's number at the hub: 12 or hub:12
        #[arg(long, value_name = "LEAD", requires = "queue")]
        lead: Option<String>,
    },
    /// The queues that are open to you, and how many leads wait there
    Queues,
    /// Ask a lead's owner to act
    Nudge {
        /// Which
        #[command(flatten)]
        lead: LeadAt,
        /// What is to be done
        #[arg(long)]
        why: String,
    },
    /// Fill in what a lead in data completion lacks: FIELD=VALUE, such as company.size=800
    Complete {
        /// Which
        #[command(flatten)]
        lead: LeadAt,
        /// The fields: person.email, person.first_name, person.last_name, company.name, company.size
        #[arg(required = true, value_name = "FIELD=VALUE")]
        fields: Vec<String>,
    },
    /// Take back that another record was united with a lead: it is a lead of its own again
    Unmerge {
        /// Which
        #[command(flatten)]
        lead: LeadAt,
        /// The other record, as `show --trail` names it, such as web:4711
        #[arg(long)]
        from: String,
        /// Why they are two
        #[arg(long)]
        why: String,
    },
    /// Let a lead pass although a pre-flight item failed
    Waive {
        /// Which
        #[command(flatten)]
        lead: LeadAt,
        /// The item, such as business_email
        item: String,
        /// Why
        #[arg(long)]
        why: String,
    },
    /// Take no leads for now: you, or somebody of your team
    Away {
        /// Who [default: you]
        #[arg(long)]
        person: Option<String>,
        /// Why
        #[arg(long)]
        why: String,
    },
    /// Take leads again
    Back {
        /// Who [default: you]
        #[arg(long)]
        person: Option<String>,
    },
}

/// Routing.
#[derive(Debug, Subcommand)]
pub enum RouteCommand {
    /// Where the rules would send a lead now: every rule that is tried, its inputs, who lost and why
    Explain(LeadAt),
    /// Which leads of the past another policy would have sent elsewhere, and why
    Simulate(SimulateArgs),
}

/// Options of `route simulate`.
#[derive(Debug, Args)]
pub struct SimulateArgs {
    /// How far back: 30d, 12h; at most 92 days, from the beginning of that day (UTC) on
    #[arg(long, value_name = "TIME", default_value = "30d")]
    pub since: String,
    /// The policy to try
    #[arg(long, value_name = "FILE")]
    pub policy: PathBuf,
}
