//! Where text comes from: files and directories that the user names, and standard input.
//!
//! [`walk`] lists what there is to read and says why the rest is left out; [`read`] reads one of it. Nothing is read
//! while walking, so that the caller can read in parallel.

mod patterns;
mod read;
mod size;
mod walk;

pub use patterns::{Patterns, check_pattern};
pub use read::{Failure, Input, read};
pub use size::{parse_size, show_size};
pub use walk::{Found, Ignored, Origin, Root, Walk, Why, relative, walk};

use std::io;

/// What went wrong, as a short lowercase phrase without an error number.
pub fn io_text(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "no such file or directory".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::IsADirectory => "is a directory".to_owned(),
        _ => {
            let text = error.to_string();
            let text = text.split(" (os error").next().unwrap_or(&text);
            let mut letters = text.chars();
            letters
                .next()
                .map(|first| first.to_lowercase().chain(letters).collect())
                .unwrap_or_default()
        }
    }
}
