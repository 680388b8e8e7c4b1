//! With everything equal, shares follow the weights (F46).

use chrono::Duration;

use super::*;

/// Gives out `count` leads, one every so often; each is closed after so many more. A new day begins every `a_day`.
fn shares(weights: &[u32], count: usize, open_for: usize, a_day: usize) -> Vec<f64> {
    let named = |(index, weight): (usize, &u32)| Responder { weight: *weight, ..Responder::new(format!("p{index}")) };
    let mut roster: Vec<_> = weights.iter().enumerate().map(named).collect();
    let any = policy(vec![Rule { hours: Hours::Any, ..rule("any") }]);
    let (mut given, mut taken) = (Vec::new(), vec![0_u32; weights.len()]);
    for turn in 0..count {
        let now = now() + Duration::minutes(7 * i64::try_from(turn).unwrap());
        let decision = route(&spain(), &roster, &any, &office(), now, &[]);
        let Target::Person { id } = decision.target else { panic!("{decision:?}") };
        let chosen = roster.iter().position(|person| person.id == id).unwrap();
        taken[chosen] += 1;
        given.push(chosen);
        let load = &mut roster[chosen].load;
        (load.open, load.today, load.last_assigned_at) = (load.open + 1, load.today + 1, Some(now));
        if let Some(closed) = turn.checked_sub(open_for) {
            roster[given[closed]].load.open -= 1;
        }
        if turn % a_day == a_day - 1 {
            roster.iter_mut().for_each(|person| person.load.today = 0);
        }
    }
    taken.into_iter().map(|taken| f64::from(taken) / count as f64).collect()
}

#[test]
fn over_a_thousand_assignments_each_gets_the_share_of_their_weight() {
    let weights = [1, 1, 2, 3, 5];
    for (open_for, a_day) in [(0, 50), (0, 1000), (20, 50), (300, 200), (1000, 1000)] {
        for (share, weight) in shares(&weights, 1000, open_for, a_day).into_iter().zip(weights) {
            let wanted = f64::from(weight) / 12.0;
            assert!((share - wanted).abs() < 0.04, "open for {open_for}, {a_day} a day: {share} for {wanted}");
        }
    }
}

#[test]
fn nobody_starves_where_a_day_has_one_lead() {
    for (share, wanted) in shares(&[1, 3], 1000, 0, 1).into_iter().zip([0.25, 0.75]) {
        assert!((share - wanted).abs() < 0.1, "{share} for {wanted}");
    }
}
