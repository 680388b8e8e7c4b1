//! The command line's grammar.

use std::path::{Path, PathBuf};

use super::divergence::DivergenceArgs;
use super::help;
use super::hub::args::{AuditCommand, HubCommand, LoginArgs, RouteCommand, TeamCommand};
use super::source::args::SourceCommand;
use clap::builder::{OsStringValueParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};

/// An inbox that makes the handoff from marketing to sales impossible to drop. Without a command, opens the app.
#[derive(Debug, Parser)]
#[command(name = "leadbox", version, after_help = help::AFTER, disable_help_subcommand = true, args_override_self = true)]
pub struct Cli {
    /// Options that every command takes.
    #[command(flatten)]
    pub global: Global,
    /// What to do; nothing opens the app.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// Options that every command takes.
#[derive(Clone, Debug, Args)]
pub struct Global {
    /// Print JSON, one object a line
    #[arg(long, global = true, help_heading = EVERYWHERE)]
    pub json: bool,
    /// The configuration file
    #[arg(long, global = true, help_heading = EVERYWHERE, value_name = "FILE")]
    #[arg(env = "LEADBOX_CONFIG", hide_env_values = true, value_parser = path())]
    config: Option<PathBuf>,
    /// The folder that holds the leads
    #[arg(long, global = true, help_heading = EVERYWHERE, value_name = "DIR")]
    #[arg(env = "LEADBOX_DATA_DIR", hide_env_values = true, value_parser = path())]
    data_dir: Option<PathBuf>,
}

/// The heading of [`Global`] in every `--help`.
const EVERYWHERE: &str = "Options of every command";

/// Paths, the empty one as well: a variable that is set to nothing counts as not set.
fn path() -> impl TypedValueParser<Value = PathBuf> {
    OsStringValueParser::new().map(PathBuf::from)
}

impl Global {
    /// The configuration file, if one was named.
    pub fn config(&self) -> Option<&Path> {
        self.config.as_deref().filter(|path| !path.as_os_str().is_empty())
    }

    /// The folder for the leads, if one was named.
    pub fn data_dir(&self) -> Option<&Path> {
        self.data_dir.as_deref().filter(|path| !path.as_os_str().is_empty())
    }
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Open the app on an invented, lively data set; nothing is kept
    Demo(DemoArgs),
    /// List open leads (new, working, deferred, in data completion), within each the least time left first
    #[command(after_help = help::LIST)]
    List(ListArgs),
    /// Open the next lead and print its whole context; the same one until it has a disposition. If nothing is owed it
    /// says so (--json: null)
    Next(NextArgs),
    /// Print a lead: whole if it is open or answered, else its summary; --trail prints every step of its handoff
    Show(ShowArgs),
    /// Accept a lead
    Accept(LeadArg),
    /// Reject a lead with a coded reason
    #[command(after_help = help::reject())]
    Reject(RejectArgs),
    /// Log a contact and its outcome
    #[command(after_help = help::LOG)]
    Log(LogArgs),
    /// Defer a lead: they asked for later
    #[command(after_help = help::DEFER)]
    Defer(DeferArgs),
    /// Confirm a sales-qualified lead: problem, authority, next step
    #[command(after_help = help::QUALIFY)]
    Qualify(QualifyArgs),
    /// Pass the open lead by, saying why; a few times a day (policy.gate.skips)
    #[command(after_help = help::SKIP)]
    Skip(SkipArgs),
    /// Hide a lead for a while; its clocks run on
    #[command(after_help = help::SNOOZE)]
    Snooze(SnoozeArgs),
    /// Take back the last act, within ten seconds (policy.undo)
    Undo,
    /// Find leads by words and filters
    #[command(after_help = help::SEARCH)]
    Search(SearchArgs),
    /// Import leads from CSV or JSON Lines
    #[command(after_help = help::IMPORT)]
    Import(ImportArgs),
    /// Export leads with their dispositions; what was not opened yet with no more than its summary
    #[command(after_help = help::EXPORT)]
    Export(ExportArgs),
    /// Show what waits to be sent, and what was refused
    Outbox(OutboxArgs),
    /// Where systems tell different things of a lead: here and where it came from, and two sources of one person
    #[command(after_help = help::DIVERGENCE)]
    Divergence(DivergenceArgs),
    /// Business time: when something is due, and how much working time has passed
    #[command(subcommand)]
    Sla(SlaCommand),
    /// Scores: what made them
    #[command(subcommand)]
    Score(ScoreCommand),
    /// One line for tmux or a prompt
    #[command(after_help = help::STATUS)]
    Status,
    /// The configuration: write a start, check it, say where it is
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Sign in to a hub: its leads come here, and answers go there
    Login(LoginArgs),
    /// Sign out of the hub; the leads stay
    Logout,
    /// Fetch what changed at the hub and in the CRMs, and send what is due, once
    Sync,
    /// The CRMs that leads come from and answers go to: set up, look at, check
    #[command(subcommand)]
    Source(SourceCommand),
    /// Orders for a team's leads: reassign, take, nudge, complete, waive, unmerge; claims, and who is there
    #[command(subcommand)]
    Team(TeamCommand),
    /// Routing at the hub: why a lead goes where, and what other rules would change
    #[command(subcommand)]
    Route(RouteCommand),
    /// The team's server: make one, run it, look after it
    #[command(subcommand)]
    Hub(HubCommand),
    /// The log of everything that happened at the hub
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Check store, configuration, calendar, sign-in and terminal
    Doctor,
    /// Print completions for a shell
    #[command(after_help = help::COMPLETIONS)]
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
    /// Print the man page
    #[command(after_help = help::MAN)]
    Man,
}

/// Options of `demo`.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Another number makes another set of leads
    #[arg(long, default_value_t = 7)]
    pub seed: u64,
}

