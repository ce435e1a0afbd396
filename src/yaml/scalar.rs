//! What a scalar means to Kubernetes.
//!
//! Kubernetes reads YAML through its fork of go-yaml v2 (`sigs.k8s.io/yaml`, `goyaml.v2/resolve.go`), which is neither
//! YAML 1.1 nor 1.2: `yes` is a bool, `0777` is octal, `1:30` is a string.

/// How a scalar is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Style {
    Plain,
    Single,
    Double,
    Literal,
    Folded,
}

/// The value of a scalar, as Kubernetes reads it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Resolved {
    Null,
    Bool(bool),
    Int(i64),
    /// Only what does not fit an `i64`.
    Uint(u64),
    Float(f64),
    Str,
    /// A sequence or a mapping, no scalar at all.
    Collection,
}

/// Reads plain text as go-yaml v2 does.
pub fn resolve_plain(raw: &str) -> Resolved {
    match raw.as_bytes().first() {
        None => Resolved::Null,
        Some(b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' | b'~') => {
            word(raw)
        }
        Some(b'.') => special_float(raw).unwrap_or_else(|| float(raw)),
        Some(b'+' | b'-') => special_float(raw).unwrap_or_else(|| number(raw)),
        Some(b'0'..=b'9') => number(raw),
        Some(_) => Resolved::Str,
    }
}

fn word(raw: &str) -> Resolved {
    match raw {
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            Resolved::Bool(true)
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            Resolved::Bool(false)
        }
        "~" | "null" | "Null" | "NULL" => Resolved::Null,
        _ => Resolved::Str,
    }
}

fn special_float(raw: &str) -> Option<Resolved> {
    match raw {
        ".nan" | ".NaN" | ".NAN" => Some(Resolved::Float(f64::NAN)),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => {
            Some(Resolved::Float(f64::INFINITY))
        }
        "-.inf" | "-.Inf" | "-.INF" => Some(Resolved::Float(f64::NEG_INFINITY)),
        _ => None,
    }
}

/// An integer in any of Go's bases, or a float; underscores anywhere behind the first character are dropped.
fn number(raw: &str) -> Resolved {
    let dropped;
    let raw = if raw.contains('_') {
        dropped = raw.replace('_', "");
        &dropped
    } else {
        raw
    };
    let (negative, digits) = match raw.as_bytes().first() {
        Some(b'-') => (true, raw.get(1..).unwrap_or_default()),
        Some(b'+') => (false, raw.get(1..).unwrap_or_default()),
        _ => (false, raw),
    };
    if let Some(value) = magnitude(digits) {
        match (negative, i64::try_from(value)) {
            (false, Ok(value)) => return Resolved::Int(value),
            // Only a bare number may be that large: Go's ParseUint takes no sign.
            (false, Err(_)) if !raw.starts_with('+') => return Resolved::Uint(value),
            (true, _) if value <= 1 << 63 => return Resolved::Int((value as i64).wrapping_neg()),
            _ => {}
        }
    }
    if is_yaml_float(digits) {
        float(raw)
    } else {
        Resolved::Str
    }
}

fn magnitude(digits: &str) -> Option<u64> {
    let (radix, digits) = match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, digits.get(2..)?),
        [b'0', b'o' | b'O', ..] => (8, digits.get(2..)?),
        [b'0', b'b' | b'B', ..] => (2, digits.get(2..)?),
        [b'0', _, ..] => (8, digits.get(1..)?),
        _ => (10, digits),
    };
    // from_str_radix would take a second sign.
    if !digits.starts_with(|first: char| first.is_ascii_alphanumeric()) {
        return None;
    }
    u64::from_str_radix(digits, radix).ok()
}

