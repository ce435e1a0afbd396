//! Reading one file, never more of it than allowed.

use super::{Found, Origin, io_text, show_size};
use std::fs::File;
use std::io::{self, Read};

/// The text of one file, under the path that is shown for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// Relative to the working directory where possible, with forward slashes.
    pub path: String,
    pub bytes: Vec<u8>,
}

/// Something that meshlint was told to read and could not.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Failure {
    pub path: String,
    pub error: String,
}

/// Reads one file. A file larger than `max` bytes is a failure and is not read; of a pipe, at most `max` bytes are.
pub fn read(found: &Found, max: u64) -> Result<Vec<u8>, Failure> {
    let bytes = match &found.origin {
        Origin::Stdin => limited(io::stdin().lock(), 0, max),
        Origin::File(path) => File::open(path).and_then(|file| {
            let size = file.metadata()?.len();
            limited(file, size, max)
        }),
    };
    bytes.map_err(|error| Failure {
        path: found.path.clone(),
        error: io_text(&error),
    })
}

fn limited(from: impl Read, size: u64, max: u64) -> io::Result<Vec<u8>> {
    let too_large =
        |what: String| io::Error::other(format!("{what}, larger than {} allowed", show_size(max)));
    if size > max {
        return Err(too_large(show_size(size)));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0).saturating_add(1));
    from.take(max.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > max {
        return Err(too_large(format!("more than {}", show_size(max))));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn never_more_than_allowed() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.yaml");
        fs::write(&path, "12345").unwrap();
        let found = Found {
            path: "a.yaml".to_owned(),
            also: Vec::new(),
            origin: Origin::File(path.clone()),
            clusters: Vec::new(),
        };
        assert_eq!(read(&found, 5), Ok(b"12345".to_vec()));
        let failure = read(&found, 4).unwrap_err();
        assert_eq!(
            (failure.path.as_str(), failure.error.as_str()),
            ("a.yaml", "5 B, larger than 4 B allowed")
        );
        fs::remove_file(path).unwrap();
        assert_eq!(
            read(&found, 5).unwrap_err().error,
            "no such file or directory"
        );
    }

    #[test]
    fn a_stream_without_end_ends() {
        assert!(limited(io::repeat(b'a'), 0, 1_000).is_err());
        assert_eq!(
            limited(io::repeat(b'a').take(1_000), 0, 1_000)
                .unwrap()
                .len(),
            1_000
        );
    }
}
