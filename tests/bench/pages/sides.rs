//! Loads pages in turn and compares them.

#![allow(dead_code, reason = "each bench uses only a part of this")]

use std::time::{Duration, Instant};

use super::{
    client::Connections,
    report::{Figure, Goal, median, row},
};

/// How long each side is loaded per round.
const ROUND: Duration = Duration::from_millis(700);
/// The number of rounds per side, alternating.
const ROUNDS: usize = 9;

/// A page under load, with its own requests.
pub struct Side {
    name: &'static str,
    connections: Connections,
    rates: Vec<f64>,
}

impl Side {
    pub fn new(name: &'static str, connections: Connections) -> Self {
        Self { name, connections, rates: Vec::new() }
    }

    async fn load(&mut self) {
        let started = Instant::now();
        let answers = self.connections.ask_for(ROUND).await;
        self.rates.push(f64::from(answers) / started.elapsed().as_secs_f64());
    }
}

/// A ratio to print: its two sides, its name and its goal.
pub type Ratio = (usize, usize, String, Goal);

/// Loads both sides in turn and prints the ratio of the first to the second.
pub async fn compare(title: &str, goal: Goal, side: Side, floor: Side) {
    compare_all([side, floor], &[(0, 1, title.to_owned(), goal)]).await;
}

/// Loads all sides in turn and prints their ratios.
pub async fn compare_all<const N: usize>(mut sides: [Side; N], ratios: &[Ratio]) {
    for _ in 0..ROUNDS {
        for side in &mut sides {
            side.load().await;
        }
    }
    let rates = sides.each_mut().map(|side| median(&mut side.rates));
    for (side, floor, title, goal) in ratios {
        let (rate, base) = (rates[*side], rates[*floor]);
        let details = format!("{} {rate:.0}/s, {} {base:.0}/s", sides[*side].name, sides[*floor].name);
        row(title, Figure::Ratio(rate / base), *goal, &details);
    }
}