/// go-yaml's `(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`, behind the sign.
fn is_yaml_float(digits: &str) -> bool {
    let (mantissa, exponent) = match digits.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (digits, None),
    };
    let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let mantissa_fits = match mantissa.split_once('.') {
        Some(("", fraction)) => !fraction.is_empty() && all_digits(fraction),
        Some((whole, fraction)) => all_digits(whole) && all_digits(fraction),
        None => !mantissa.is_empty() && all_digits(mantissa),
    };
    let exponent_fits = exponent.is_none_or(|exponent| {
        let exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
        !exponent.is_empty() && all_digits(exponent)
    });
    mantissa_fits && exponent_fits
}

/// Go refuses a float that is out of range, so it stays a string.
fn float(raw: &str) -> Resolved {
    match raw.parse::<f64>() {
        Ok(value) if value.is_finite() => Resolved::Float(value),
        _ => Resolved::Str,
    }
}

#[cfg(test)]
mod tests {
    use super::Resolved::*;
    use super::*;

    #[test]
    fn words() {
        for raw in [
            "y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON",
        ] {
            assert_eq!(resolve_plain(raw), Bool(true), "{raw}");
        }
        for raw in [
            "n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF",
        ] {
            assert_eq!(resolve_plain(raw), Bool(false), "{raw}");
        }
        for raw in ["", "~", "null", "Null", "NULL"] {
            assert_eq!(resolve_plain(raw), Null, "{raw}");
        }
        for raw in [
            "yEs",
            "tRUE",
            "oN",
            "nUll",
            "none",
            "~x",
            "nan",
            "inf",
            "istio-system",
            "ä",
        ] {
            assert_eq!(resolve_plain(raw), Str, "{raw}");
        }
    }

    #[test]
    fn integers() {
        for (raw, value) in [
            ("0", 0),
            ("-0", 0),
            ("12", 12),
            ("+12", 12),
            ("-12", -12),
            ("0777", 511),
            ("0400", 256),
            ("-010", -8),
            ("0o777", 511),
            ("0O17", 15),
            ("0x1F", 31),
            ("0Xff", 255),
            ("-0x1F", -31),
            ("0b101", 5),
            ("-0b11", -3),
            ("1_000", 1000),
            ("1__0_", 10),
            ("0_7", 7),
            ("9223372036854775807", i64::MAX),
            ("-9223372036854775808", i64::MIN),
        ] {
            assert_eq!(resolve_plain(raw), Int(value), "{raw}");
        }
        assert_eq!(resolve_plain("9223372036854775808"), Uint(1 << 63));
        assert_eq!(resolve_plain("18446744073709551615"), Uint(u64::MAX));
        assert_eq!(
            resolve_plain("18446744073709551616"),
            Float(18446744073709551616.0)
        );
        assert_eq!(
            resolve_plain("+9223372036854775808"),
            Float(9223372036854775808.0)
        );
    }

    #[test]
    fn floats() {
        for (raw, value) in [
            ("1.5", 1.5),
            ("-1.5", -1.5),
            ("1.", 1.0),
            (".5", 0.5),
            ("-.5", -0.5),
            ("1e3", 1000.0),
            ("1E+3", 1000.0),
            ("1.5e-1", 0.15),
            ("08", 8.0),
            ("09.5", 9.5),
            ("1_000.5", 1000.5),
        ] {
            assert_eq!(resolve_plain(raw), Float(value), "{raw}");
        }
        assert_eq!(resolve_plain(".inf"), Float(f64::INFINITY));
        assert_eq!(resolve_plain("-.INF"), Float(f64::NEG_INFINITY));
        assert!(matches!(resolve_plain(".NaN"), Float(value) if value.is_nan()));
    }

    #[test]
    fn strings_that_look_like_numbers() {
        for raw in [
            "1:30:00",
            "2001-01-01",
            "1.2.3",
            "10.0.0.1",
            "1e",
            "e1",
            "0x",
            "0o8",
            "0b2",
            "-",
            "+",
            ".",
            "..",
            "-x",
            "+-1",
            "--1",
            "_1",
            "1e999",
            "0x+1",
            "1 2",
            "5m",
            "1.e",
            ".e1",
        ] {
            assert_eq!(resolve_plain(raw), Str, "{raw}");
        }
    }
}
