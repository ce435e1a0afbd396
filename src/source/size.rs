//! Sizes as people write them: `64MiB`, `500 kB`, `1048576`.

/// Places in a file are kept as 32-bit offsets.
const LARGEST: u64 = u32::MAX as u64;

const UNITS: [(&str, u64); 9] = [
    ("", 1),
    ("b", 1),
    ("k", 1 << 10),
    ("kb", 1_000),
    ("kib", 1 << 10),
    ("m", 1 << 20),
    ("mb", 1_000_000),
    ("mib", 1 << 20),
    ("gib", 1 << 30),
];

/// Reads a size in bytes. A bare `k` or `m` is binary, as is usual for files.
pub fn parse_size(text: &str) -> Result<u64, String> {
    let text = text.trim();
    let (digits, unit) = text.split_at(
        text.find(|c: char| !c.is_ascii_digit())
            .unwrap_or(text.len()),
    );
    let unit = unit.trim().to_ascii_lowercase();
    let number: u64 = digits
        .parse()
        .map_err(|_| "expected a size such as 64MiB or 500kB".to_owned())?;
    let Some((_, scale)) = UNITS.iter().find(|(name, _)| *name == unit) else {
        return Err(format!(
            "unknown unit `{unit}`: use B, kB, KiB, MB, MiB or GiB"
        ));
    };
    match number.checked_mul(*scale) {
        Some(0) => Err("expected more than nothing".to_owned()),
        Some(bytes) if bytes <= LARGEST => Ok(bytes),
        _ => Err("expected less than 4GiB".to_owned()),
    }
}

/// A size in the largest binary unit that shows it with at most one decimal.
pub fn show_size(bytes: u64) -> String {
    let (scale, unit) = match bytes {
        0..1_024 => return format!("{bytes} B"),
        1_024..1_048_576 => (1 << 10, "KiB"),
        1_048_576..1_073_741_824 => (1 << 20, "MiB"),
        _ => (1 << 30, "GiB"),
    };
    let (whole, tenth) = (bytes / scale, bytes % scale * 10 / scale);
    if tenth == 0 {
        format!("{whole} {unit}")
    } else {
        format!("{whole}.{tenth} {unit}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_people_write_them() {
        for (text, bytes) in [
            ("1", 1),
            ("64MiB", 64 << 20),
            ("64 mib", 64 << 20),
            ("500kB", 500_000),
            ("2k", 2_048),
            ("3GiB", 3 << 30),
            ("10B", 10),
        ] {
            assert_eq!(parse_size(text), Ok(bytes), "{text}");
        }
        for text in [
            "",
            "MiB",
            "-1",
            "1.5MiB",
            "0",
            "4GiB",
            "1TiB",
            "99999999999999999999",
        ] {
            assert!(parse_size(text).is_err(), "{text}");
        }
    }

    #[test]
    fn sizes_are_shown_short() {
        assert_eq!(show_size(1), "1 B");
        assert_eq!(show_size(64 << 20), "64 MiB");
        assert_eq!(show_size(1_600), "1.5 KiB");
    }
}
