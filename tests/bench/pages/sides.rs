//! Two pages under load in turn, and how the first compares with the second.

use std::time::{Duration, Instant};

use super::{
    client::Connections,
    report::{Figure, Goal, median, row},
};

/// How long each side is loaded in one round.
const ROUND: Duration = Duration::from_millis(700);
/// How many rounds there are of each side, in turn.
const ROUNDS: usize = 9;

/// One address under load, asked in a way of its own.
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

/// Loads both sides in turn and prints how the first compares with the second.
pub async fn compare(title: &str, goal: Goal, mut side: Side, mut floor: Side) {
    for _ in 0..ROUNDS {
        side.load().await;
        floor.load().await;
    }
    let (rate, base) = (median(&mut side.rates), median(&mut floor.rates));
    let details = format!("{} {rate:.0}/s, {} {base:.0}/s", side.name, floor.name);
    row(title, Figure::Ratio(rate / base), goal, &details);
}
