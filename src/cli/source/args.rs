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
        /// Make there what Leadbox would like to have, as far as it can: HubSpot's unique property of activities
        #[arg(long, requires = "name")]
        create: bool,
    },
    /// Set up a source: asks for what is missing, tries it, then writes the configuration and keeps the secret
    Add(AddArgs),
    /// Sign in to a source again: with the browser at Salesforce, by another password, token or key elsewhere
    Login(LoginArgs),
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
    /// Which CRM it is: hubspot, salesforce or tryton
    #[arg(long)]
    pub kind: Option<String>,
    /// Its address, such as https://tryton.example or https://example.my.salesforce.com; HubSpot's is known
    #[arg(long)]
    pub url: Option<String>,
    /// HubSpot: your e-mail address there, as an owner of leads
    #[arg(long)]
    pub owner: Option<String>,
    /// Tryton: the database
    #[arg(long)]
    pub database: Option<String>,
    /// Tryton: the user. Salesforce: the user for whom a key signs in, for a service; people sign in with the browser
    #[arg(long)]
    pub user: Option<String>,
    /// Salesforce: the consumer key of the org's app
    #[arg(long)]
    pub client_id: Option<String>,
    /// Salesforce: the port that the browser comes back to, as the app's settings name it [default: 7477]
    #[arg(long, value_name = "PORT", conflicts_with = "user")]
    pub callback: Option<u16>,
    /// Salesforce: who accepts what the key signs [default: https://login.salesforce.com]
    #[arg(long, value_name = "URL", requires = "user")]
    pub audience: Option<String>,
    #[command(flatten)]
    pub secret: SecretArgs,
    /// A command that prints the password, token or key each time that it is needed
    #[arg(long, value_name = "COMMAND", num_args = 1.., conflicts_with = "secret_file")]
    pub secret_cmd: Vec<String>,
}

/// Options of `source login`.
#[derive(Debug, Args)]
pub struct LoginArgs {
    /// Its name
    pub name: String,
    #[command(flatten)]
    pub secret: SecretArgs,
}

/// Where a secret comes from, and where it goes.
#[derive(Debug, Args)]
pub struct SecretArgs {
    /// A file with the password, token or key, - for standard input [default: asked for at the terminal]
    #[arg(long, value_name = "FILE")]
    pub secret_file: Option<PathBuf>,
    /// Keep it in a file, even where there is a keyring
    #[arg(long)]
    pub no_keyring: bool,
    /// Only print the address for the browser, and do not open it
    #[arg(long)]
    pub no_browser: bool,
    /// Write and keep it even if the source does not let you in with it
    #[arg(long)]
    pub untested: bool,
}
