//! Figures, and the format in which every bench prints them: rows of the table of `tests/bench/run`.
//!
//! A goal is printed next to its figure and nothing is asserted, because a busy machine measures badly.

#![allow(dead_code, reason = "each bench uses only a part of this")]

use std::fmt;

/// A measured value.
#[derive(Clone, Copy)]
pub enum Figure {
    Ratio(f64),
    Milliseconds(f64),
    Megabytes(f64),
}

/// The goal, in the figure's own unit.
#[derive(Clone, Copy)]
pub enum Goal {
    AtLeast(f64),
    Under(f64),
    None,
}

impl Figure {
    fn value(self) -> f64 {
        match self {
            Self::Ratio(value) | Self::Milliseconds(value) | Self::Megabytes(value) => value,
        }
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ratio(value) => write!(f, "{value:.3}"),
            Self::Milliseconds(value) => write!(f, "{value:.1} ms"),
            Self::Megabytes(value) => write!(f, "{value:.0} MB"),
        }
    }
}

impl Goal {
    fn verdict(self, value: f64) -> &'static str {
        match self {
            Self::AtLeast(least) if value >= least => "met",
            Self::Under(limit) if value < limit => "met",
            Self::None => "",
            _ => "missed",
        }
    }
}

impl fmt::Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtLeast(least) => write!(f, ">= {least}"),
            Self::Under(limit) => write!(f, "< {limit}"),
            Self::None => Ok(()),
        }
    }
}

/// Prints a figure, its goal, and how it was measured.
pub fn row(title: &str, figure: Figure, goal: Goal, details: &str) {
    println!("| {title} | {figure} | {goal} | {} | {details} |", goal.verdict(figure.value()));
}

/// The median.
pub fn median(samples: &mut [f64]) -> f64 {
    samples.sort_by(f64::total_cmp);
    samples[samples.len() / 2]
}
