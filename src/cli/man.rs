//! The man page: one page for all commands, made from the same grammar as `--help`.

use clap::{Command, CommandFactory};
use clap_mangen::Man;

use super::args::Cli;
use super::failure::Failure;
use super::help::AFTER;

/// The page, for `man -l -`.
pub fn page() -> Result<Vec<u8>, Failure> {
    let cli = Cli::command();
    let mut page = Vec::new();
    let man = Man::new(cli.clone().disable_help_flag(true)).manual("Leadbox");
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_options_section(&mut page)?;
    page.extend_from_slice(b".SH COMMANDS\n");
    for command in cli.get_subcommands() {
        section(&mut page, "leadbox", command)?;
    }
    page.extend_from_slice(b".SH NOTES\n");
    for line in AFTER.lines() {
        page.extend_from_slice(format!("{}\n.br\n", plain(line)).as_bytes());
    }
    Ok(ascii(&String::from_utf8_lossy(&page)).into_bytes())
}

/// Letters beyond ASCII as roff names them, so that it need not be told the encoding.
fn ascii(page: &str) -> String {
    let name = |c: char| if c.is_ascii() { c.to_string() } else { format!("\\[u{:04X}]", u32::from(c)) };
    page.chars().map(name).collect()
}

/// One command under its parents: how it is called, what it does, its options; then its own commands.
fn section(page: &mut Vec<u8>, parents: &str, command: &Command) -> Result<(), Failure> {
    let name = format!("{parents} {}", command.get_name());
    if command.has_subcommands() {
        return command.get_subcommands().try_for_each(|inner| section(page, &name, inner));
    }
    let man = Man::new(command.clone().bin_name(&name).disable_help_flag(true).disable_version_flag(true));
    page.extend_from_slice(format!(".SS {name}\n").as_bytes());
    let (mut synopsis, mut options) = (Vec::new(), Vec::new());
    man.render_synopsis_section(&mut synopsis)?;
    page.extend(body(&synopsis));
    let about = command.get_long_about().or_else(|| command.get_about()).map(ToString::to_string).unwrap_or_default();
    page.extend_from_slice(format!(".PP\n{}.\n", plain(&about)).as_bytes());
    if command.get_arguments().next().is_some() {
        man.render_options_section(&mut options)?;
        page.extend(body(&options));
    }
    if let Some(after) = command.get_after_help() {
        page.extend_from_slice(format!(".PP\n.nf\n{}\n.fi\n", plain(&after.to_string())).as_bytes());
    }
    Ok(())
}

/// A rendered section without its heading.
fn body(section: &[u8]) -> impl Iterator<Item = u8> {
    let text = String::from_utf8_lossy(section);
    let lines =
        text.lines().filter(|line| !line.starts_with(".SH ") && !line.starts_with(".ie ") && !line.starts_with(".el "));
    lines.map(|line| format!("{line}\n")).collect::<String>().into_bytes().into_iter()
}

/// Text that roff does not take for its own.
fn plain(text: &str) -> String {
    let text = text.trim_end().replace('\\', "\\\\").replace('-', "\\-");
    let lines =
        text.lines().map(|line| if line.starts_with(['.', '\'']) { format!("\\&{line}") } else { line.to_owned() });
    lines.collect::<Vec<_>>().join("\n")
}
