//! Policies to begin with: the numbers of each of the articles that this program was made from, which differ (F127, C1, C9, C11).

/// A ready-made policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Preset {
    /// Its name, that of its scoring model where it has one of its own.
    pub name: &'static str,
    /// What is special about it.
    pub about: &'static str,
    /// The policy, with the source of each number beside it.
    pub toml: &'static str,
}

/// All of them.
pub const PRESETS: [Preset; 5] = [
    Preset {
        name: "s0-fit-interest",
        about: "2 hours for whoever asks, 24 for the rest; 6 to 8 touches",
        toml: include_str!("../../assets/presets/s0-fit-interest.toml"),
    },
    Preset {
        name: "s1-points",
        about: "points for what they did; 5 minutes",
        toml: include_str!("../../assets/presets/s1-points.toml"),
    },
    Preset {
        name: "s2-breakdown",
        about: "demo 5 minutes, standard 1 hour; a threshold of 65, nine checks",
        toml: include_str!("../../assets/presets/s2-breakdown.toml"),
    },
    Preset {
        name: "s3-hybrid",
        about: "categories A, B, C in 1, 4 and 24 hours; engagement and readiness",
        toml: include_str!("../../assets/presets/s3-hybrid.toml"),
    },
    Preset {
        name: "s4-sla-as-code",
        about: "5 minutes, 30 minutes, same day by intent; re-route, then the response team",
        toml: include_str!("../../assets/presets/s4-sla-as-code.toml"),
    },
];

#[cfg(test)]
mod tests {
    use chrono_tz::Tz;

    use super::*;
    use crate::config::{Config, Surroundings};
    use crate::handoff::lead::TriggerKind::{self, Content, Demo, HandRaiser, Pricing, Threshold, Webinar};
    use crate::handoff::policy::{Anchor, Shortfall, SlaRule};
    use crate::handoff::score::Category;
    use crate::handoff::scoring::Mode as ScoringMode;
    use crate::handoff::sla::Mode;

    fn config(name: &str) -> Config {
        let preset = PRESETS.iter().find(|preset| preset.name == name).unwrap();
        let now = "2026-11-20T10:00:00Z".parse().unwrap();
        Config::team(preset.toml, name, &Surroundings { zone: Tz::UTC, user: "ana".into(), now }).unwrap()
    }

    /// The row for a trigger, or for a category.
    fn rule(config: &Config, of: impl Fn(&SlaRule) -> bool) -> (u32, Mode) {
        let rule = config.policy.sla.rules.iter().find(|rule| of(rule)).unwrap();
        (rule.budget, rule.mode)
    }

    fn of(config: &Config, trigger: TriggerKind) -> (u32, Mode) {
        rule(config, |rule| rule.triggers.contains(&trigger))
    }

    #[test]
    fn each_is_valid_says_its_name_and_has_a_time_for_every_lead() {
        for preset in PRESETS {
            let config = config(preset.name);
            assert_eq!(config.policy.version, preset.name);
            let rules = &config.policy.sla.rules;
            for trigger in TriggerKind::ALL {
                let is_for = |rule: &SlaRule| {
                    rule.categories.is_empty() && (rule.triggers.is_empty() || rule.triggers.contains(&trigger))
                };
                assert!(rules.iter().any(is_for), "{}: {trigger:?}", preset.name);
            }
            assert!(config.routing.faults().is_empty());
            assert!(config.routing.queue(&config.escalation.queue).is_some(), "{}", preset.name);
            // Where a number comes from stands above it.
            let lines: Vec<&str> = preset.toml.lines().collect();
            for pair in lines.windows(2).filter(|pair| ["[[policy.sla.rules]]", "[scoring]"].contains(&pair[1])) {
                assert!(pair[0].starts_with("# "), "{}: {}", preset.name, pair[1]);
            }
        }
    }

    #[test]
    fn the_first_has_hours_and_persistence() {
        let config = config("s0-fit-interest");
        assert_eq!(of(&config, Demo), (2 * 3600, Mode::Business));
        assert_eq!(of(&config, Webinar), (24 * 3600, Mode::WallRoll));
        let touches = &config.policy.touches;
        assert_eq!((touches.least, touches.most, touches.shortfall), (6, 8, Shortfall::Recycle));
        assert_eq!(config.scoring.active.as_deref(), Some("s0-fit-interest"));
    }

    #[test]
    fn the_second_has_points_and_five_minutes() {
        let config = config("s1-points");
        assert_eq!((of(&config, Threshold).0, of(&config, Content).0), (300, 1800));
        let model = config.scoring.all.iter().find(|model| model.id == "s1-points").unwrap();
        let points =
            |name: &str| model.rules.iter().find(|rule| rule.name == name).map(|rule| format!("{:?}", rule.effect));
        assert!(points("email-open").unwrap().contains('5'), "{:?}", points("email-open"));
        assert_eq!(config.scoring.active.as_deref(), Some("s1-points"));
    }

    #[test]
    fn the_third_has_the_threshold_and_the_backstops() {
        let config = config("s2-breakdown");
        let sla = &config.policy.sla;
        assert_eq!((of(&config, Demo).0, of(&config, Threshold).0), (300, 3600));
        assert_eq!((sla.acknowledge, sla.no_activity, sla.black_hole), (2 * 3600, 4 * 3600, 24 * 3600));
        assert_eq!((sla.anchor, config.qualify.threshold), (Anchor::MqlConverted, 65));
        assert_eq!(config.preflight.items.len(), 9);
        assert!(config.policy.touches.require_citation);
    }

    #[test]
    fn the_fourth_has_categories_and_the_protocol_after_hours() {
        let config = config("s3-hybrid");
        let by = |category| rule(&config, |rule| rule.categories.contains(&category) || rule.categories.is_empty());
        let expected = [3600, 4 * 3600, 24 * 3600].map(|seconds| (seconds, Mode::Business));
        assert_eq!([Category::A, Category::B, Category::C].map(by), expected);
        let after_hours = &config.policy.sla.after_hours;
        assert_eq!((after_hours.auto_response.seconds(), after_hours.personal.seconds()), (900, 7200));
        assert_eq!((config.escalation.personal_message, config.escalation.quality_check), (1800, 86_400));
        let model = config.scoring.all.iter().find(|model| model.id == "s3-hybrid").unwrap();
        assert_eq!(model.mode, ScoringMode::Weighted { engagement: 0.4 });
    }

    #[test]
    fn the_fifth_has_minutes_by_intent_and_the_chain() {
        let config = config("s4-sla-as-code");
        assert_eq!([Pricing, HandRaiser, Webinar].map(|trigger| of(&config, trigger).0), [300, 1800, 1800]);
        assert_eq!(of(&config, Content).1, Mode::SameDay);
        assert_eq!(config.policy.sla.stalled_days, 7);
        let steps: Vec<_> = config.escalation.steps.iter().map(|step| (step.window, step.deeds.len())).collect();
        assert_eq!(steps[..2], [(Some(1), 1), (Some(2), 2)]);
        assert_eq!(config.escalation.queue, "inbound response");
    }
}
