//! Handles JSON numbers as text, because neither `i64` nor `f64` can represent all of them.

/// Maximum number of zeros that an exponent appends: the short text `1e999999999` would become a gigabyte of zeros.
const MAX_ZEROS: usize = 1_000;

/// Returns the digits of a JSON number without a fraction (`5`, `5.0`, `5e2`), which JSON Schema treats as an integer; `None` for any other number.
pub(crate) fn integer_text(number: &str) -> Option<String> {
    let (negative, digits, exponent) = decimal(number);
    if digits.is_empty() {
        return Some("0".to_owned());
    }
    let zeros = usize::try_from(exponent).ok()?;
    let sign = if negative { "-" } else { "" };
    (zeros <= MAX_ZEROS.max(number.len())).then(|| format!("{sign}{digits}{}", "0".repeat(zeros)))
}

/// Returns whether two JSON numbers have the same value, regardless of their notation: `1e2` equals `100.0`. Integers of any size are distinguished.
pub(crate) fn same_number(left: &str, right: &str) -> bool {
    left == right || decimal(left) == decimal(right)
}

/// Returns the sign, the digits without zeros at either end, and the power of ten after the last digit.
fn decimal(number: &str) -> (bool, String, i64) {
    let (negative, number) = match number.strip_prefix('-') {
        Some(number) => (true, number),
        None => (false, number),
    };
    let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    let significant = digits.trim_end_matches('0');
    let dropped = digits.len() - significant.len();
    let significant = significant.trim_start_matches('0');
    if significant.is_empty() {
        return (false, String::new(), 0);
    }
    // An exponent outside the range of `i64` is treated as infinite; the digits must still be equal.
    let exponent = exponent.parse().unwrap_or(if exponent.starts_with('-') {
        i64::MIN
    } else {
        i64::MAX
    });
    let exponent = exponent
        .saturating_sub(i64::try_from(fraction.len()).unwrap_or(i64::MAX))
        .saturating_add(i64::try_from(dropped).unwrap_or(i64::MAX));
    (negative, significant.to_owned(), exponent)
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
