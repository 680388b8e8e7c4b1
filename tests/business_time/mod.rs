//! What is tested where.

mod after_hours;
mod calendar_rules;
mod clock_rules;
mod modes;
mod oracle;
mod properties;
mod spans_of_years;
mod strategies;
mod support;
