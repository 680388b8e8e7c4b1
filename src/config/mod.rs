//! The user's settings and the team's policy: TOML in, validated values out, errors with file, line and fix.
