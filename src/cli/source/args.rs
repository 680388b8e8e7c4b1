//! The arguments of `leadbox source`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// The CRMs that leads come from.
#[derive(Debug, Subcommand)]
pub enum SourceCommand {
    /// List the sources that are configured, and where their secrets are
    List,
    /// Ask a source what it is, and say what is missing there, mismatched or not mapped
    Check {
        /// Its name [default: all]
        name: Option<String>,
    },
    /// Set up a source: asks for what is missing, tries it, then writes the configuration and keeps the secret
    Add(AddArgs),
    /// Forget a source's secret, and say which lines of the configuration to remove; its leads stay
    Remove {
        /// Its name
        name: String,
    },
}

/// Options of `source add`.
#[derive(Debug, Args)]
pub struct AddArgs {
    /// What it is to be called: small letters, digits and hyphens
    pub name: String,
    /// Which CRM it is: hubspot or tryton
    #[arg(long)]
    pub kind: Option<String>,
    /// Its address, such as https://tryton.example; HubSpot's is known
    #[arg(long)]
    pub url: Option<String>,
    /// HubSpot: your e-mail address there, as an owner of leads
    #[arg(long)]
    pub owner: Option<String>,
    /// Tryton: the database
    #[arg(long)]
    pub database: Option<String>,
    /// Tryton: the user
    #[arg(long)]
    pub user: Option<String>,
    /// A file with the password or token, - for standard input [default: asked for at the terminal]
    #[arg(long, value_name = "FILE", conflicts_with = "secret_cmd")]
    pub secret_file: Option<PathBuf>,
    /// A command that prints the password or token each time that it is needed
    #[arg(long, value_name = "COMMAND", num_args = 1..)]
    pub secret_cmd: Vec<String>,
    /// Keep it in a file, even where there is a keyring
    #[arg(long)]
    pub no_keyring: bool,
    /// Set it up even if what is asked of it fails
    #[arg(long)]
    pub untested: bool,
}
