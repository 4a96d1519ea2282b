//! The file of `--priors`: class rates as CSV (`node,rate`) or JSON (`{node: rate}`).

use super::exit::Failure;
use crate::model::Model;
use crate::model::priors::Priors;
use anyhow::{Context, anyhow};
use std::path::Path;
use std::sync::Arc;

/// Reads the file and puts its rates on the model's tree.
pub fn read(path: &Path, model: &Model) -> Result<Arc<Priors>, Failure> {
    let text = std::fs::read_to_string(path).with_context(|| format!("--priors {}", path.display())).map_err(Failure::usage)?;
    let given = parse(&text).with_context(|| format!("--priors {}", path.display())).map_err(Failure::usage)?;
    let priors = Priors::new(model.taxonomy(), model.layout(), &model.training_counts(), &given);
    priors.map(Arc::new).with_context(|| format!("--priors {}", path.display())).map_err(Failure::usage)
}

fn parse(text: &str) -> anyhow::Result<Vec<(String, f64)>> {
    let text = text.trim_start_matches('\u{feff}');
    let given = if text.trim_start().starts_with('{') { json(text)? } else { csv(text)? };
    if given.is_empty() {
        return Err(anyhow!("it names no class; expected CSV with the columns node,rate or JSON {{\"node\": rate}}"));
    }
    Ok(given)
}

fn json(text: &str) -> anyhow::Result<Vec<(String, f64)>> {
    let map: serde_json::Map<String, serde_json::Value> = serde_json::from_str(text).context("as JSON")?;
    let rate = |(name, value): (String, serde_json::Value)| match value.as_f64() {
        Some(rate) => Ok((name, rate)),
        None => Err(anyhow!("the rate of \"{}\" is {value}; expected a number", crate::taxonomy::printable(&name))),
    };
    map.into_iter().map(rate).collect()
}

fn csv(text: &str) -> anyhow::Result<Vec<(String, f64)>> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).comment(Some(b'#')).from_reader(text.as_bytes());
    let header = reader.headers().context("as CSV")?.clone();
    let column = |name: &str| {
        let found = header.iter().position(|h| h.eq_ignore_ascii_case(name));
        found.ok_or_else(|| anyhow!("no column {name}; expected CSV with the columns node,rate or JSON {{\"node\": rate}}"))
    };
    let (node, rate) = (column("node")?, column("rate")?);
    let mut out = Vec::new();
    for record in reader.records() {
        let record = record.context("as CSV")?;
        let line = record.position().map_or(0, csv::Position::line);
        let (name, text) = (record.get(node).unwrap_or_default(), record.get(rate).unwrap_or_default());
        let value = text.parse().map_err(|_| anyhow!("line {line}: the rate \"{}\" is no number", crate::taxonomy::printable(text)))?;
        out.push((name.to_string(), value));
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_formats_and_their_faults() {
        let want = vec![("SN Ia".to_string(), 0.7), ("SN II".to_string(), 0.2)];
        assert_eq!(parse("node,rate\nSN Ia,0.7\nSN II, 0.2\n").unwrap(), want);
        assert_eq!(parse("# rates\nrate,node,why\n0.7,SN Ia,x\n0.2,SN II,\n").unwrap(), want);
        assert_eq!(parse("{\"SN Ia\": 0.7, \"SN II\": 0.2}").unwrap(), want);
        let says = |text: &str, what: &str| {
            let error = format!("{:#}", parse(text).unwrap_err());
            assert!(error.contains(what), "{what} in {error}");
        };
        says("", "no column node");
        says("node,rate\n", "names no class");
        says("name,rate\nx,1\n", "no column node");
        says("node,rate\nSN Ia,much\n", "line 2: the rate \"much\"");
        says("{\"SN Ia\": \"much\"}", "\"SN Ia\" is \"much\"");
        says("{\"SN Ia\": 0.7", "JSON");
    }
}
