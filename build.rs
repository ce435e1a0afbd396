//! Packs `schemas/crd` for the program: a table of group, kind and gzipped JSON, sorted.

use flate2::{Compression, GzBuilder};
use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    let schemas = Path::new(&std::env::var("CARGO_MANIFEST_DIR")?).join("schemas/crd");
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    println!("cargo::rerun-if-changed={}", schemas.display());
    println!("cargo::rerun-if-changed=build.rs");
    let mut kinds = BTreeMap::new();
    for group in std::fs::read_dir(schemas)? {
        let group = group?;
        for kind in std::fs::read_dir(group.path())? {
            let path = kind?.path();
            let kind = path.file_stem().ok_or("a schema has a name")?;
            let kind = kind.to_string_lossy().into_owned();
            kinds.insert(
                (group.file_name().to_string_lossy().into_owned(), kind),
                path,
            );
        }
    }
    let mut table = String::from("pub(super) static PACKED: &[(&str, &str, &[u8])] = &[\n");
    for ((group, kind), path) in kinds {
        let packed = out.join(format!("{group}.{kind}.gz"));
        let file = std::fs::File::create(&packed)?;
        let mut gz = GzBuilder::new().mtime(0).write(file, Compression::best());
        gz.write_all(&std::fs::read(path)?)?;
        gz.finish()?;
        writeln!(
            table,
            "    ({group:?}, {kind:?}, include_bytes!({packed:?})),"
        )?;
    }
    table.push_str("];\n");
    std::fs::write(out.join("schemas.rs"), table)?;
    Ok(())
}
