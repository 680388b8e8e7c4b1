//! What every view needs beside the canvas: the model, and what is worked out of it once a frame.

use ratatui::style::Style;

use super::countdown::{Countdown, Present};
use super::theme::Theme;
use super::when::When;
use crate::app::model::Model;
use crate::handoff::clocks::Clock;

/// The model as it is drawn now.
pub struct Scene<'a> {
    /// What is drawn.
    pub model: &'a Model,
    /// How.
    pub theme: Theme,
    /// For times.
    pub when: When,
    /// For countdowns.
    pub present: Present<'a>,
}

impl<'a> Scene<'a> {
    /// The model at its own time. A theme that does not parse was reported when the configuration was read; here it is
    /// the default one.
    pub fn new(model: &'a Model) -> Self {
        let settings = &model.settings;
        Self {
            model,
            theme: Theme::parse(&settings.theme).unwrap_or_default(),
            when: When { now: model.now, zone: settings.zone, twelve_hours: settings.twelve_hours },
            present: Present::new(model.now, &settings.policy).by_minute(settings.linear),
        }
    }

    /// Counts down a clock of the opened lead.
    pub fn clock(&self, clock: &Clock) -> Countdown {
        self.present.count(&clock.deadline(), (clock.budget > 0).then_some(clock.budget))
    }

    /// `touches` of the most that the policy asks for, such as `3/8`; a dash before the first.
    pub fn touches(&self, touches: u32) -> String {
        if touches == 0 { "–".into() } else { format!("{touches}/{}", self.model.settings.policy.touches.most) }
    }

    /// The style of a category's letter.
    pub fn category(&self, code: &str) -> Style {
        match code {
            "A" => self.theme.strong,
            "C" => self.theme.dim,
            _ => self.theme.text,
        }
    }
}
