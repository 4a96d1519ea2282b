//! What decides about a run's result, written down: a run that was interrupted is continued only with the same.

use super::output::Format;
use crate::lightcurve::read::escape::escape;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

/// The only version yet.
pub const VERSION: u32 = 1;

/// One input file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputFile {
    /// As it was given or found. Not valid Unicode: the bytes that are, and a hash.
    pub path: String,
    /// Bytes; none if it could not be looked at.
    pub size: Option<u64>,
    /// Time of change, nanoseconds since 1970.
    pub changed_ns: Option<u64>,
}

impl InputFile {
    fn new(path: &Path) -> InputFile {
        let name = path
            .to_str()
            .map_or_else(|| format!("{} {}", path.to_string_lossy(), digest(path.as_os_str().as_encoded_bytes())), str::to_string);
        let meta = std::fs::metadata(path).ok();
        let changed = meta.as_ref().and_then(|m| m.modified().ok()).and_then(|t| t.duration_since(UNIX_EPOCH).ok());
        InputFile { path: name, size: meta.map(|m| m.len()), changed_ns: changed.and_then(|d| u64::try_from(d.as_nanos()).ok()) }
    }
}

/// What decides about the rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Of this structure.
    pub version: u32,
    /// Version of the program.
    pub program: String,
    /// How rows are written.
    pub format: Format,
    /// SHA-256 of the model.
    pub model: String,
    /// SHA-256 of the tree of the answers.
    pub tree: String,
    /// Every option that changes rows, by name.
    pub options: BTreeMap<String, String>,
    /// In order.
    pub inputs: Vec<InputFile>,
}

impl Manifest {
    /// None if an input can't be read twice, so that the run can't be continued.
    pub fn new(inputs: &[PathBuf], format: Format, model: &str, tree: &str, options: BTreeMap<String, String>) -> Option<Manifest> {
        let streams = |p: &PathBuf| p.as_os_str() == "-" || std::fs::metadata(p).is_ok_and(|m| !m.is_file());
        if inputs.iter().any(streams) {
            return None;
        }
        Some(Manifest {
            version: VERSION,
            program: env!("CARGO_PKG_VERSION").into(),
            format,
            model: digest(model.as_bytes()),
            tree: digest(tree.as_bytes()),
            options,
            inputs: inputs.iter().map(|p| InputFile::new(p)).collect(),
        })
    }

    /// What is not as in the `earlier` run, in words; none = nothing.
    pub fn difference(&self, earlier: &Manifest) -> Option<String> {
        let differs = |what: &str, then: &str, now: &str| Some(format!("{what} was {} then, now it is {}", escape(then), escape(now)));
        if self.program != earlier.program {
            return differs("the version of the program", &earlier.program, &self.program);
        }
        if self.model != earlier.model {
            return Some("the model is another one".into());
        }
        if self.tree != earlier.tree {
            return Some("the tree of the answers is another one".into());
        }
        if self.format != earlier.format {
            return differs("the format", earlier.format.name(), self.format.name());
        }
        let names = self.options.keys().chain(earlier.options.keys());
        let value = |m: &Manifest, name: &str| m.options.get(name).map_or("not given", String::as_str).to_string();
        if let Some(name) = names.into_iter().find(|name| self.options.get(*name) != earlier.options.get(*name)) {
            return differs(&format!("the option {name}"), &value(earlier, name), &value(self, name));
        }
        let changed = self.inputs.iter().zip(&earlier.inputs).find(|(now, then)| now != then);
        if let Some((now, then)) = changed {
            if now.path != then.path {
                return Some(format!("the inputs are others: {} in place of {}", escape(&now.path), escape(&then.path)));
            }
            return Some(format!("the input {} has changed since then", escape(&now.path)));
        }
        let (n_now, n_then) = (self.inputs.len(), earlier.inputs.len());
        (n_now != n_then).then(|| format!("there are {n_now} inputs, then there were {n_then}"))
    }
}

fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(paths: &[PathBuf], model: &str, tau: &str) -> Manifest {
        let options = BTreeMap::from([("--tau".to_string(), tau.to_string())]);
        Manifest::new(paths, Format::Csv, model, "tree", options).unwrap()
    }

    #[test]
    fn differences_are_named() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.csv");
        std::fs::write(&path, "x").unwrap();
        let paths = [path.clone(), dir.path().join("gone.csv")];
        let then = manifest(&paths, "m", "0.5");
        assert_eq!(manifest(&paths, "m", "0.5").difference(&then), None);
        let said = |now: Manifest| now.difference(&then).unwrap();
        assert!(said(manifest(&paths, "n", "0.5")).contains("model"));
        assert_eq!(said(manifest(&paths, "m", "0.9")), "the option --tau was 0.5 then, now it is 0.9");
        assert!(said(manifest(&paths[..1], "m", "0.5")).contains("1 inputs, then there were 2"));
        assert!(said(Manifest { tree: "x".into(), ..then.clone() }).contains("tree"));
        assert!(said(Manifest { program: "0".into(), ..then.clone() }).contains("version"));
        assert!(said(Manifest { format: Format::Arrow, ..then.clone() }).contains("csv then, now it is arrow"));
        std::fs::write(&path, "xy").unwrap();
        assert!(said(manifest(&paths, "m", "0.5")).ends_with("a.csv has changed since then"));
        let text = serde_json::to_string(&then).unwrap();
        assert_eq!(serde_json::from_str::<Manifest>(&text).unwrap(), then);
        assert!(Manifest::new(&["-".into()], Format::Csv, "m", "t", BTreeMap::new()).is_none());
        assert!(Manifest::new(&[dir.path().to_path_buf()], Format::Csv, "m", "t", BTreeMap::new()).is_none());
    }
}