/// A lead's name.
#[derive(Debug, Args)]
pub struct LeadArg {
    /// The lead: L-12, 12, its id in the source, or source:id [default: the open one]
    pub lead: Option<String>,
}

/// Options of `show`.
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// The lead
    #[command(flatten)]
    pub lead: LeadArg,
    /// Print every step of its handoff, by whom and when: how it came here, where it went, what was late
    #[arg(long)]
    pub trail: bool,
}

/// Options of `list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Which tab [default: all open leads]
    #[arg(long, value_enum)]
    pub tab: Option<TabArg>,
    /// How many at the most; 0 for all
    #[arg(long, short = 'n', default_value_t = 50)]
    pub limit: usize,
    /// Words and filters, such as cat:A src:webinar due:<30m; after --, such as begin with a dash: -owner:ana
    pub filter: Vec<String>,
}

/// Options of `next`.
#[derive(Debug, Args)]
pub struct NextArgs {
    /// Take the next one from this tab only
    #[arg(long, value_enum)]
    pub tab: Option<TabArg>,
}

/// The tabs of the inbox.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum TabArg {
    /// Due soon (policy.sla.due_within, an hour), or over
    Due,
    /// Unanswered
    New,
    /// Accepted or contacted
    Working,
    /// Deferred or snoozed
    Deferred,
    /// In data completion
    Data,
    /// Closed
    Done,
}

/// Options of `reject`.
#[derive(Debug, Args)]
pub struct RejectArgs {
    /// The lead
    #[command(flatten)]
    pub lead: LeadArg,
    /// The reason's code, from the list below
    #[arg(long, short, value_name = "CODE")]
    pub reason: String,
    /// The finer code, where the reason has some
    #[arg(long, value_name = "CODE")]
    pub sub: Option<String>,
    /// What the reason asks for: the surviving record, the right territory
    #[arg(long)]
    pub evidence: Option<String>,
    /// Anything worth adding
    #[arg(long)]
    pub note: Option<String>,
}

