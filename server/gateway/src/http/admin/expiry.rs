//! Expiry and times in forms and pages.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::form::{Fields, FormErrors};

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

/// Durations to choose from: value, label, seconds from now.
const CHOICES: [(&str, &str, i64); 6] = [
    ("1h", "1 hour", HOUR),
    ("8h", "8 hours", 8 * HOUR),
    ("1d", "1 day", DAY),
    ("7d", "7 days", 7 * DAY),
    ("30d", "30 days", 30 * DAY),
    ("90d", "90 days", 90 * DAY),
];

/// Expiry fields of a form.
#[derive(Debug, Clone)]
pub(super) struct Expiry {
    /// Selected value: a value of [`CHOICES`], `keep`, `exact` or `never`.
    pub(super) choice: String,
    /// Text entered for `exact`.
    pub(super) exact: String,
    /// Current expiry that `keep` keeps, in a form that changes an object.
    pub(super) kept: Option<Moment>,
    /// Whether the form offers `keep`.
    pub(super) keep: bool,
}

/// Selected expiry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ChosenExpiry {
    Keep,
    Never,
    At(Timestamp),
}

impl ChosenExpiry {
    /// Returns the expiry of a new object.
    pub(super) fn time(self) -> Option<Timestamp> {
        match self {
            Self::At(at) => Some(at),
            Self::Keep | Self::Never => None,
        }
    }
}

impl Expiry {
    /// Creates the fields of a form that creates an object.
    pub(super) fn new(choice: &str) -> Self {
        Self {
            choice: choice.to_owned(),
            exact: String::new(),
            kept: None,
            keep: false,
        }
    }

    /// Creates the fields of a form that changes an object.
    pub(super) fn keep(kept: Option<Timestamp>, now: Timestamp) -> Self {
        Self {
            choice: "keep".to_owned(),
            exact: String::new(),
            kept: kept.map(|at| Moment::new(at, now)),
            keep: true,
        }
    }

    /// Fills the fields with the submitted values.
    pub(super) fn submitted(mut self, fields: &Fields) -> Self {
        self.choice = fields.text("expiry").to_owned();
        self.exact = fields.text("expires_at").to_owned();
        self
    }

    pub(super) fn choices(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        CHOICES.iter().map(|(value, label, _)| (*value, *label))
    }

    /// Returns the chosen expiry, and reports invalid fields.
    pub(super) fn chosen(&self, now: Timestamp, errors: &mut FormErrors) -> ChosenExpiry {
        if let Some((_, _, seconds)) = CHOICES.iter().find(|it| it.0 == self.choice) {
            return ChosenExpiry::At(now + SignedDuration::from_secs(*seconds));
        }
        match self.choice.as_str() {
            "keep" if self.keep => ChosenExpiry::Keep,
            "exact" => match instant(&self.exact, now, 1) {
                Some(at) => ChosenExpiry::At(at),
                None => {
                    errors.add(
                        "expires_at",
                        "enter a time with its zone such as 2030-01-31T18:00:00Z, or a duration from now such as 90s, 45m or 36h",
                    );
                    ChosenExpiry::Never
                }
            },
            "never" => ChosenExpiry::Never,
            // A form without a choice must not create an object that never expires.
            _ => {
                errors.add("expires_at", "choose an expiry");
                ChosenExpiry::Never
            }
        }
    }
}

/// Parses a time or a duration. A time without a zone is in UTC, and a duration is counted from now in the given direction.
pub(super) fn instant(text: &str, now: Timestamp, direction: i32) -> Option<Timestamp> {
    let text = text.trim();
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(at);
    }
    if let Ok(duration) = text.parse::<SignedDuration>() {
        return now.checked_add(duration.checked_mul(direction)?).ok();
    }
    let local: DateTime = text.parse().ok()?;
    Some(local.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

/// Time in the formats that a page shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Moment {
    /// Value of the `datetime` attribute.
    pub(super) iso: String,
    /// Time in UTC with seconds.
    pub(super) text: String,
    /// Distance from now, for example `in 3 hours` or `2 days ago`.
    pub(super) relative: String,
    /// Whether the time is in the past.
    pub(super) past: bool,
}

impl Moment {
    pub(super) fn new(at: Timestamp, now: Timestamp) -> Self {
        let seconds = at.as_second() - now.as_second();
        Self {
            iso: at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            text: at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
            relative: relative(seconds),
            past: at <= now,
        }
    }
}

fn relative(seconds: i64) -> String {
    let size = seconds.abs();
    let (count, unit) = match size {
        0..5 => return "now".to_owned(),
        5..60 => (size, "second"),
        60..HOUR => (size / 60, "minute"),
        HOUR..DAY => (size / HOUR, "hour"),
        _ => (size / DAY, "day"),
    };
    let plural = if count == 1 { "" } else { "s" };
    if seconds < 0 {
        format!("{count} {unit}{plural} ago")
    } else {
        format!("in {count} {unit}{plural}")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn instants_are_times_or_durations() {
        let now: Timestamp = "2030-01-01T00:00:00Z".parse().unwrap();
        let rows = [
            ("2s", 1, Some("2030-01-01T00:00:02Z")),
            ("36h", 1, Some("2030-01-02T12:00:00Z")),
            ("36h", -1, Some("2029-12-30T12:00:00Z")),
            ("1h 30m", 1, Some("2030-01-01T01:30:00Z")),
            ("2031-02-03T04:05:06Z", 1, Some("2031-02-03T04:05:06Z")),
            ("2031-02-03T04:05:06+01:00", 1, Some("2031-02-03T03:05:06Z")),
            ("2031-02-03T04:05", 1, Some("2031-02-03T04:05:00Z")),
            ("2031-02-03", 1, Some("2031-02-03T00:00:00Z")),
            ("", 1, None),
            ("soon", 1, None),
        ];
        for (text, direction, expected) in rows {
            let at = instant(text, now, direction).map(|at| at.to_string());
            assert_eq!(at.as_deref(), expected, "{text:?}");
        }
    }

    #[test]
    fn distances_are_rounded_down_to_one_unit() {
        let rows = [
            (0, "now"),
            (-3, "now"),
            (59, "in 59 seconds"),
            (-60, "1 minute ago"),
            (7200, "in 2 hours"),
            (-90_000, "1 day ago"),
            (30 * DAY, "in 30 days"),
        ];
        for (seconds, expected) in rows {
            assert_eq!(relative(seconds), expected, "{seconds}");
        }
    }
}
