//! Writes the examples of the rule book as a first corpus: `cargo run --example seed`, in the folder of this crate.

use meshlint::rules::ALL;
use meshlint::rules::book::Page;
use std::{fs, io, path::Path};

fn main() -> io::Result<()> {
    for target in ["line", "reader"] {
        fs::create_dir_all(Path::new("corpus").join(target))?;
    }
    for rule in ALL {
        let page = Page::parse(rule.id, rule.page).map_err(io::Error::other)?;
        for (at, example) in page.examples.iter().enumerate() {
            let name = format!("{}-{at}", rule.id.replace('/', "-"));
            // As `line` takes them apart: the letters name a file in each of the clusters in turn.
            let mut line = Vec::new();
            for (letter, file) in (0_u8..4).zip(&example.files) {
                if letter > 0 {
                    line.push(0xff);
                }
                line.push(letter);
                line.extend(file.bytes());
                fs::write(format!("corpus/reader/{name}-{letter}"), file.bytes())?;
            }
            fs::write(format!("corpus/line/{name}"), line)?;
        }
    }
    Ok(())
}
