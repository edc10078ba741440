//! Rows of the table of budgets, and the statistics for them.

/// Row of the table.
pub(super) struct Row {
    pub(super) what: &'static str,
    pub(super) measured: String,
    pub(super) budget: String,
    pub(super) is_met: bool,
}

/// Makes a row with a maximum.
pub(super) fn at_most(
    what: &'static str,
    value: f64,
    decimals: usize,
    unit: &str,
    budget: f64,
) -> Row {
    Row {
        what,
        measured: format!("{value:.decimals$} {unit}"),
        budget: format!("{budget} {unit}"),
        is_met: value <= budget,
    }
}

/// Returns the median of measurements.
pub(super) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}
