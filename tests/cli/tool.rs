//! Short words for what the tests do all the time.

use serde_json::Value;

use crate::support::{Env, Ran};

/// Runs the binary at another time than usual.
pub fn at(env: &Env, now: &str, args: &[&str]) -> Ran {
    Ran::from(env.command(args).env("LEADBOX_NOW", now).output().unwrap())
}

/// Runs it, which must end with this code and say this on standard error.
#[track_caller]
pub fn fails(env: &Env, code: i32, says: &str, args: &[&str]) {
    let ran = env.run(args);
    assert_eq!(ran.code, code, "leadbox {args:?}: {}{}", ran.out, ran.err);
    assert!(ran.err.contains(says), "leadbox {args:?} said: {}", ran.err);
}

/// The only object that it prints with `--json`.
#[track_caller]
pub fn one(env: &Env, args: &[&str]) -> Value {
    let mut all = env.json(args);
    assert_eq!(all.len(), 1, "leadbox {args:?} printed {all:?}");
    all.remove(0)
}

/// What stands under these keys.
pub fn strings(values: &[Value], key: &str) -> Vec<String> {
    values.iter().map(|value| value[key].as_str().unwrap_or_default().to_owned()).collect()
}

/// The keys of an object, in order.
pub fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

/// The ids in their sources of the leads that it lists.
#[track_caller]
pub fn ids(env: &Env, args: &[&str]) -> Vec<String> {
    let ran = env.ok(&[&["--json"], args].concat());
    ran.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .map(|lead: Value| lead["external_id"].as_str().unwrap().into())
        .collect()
}
