//! What stands at the end of `--help` and in the man page, beyond the list of options: examples, and what words there
//! are. A test reads every example as a command line.

use crate::handoff::reason;

/// What stands under `leadbox --help`, and as notes in the man page.
pub const AFTER: &str = "\
Exit codes: 0 done, 1 failed, 2 usage, 3 refused by the handoff's rules, 4 no such lead, 5 configuration.
Leads are named by number (L-12), by their id in the source, or by source:id; a name that fits several is a usage error
that lists them, as is a bare number (12) that is also an id in a source.
Times are RFC 3339. --until and --next-at also take “tomorrow 9am”, “+3d”, “next tuesday 14:30” and the like.
Errors go to standard error; with --json as {\"error\":…,\"exit\":…}.
LEADBOX_NOW=<RFC 3339> fixes the clock of every command but the app, `demo`, `sync`, `route simulate` and `hub serve`.
`leadbox COMMAND --help` has examples.";

/// The words of the filter language (F11), under `list`.
pub const LIST: &str = "\
Filters, all of which must hold; with a - before it, it must not:
  cat:A,B        category             due:<30m       less is left; due:<0s is over
  src:webinar    source or marketing  score:>70      also < <= >= =
  tab:new        a tab, as --tab      owner:ana      whose it is
  stage:accepted how far it is        trigger:demo   what made it a lead
  company:acme   where they work      \"in a row\"     words, as they stand

Examples:
  leadbox list --tab due
  leadbox list cat:A 'due:<30m'
  leadbox list -n 0 --json -- -owner:ana";

/// Under `search`.
pub const SEARCH: &str = "\
`leadbox list --help` has the filters. Closed leads are found as well.

Examples:
  leadbox search maya
  leadbox search src:webinar 'score:>70' northwind";

/// Under `divergence`.
pub const DIVERGENCE: &str = "\
How far a lead is counts as four: not accepted, in hand, back with marketing, qualified; most CRMs have no more words.
Of leads that you have not opened, addresses and numbers are not shown.

Examples:
  leadbox divergence
  leadbox divergence --field stage --older 2d";

/// Under `log`.
pub const LOG: &str = "\
Examples:
  leadbox log -c phone -o voicemail
  leadbox log L-12 -c email -o auto_reply --cited 'pricing page' --at 2026-11-20T09:30:00Z
  leadbox log -c phone -o reached --next-what demo --next-at 'next tuesday 14:30'";

/// Under `defer`.
pub const DEFER: &str = "\
Examples:
  leadbox defer --until 'tomorrow 9am' --why 'in a meeting, asked me to call then'
  leadbox defer L-12 -u +3d -w 'back from holiday on Monday'";

/// Under `qualify`.
pub const QUALIFY: &str = "\
Example:
  leadbox qualify --problem 'leads get lost' --authority 'VP Sales' --next-step demo --next-at +2d";

/// Under `skip`.
pub const SKIP: &str = "\
Example:
  leadbox skip --reason 'waiting for the account owner'";

/// Under `snooze`.
pub const SNOOZE: &str = "\
Examples:
  leadbox snooze --until +2h
  leadbox snooze L-12 --until 2026-11-20T15:00:00+01:00";

/// Under `import`.
pub const IMPORT: &str = "\
With --json the last line is {\"read\":N,\"added\":N,\"updated\":N,\"unchanged\":N,\"rejected\":N,\"errors\":[…]}.
docs/mapping.md shows how a mapping is written.

Examples:
  leadbox import contacts.csv
  leadbox import leads.csv --map olist --activities deals.csv
  leadbox import list.csv --map my-mapping.toml --source trade-fair --strict";

/// Under `export`.
pub const EXPORT: &str = "\
Examples:
  leadbox export all.csv
  leadbox export done.csv --pending --format hubspot
  leadbox export --json";

/// Under `sla due`.
pub const DUE: &str = "\
Exit code 5 is a calendar that is wrong or has not enough working time.

Examples, with a file that holds
  [calendars.de]
  zone = \"Europe/Berlin\"
  mon = [\"09:00-12:00\", \"13:00-17:30\"]

  leadbox sla due --calendar cal.toml --name de --start 2026-11-23T09:00:00Z --budget 2h
  leadbox sla due --calendar cal.toml --name de --start 2026-11-23T09:00:00Z --mode same_day
A pause is added as --pause 2026-11-23T10:00:00Z/2026-11-23T10:30:00Z.";

/// Under `sla elapsed`.
pub const ELAPSED: &str = "\
Example:
  leadbox sla elapsed --calendar cal.toml --name de \\
    --from 2026-11-20T09:00:00Z --to 2026-11-23T12:00:00Z";

/// Under `status`.
pub const STATUS: &str = "\
What is due first, how many are due and new, which lead is open, what waits to be sent. In ~/.tmux.conf:
  set -g status-right '#(leadbox status)'";

/// Under `completions`.
pub const COMPLETIONS: &str = "\
Examples, where your shell looks for them:
  leadbox completions bash > ~/.local/share/bash-completion/completions/leadbox
  leadbox completions fish > ~/.config/fish/completions/leadbox.fish";

/// Under `man`.
pub const MAN: &str = "\
Example:
  leadbox man > ~/.local/share/man/man1/leadbox.1";

/// Under `reject`: the built-in reasons with what each asks for.
pub fn reject() -> String {
    let mut text = "Reasons, unless the configuration says otherwise:\n".to_owned();
    for reason in reason::canonical() {
        let subs = if reason.subs.is_empty() { String::new() } else { format!("--sub {}", reason.subs.join("|")) };
        let evidence = reason.evidence.map(|question| format!("--evidence ({question})")).unwrap_or_default();
        let line = format!("  {:<18} {:<18} {subs}{evidence}", reason.code, reason.label);
        text += line.trim_end();
        text += "\n";
    }
    text + "\nExamples:\n  leadbox reject --reason budget\n  leadbox reject L-12 -r bad_data --sub phone --note 'no such number'"
}
