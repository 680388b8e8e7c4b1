//! Tryton in a virtual environment beside the tests' programs, and the database that each server begins with.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use rusqlite::Connection;

/// The name of the database.
pub const DATABASE: &str = "crm";

/// Everybody's password: the server is to be reached from this machine only, and knows nothing.
pub const PASSWORD: &str = "nine-leads-of-the-tests";

/// What is installed, with all that it needs.
const REQUIREMENTS: &str = include_str!("requirements.txt");
/// Makes the office out of an empty database.
const OFFICE: &str = include_str!("office.py");

/// Where it is.
#[derive(Clone, Debug)]
pub struct Installed {
    venv: PathBuf,
    template: PathBuf,
}

impl Installed {
    /// The environment's Python.
    pub fn python(&self) -> PathBuf {
        self.venv.join("bin/python")
    }

    /// The database to be copied.
    pub fn database(&self) -> PathBuf {
        self.template.join(format!("{DATABASE}.sqlite"))
    }
}

/// Installs what is not there yet. Asked once in a process: where the registry is away, nobody waits for it twice.
pub fn installed() -> Option<Installed> {
    static INSTALLED: OnceLock<Option<Installed>> = OnceLock::new();
    INSTALLED.get_or_init(install).clone()
}

fn install() -> Option<Installed> {
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("tryton");
    fs::create_dir_all(&home).unwrap();
    // One process at a time; the lock goes with the file.
    let lock = File::create(home.join("lock")).unwrap();
    lock.lock().unwrap();
    let installed = Installed { venv: home.join("venv"), template: home.join("template") };
    // What is written last says what a folder was made of: one that was left half-made, or was made of something else, is
    // made again.
    if !is_made_of(&installed.venv, REQUIREMENTS) {
        if let Err(why) = make_venv(&installed.venv) {
            let _ = fs::remove_dir_all(&installed.venv);
            eprintln!("skipped: the real Tryton is not tried: {why}");
            return None;
        }
        fs::write(installed.venv.join("made_of"), REQUIREMENTS).unwrap();
    }
    let made_of = [REQUIREMENTS, OFFICE, PASSWORD].concat();
    if !is_made_of(&installed.template, &made_of) {
        make_template(&installed);
        fs::write(installed.template.join("made_of"), made_of).unwrap();
    }
    Some(installed)
}

fn is_made_of(dir: &Path, what: &str) -> bool {
    fs::read_to_string(dir.join("made_of")).is_ok_and(|made_of| made_of == what)
}

/// A virtual environment with Tryton.
fn make_venv(venv: &Path) -> Result<(), String> {
    let _ = fs::remove_dir_all(venv);
    let python = Command::new("python3").args(["-c", "import venv, ensurepip"]).output();
    if !python.is_ok_and(|output| output.status.success()) {
        return Err("python3 with venv is not installed".to_owned());
    }
    let made = Command::new("python3").args(["-m", "venv"]).arg(venv).output().map_err(|why| why.to_string())?;
    succeeded(&made).map_err(|why| format!("no virtual environment: {why}"))?;
    let requirements = venv.join("requirements.txt");
    fs::write(&requirements, REQUIREMENTS).map_err(|why| why.to_string())?;
    let args = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--retries", "1", "--requirement"];
    let fetched = Command::new(venv.join("bin/python")).args(args).arg(requirements).output();
    succeeded(&fetched.map_err(|why| why.to_string())?).map_err(|why| format!("it cannot be fetched: {why}"))
}

/// A database with the office.
fn make_template(installed: &Installed) {
    let (venv, template) = (&installed.venv, &installed.template);
    let _ = fs::remove_dir_all(template);
    fs::create_dir_all(template).unwrap();
    let (config, password) = (template.join("trytond.conf"), template.join("password"));
    private(&config, &configuration(template));
    private(&password, PASSWORD);
    private(&template.join("office.py"), OFFICE);
    // `trytond-admin` makes a database only where there is a file for it.
    private(&installed.database(), "");
    let admin = Command::new(venv.join("bin/trytond-admin"))
        .args(["--database", DATABASE, "--update", "sale_opportunity", "--activate-dependencies"])
        .args(["--email", "admin@northwind.example", "--config"])
        .arg(&config)
        .env("TRYTONPASSFILE", &password)
        .output()
        .unwrap();
    succeeded(&admin).unwrap_or_else(|why| panic!("trytond-admin: {why}"));
    let office = Command::new(installed.python())
        .arg(template.join("office.py"))
        .arg(&config)
        .arg(DATABASE)
        .arg(&password)
        .output()
        .unwrap();
    succeeded(&office).unwrap_or_else(|why| panic!("office.py: {why}"));
    // All in the one file that is copied.
    let database = Connection::open(installed.database()).unwrap();
    let busy: i64 = database.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0)).unwrap();
    assert_eq!(busy, 0, "somebody still uses the database");
}

/// A server with its databases in this folder, on a port that the kernel chooses.
pub fn configuration(dir: &Path) -> String {
    let dir = dir.display();
    format!("[database]\nuri = sqlite://\npath = {dir}\n[web]\nlisten = 127.0.0.1:0\nroot = {dir}\n")
}

/// A file that nobody else may read.
pub fn private(path: &Path, text: &str) {
    let mut file = File::options().write(true).create_new(true).mode(0o600).open(path).unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

/// The last line that a program said, if it failed.
fn succeeded(output: &Output) -> Result<(), String> {
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(said.trim().lines().last().unwrap_or("it says nothing").to_owned())
}
