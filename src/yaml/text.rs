//! Bytes to text.

use memchr::memchr;

use super::file::{Problem, ProblemKind};
use super::lines::offset;
use super::span::Span;

/// The text of a file, with a problem if it is not UTF-8. What is no text at all comes back empty.
pub(super) fn decode(bytes: Vec<u8>) -> (String, Vec<Problem>) {
    let problem = |kind, at: usize, len: usize, message: &str| Problem {
        kind,
        span: Span::new(offset(at), offset(at + len)),
        related: None,
        message: message.to_owned(),
    };
    let refuse = |kind, message| (String::new(), vec![problem(kind, 0, 0, message)]);
    if bytes.len() >= u32::MAX as usize {
        return refuse(ProblemKind::Binary, "the file is larger than 4 GiB");
    }
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return refuse(
            ProblemKind::InvalidUtf8,
            "the file is UTF-16; save it as UTF-8",
        );
    }
    if memchr(0, &bytes).is_some() {
        return refuse(
            ProblemKind::Binary,
            "the file is binary: it contains NUL bytes",
        );
    }
    let error = match String::from_utf8(bytes) {
        Ok(text) => return (text, Vec::new()),
        Err(error) => error,
    };
    let at = error.utf8_error().valid_up_to();
    let bytes = error.into_bytes();
    if is_binary(&bytes) {
        return refuse(
            ProblemKind::Binary,
            "the file is binary: most of it is not text",
        );
    }
    let byte = bytes.get(at).copied().unwrap_or_default();
    let message = format!("byte {byte:#04x} is not UTF-8; save the file as UTF-8");
    let problem = problem(ProblemKind::InvalidUtf8, at, 1, &message);
    (replace_invalid(&bytes), vec![problem])
}

/// Whether a tenth of the beginning are bytes that no text has: controls, or what is not UTF-8.
fn is_binary(bytes: &[u8]) -> bool {
    let head = bytes.get(..8192).unwrap_or(bytes);
    let controls = head
        .iter()
        .filter(|byte| **byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x0c))
        .count();
    let invalid: usize = head.utf8_chunks().map(|chunk| chunk.invalid().len()).sum();
    (controls + invalid) * 10 > head.len()
}

/// One character for each byte that is not UTF-8, so that offsets stay true.
fn replace_invalid(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| '_'));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_bad_byte_costs_only_itself() {
        let (text, problems) = decode(b"a: caf\xe9 au lait\nb: \xc3\xa9\n".to_vec());
        assert_eq!(text, "a: caf_ au lait\nb: é\n");
        assert_eq!(problems.len(), 1);
        assert_eq!(problems[0].kind, ProblemKind::InvalidUtf8);
        assert_eq!(problems[0].span, Span::new(6, 7));
        assert!(problems[0].message.contains("0xe9"));
    }

    #[test]
    fn binary_is_no_text() {
        for bytes in [
            &b"PK\x03\x04\0\0"[..],
            b"\xff\xd8\xff\xe0abcdefgh\x01\x02\x03",
        ] {
            let (text, problems) = decode(bytes.to_vec());
            assert_eq!(text, "");
            assert_eq!(problems[0].kind, ProblemKind::Binary);
        }
    }

    #[test]
    fn utf16_is_named() {
        let (text, problems) = decode(b"\xff\xfea\0:\0".to_vec());
        assert_eq!(text, "");
        assert_eq!(problems[0].kind, ProblemKind::InvalidUtf8);
        assert!(problems[0].message.contains("UTF-16"));
    }
}
