//! Whether an object is what its kind allows.

mod common;
mod field;
