//! Handles JSON numbers as text, because neither `i64` nor `f64` can represent all of them.

/// Maximum number of zeros to append: the short text `1e999999999` would become a gigabyte of zeros.
const MOST_DIGITS: i64 = 1_000;

/// Returns the digits of a JSON number without a fraction (`5`, `5.0`, `5e2`), which JSON Schema treats as an integer; `None` for any other number.
pub(crate) fn integer_text(number: &str) -> Option<String> {
    let (mantissa, exponent) = match number.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i64>().ok()?),
        None => (number, 0),
    };
    let (sign, mantissa) = match mantissa.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", mantissa),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let fraction = fraction.trim_end_matches('0');
    let digits = format!("{whole}{fraction}");
    let digits = digits.trim_start_matches('0');
    if digits.is_empty() {
        return Some("0".to_owned());
    }
    let shift = exponent.checked_sub(i64::try_from(fraction.len()).ok()?)?;
    if shift >= 0 {
        let zeros = usize::try_from(shift)
            .ok()
            .filter(|_| shift <= MOST_DIGITS)?;
        return Some(format!("{sign}{digits}{}", "0".repeat(zeros)));
    }
    // `500e-2` is also an integer: all digits that are cut off must be zeros.
    let cut = usize::try_from(shift.unsigned_abs()).ok()?;
    let kept = digits.len().checked_sub(cut).filter(|kept| *kept > 0)?;
    let (kept, rest) = digits.split_at_checked(kept)?;
    rest.bytes()
        .all(|digit| digit == b'0')
        .then(|| format!("{sign}{kept}"))
}

/// Returns whether an integer, given by its digits, is less than a bound.
pub(crate) fn less(integer: &str, bound: i64) -> bool {
    match integer.parse::<i128>() {
        Ok(value) => value < i128::from(bound),
        Err(_) => integer.starts_with('-'),
    }
}

/// Returns whether an integer, given by its digits, is greater than a bound.
pub(crate) fn greater(integer: &str, bound: i64) -> bool {
    match integer.parse::<i128>() {
        Ok(value) => value > i128::from(bound),
        Err(_) => !integer.starts_with('-'),
    }
}

#[cfg(test)]
mod tests {
    use super::{greater, integer_text, less};

    #[test]
    fn knows_integers_by_their_text() {
        let rows = [
            ("5", Some("5")),
            ("-5", Some("-5")),
            ("5.0", Some("5")),
            ("5.00e0", Some("5")),
            ("5.5", None),
            ("0", Some("0")),
            ("-0", Some("0")),
            ("0.0", Some("0")),
            ("0e999999999999", Some("0")),
            ("1e3", Some("1000")),
            ("1E+3", Some("1000")),
            ("1.5e1", Some("15")),
            ("1.5e0", None),
            ("500e-2", Some("5")),
            ("500e-3", None),
            ("5e-1", None),
            ("1e999999999", None),
            ("1e99999999999999999999", None),
            (
                "123456789012345678901234567890",
                Some("123456789012345678901234567890"),
            ),
        ];
        let found = rows.map(|(text, _)| (text, integer_text(text)));
        assert_eq!(found, rows.map(|(text, to)| (text, to.map(str::to_owned))));
    }

    #[test]
    fn compares_integers_of_any_size() {
        let huge = "9".repeat(60);
        let tiny = format!("-{huge}");
        let rows = [
            ("1", 1, (false, false)),
            ("0", 1, (true, false)),
            ("2", 1, (false, true)),
            ("9223372036854775808", i64::MAX, (false, true)),
            (huge.as_str(), i64::MAX, (false, true)),
            (tiny.as_str(), i64::MIN, (true, false)),
        ];
        let found =
            rows.map(|(text, bound, _)| (text, bound, (less(text, bound), greater(text, bound))));
        assert_eq!(found, rows);
    }
}