/// Options of `log`.
#[derive(Debug, Args)]
pub struct LogArgs {
    /// The lead
    #[command(flatten)]
    pub lead: LeadArg,
    /// phone, email, message, linkedin or video
    #[arg(long, short)]
    pub channel: String,
    /// reached, voicemail, no_answer, auto_reply or wrong_number
    #[arg(long, short)]
    pub outcome: String,
    /// When it was made, if not now: RFC 3339
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,
    /// What was said
    #[arg(long)]
    pub note: Option<String>,
    /// The signal that it referred to; without one the touch is generic
    #[arg(long)]
    pub cited: Option<String>,
    /// When the next step is: a time, “tomorrow 9am”, “+3d”
    #[arg(long, value_name = "TIME", requires = "next_what")]
    pub next_at: Option<String>,
    /// What the next step is
    #[arg(long, requires = "next_at")]
    pub next_what: Option<String>,
    /// Why it was made although they asked not to be contacted so
    #[arg(long, value_name = "REASON")]
    pub consent_override: Option<String>,
}

/// Options of `defer`.
#[derive(Debug, Args)]
pub struct DeferArgs {
    /// The lead
    #[command(flatten)]
    pub lead: LeadArg,
    /// Until when: a time, “tomorrow 9am”, “+3d”
    #[arg(long, short, value_name = "TIME")]
    pub until: String,
    /// What they said
    #[arg(long, short)]
    pub why: String,
}

/// Options of `qualify`.
#[derive(Debug, Args)]
pub struct QualifyArgs {
    /// The lead
    #[command(flatten)]
    pub lead: LeadArg,
    /// The confirmed problem or trigger
    #[arg(long)]
    pub problem: String,
    /// The verified decision authority, or the way to it
    #[arg(long)]
    pub authority: String,
    /// The scheduled next step
    #[arg(long)]
    pub next_step: String,
    /// When the next step is: a time, “tomorrow 9am”, “+3d”
    #[arg(long, value_name = "TIME")]
    pub next_at: Option<String>,
}

/// Options of `skip`.
#[derive(Debug, Args)]
pub struct SkipArgs {
    /// The lead
    #[command(flatten)]
    pub lead: LeadArg,
    /// Why
    #[arg(long, short)]
    pub reason: String,
}

/// Options of `snooze`.
#[derive(Debug, Args)]
pub struct SnoozeArgs {
    /// The lead
    #[command(flatten)]
    pub lead: LeadArg,
    /// Until when: a time, “tomorrow 9am”, “+2h”
    #[arg(long, short, value_name = "TIME")]
    pub until: String,
}

/// Options of `search`.
#[derive(Debug, Args)]
pub struct SearchArgs {
    /// Words and filters, such as maya cat:A; after --, such as begin with a dash: -owner:ana
    #[arg(required = true)]
    pub query: Vec<String>,
    /// How many at the most; 0 for all
    #[arg(long, short = 'n', default_value_t = 50)]
    pub limit: usize,
}

/// Options of `import`.
#[derive(Debug, Args)]
pub struct ImportArgs {
    /// The files with leads; - is standard input
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// A mapping file, or the name of a shipped one [default: found by the columns]
    #[arg(long, value_name = "MAPPING")]
    pub map: Option<String>,
    /// The source that the leads are kept under [default: the mapping's]
    #[arg(long, value_name = "NAME", value_parser = source_name)]
    pub source: Option<String>,
    /// A second file with what the leads did, joined by id
    #[arg(long, value_name = "FILE")]
    pub activities: Option<PathBuf>,
    /// The mapping of the second file [default: the one that goes with --map, or found by the columns]
    #[arg(long, value_name = "MAPPING", requires = "activities")]
    pub activities_map: Option<String>,
    /// All or nothing: import nothing, and fail, if any row of any file is wrong
    #[arg(long)]
    pub strict: bool,
}

/// A name for a source: something, and without what parts it from a lead's id.
fn source_name(text: &str) -> Result<String, String> {
    match text.trim() {
        "" => Err("a source needs a name".into()),
        name if name.contains([':', '\n', '\r', '\t']) => Err("a source's name has no colon and is one line".into()),
        name => Ok(name.to_owned()),
    }
}

