//! How to write a time, a day or a rate.

use crate::domain::{moment::MomentError, period::DayError, rate::RateError};

in_words! {
    MomentError {
        Self => "Write the time like 2026-03-01T14:30 (UTC) or 2026-03-01T14:30:00+01:00.",
    }
}

in_words! {
    DayError {
        Self => "Write the day like 2026-03-01.",
    }
}

in_words! {
    RateError {
        Self => "Enter a rate such as \"10 per 15 minutes\": a count from 1 to 100000, and a period of at least one second.",
    }
}