/// Options of `export`.
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// The file to write; - is standard output [default: standard output]
    pub file: Option<PathBuf>,
    /// How it is written [default: by the file's name; csv, or with --json jsonl]
    #[arg(long, value_enum)]
    pub format: Option<ExportFormat>,
    /// Only leads with dispositions that were not exported before and can no longer be undone; they count as handed over
    /// then
    #[arg(long)]
    pub pending: bool,
    /// With --pending: replace FILE if it is there already, whatever was handed over with it
    #[arg(long, requires = "pending")]
    pub force: bool,
}

/// The formats of `export`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    /// Comma-separated, one lead a row
    Csv,
    /// JSON Lines, one lead a line, whole
    Jsonl,
    /// What HubSpot's importer takes
    Hubspot,
    /// What Salesforce's importer takes
    Salesforce,
}

/// Options of `outbox`.
#[derive(Debug, Args)]
pub struct OutboxArgs {
    /// Try again what was refused
    #[arg(long)]
    pub retry: bool,
}

/// Business time.
#[derive(Debug, Subcommand)]
pub enum SlaCommand {
    /// When a budget of working time is used up, window by window
    #[command(after_help = help::DUE)]
    Due(DueArgs),
    /// How much working time lies between two instants
    #[command(after_help = help::ELAPSED)]
    Elapsed(ElapsedArgs),
}

/// Which calendar.
#[derive(Debug, Args)]
pub struct CalendarArgs {
    /// The file with [calendars.NAME]
    #[arg(long, value_name = "FILE")]
    pub calendar: PathBuf,
    /// Which of its calendars
    #[arg(long)]
    pub name: String,
    /// A pause, as two times; FROM/ has not ended. May be given more than once
    #[arg(long = "pause", value_name = "FROM/TO")]
    pub pauses: Vec<String>,
}

/// Options of `sla due`.
#[derive(Debug, Args)]
pub struct DueArgs {
    /// Which calendar, and the pauses
    #[command(flatten)]
    pub calendar: CalendarArgs,
    /// When the clock starts: RFC 3339
    #[arg(long, value_name = "TIME")]
    pub start: String,
    /// How much time: 5m, 2h, 1h30m, 90s, 2d (48 hours), or seconds (300); not needed with --mode same_day
    #[arg(long, value_name = "LENGTH")]
    pub budget: Option<String>,
    /// How time is counted
    #[arg(long, value_enum, default_value_t = ModeArg::Business)]
    pub mode: ModeArg,
}

/// How time is counted.
#[derive(Clone, Copy, Debug, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum ModeArg {
    /// Working time
    Business,
    /// Elapsed time
    Wall,
    /// Elapsed time, moved to the next opening if it ends outside
    WallRoll,
    /// The last close of the day
    SameDay,
}

/// Options of `sla elapsed`.
#[derive(Debug, Args)]
pub struct ElapsedArgs {
    /// Which calendar, and the pauses
    #[command(flatten)]
    pub calendar: CalendarArgs,
    /// From when: RFC 3339
    #[arg(long, value_name = "TIME")]
    pub from: String,
    /// Until when: RFC 3339; before --from it is 0 seconds
    #[arg(long, value_name = "TIME")]
    pub to: String,
}

/// Scores.
#[derive(Debug, Subcommand)]
pub enum ScoreCommand {
    /// Show what made a lead's score, and what it would be without each part
    Explain(LeadArg),
}

/// The configuration.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Write a short configuration file to start from
    Init {
        /// With the rules of one of these: s0-fit-interest, s1-points, s2-breakdown, s3-hybrid, s4-sla-as-code
        #[arg(long, value_name = "NAME")]
        preset: Option<String>,
    },
    /// Check the configuration and say what is wrong, with file and line
    Check,
    /// Say where the configuration and the leads are
    Path,
}
