//! What several subcommands take alike: a model, a tree, probabilities, days, threads, and the flag that Ctrl-C sets.

use super::exit::Failure;
use crate::lightcurve::band::BANDS;
use crate::lightcurve::read::ReadOptions;
use crate::lightcurve::{BandId, Photometry};
use crate::model::Model;
use crate::plot::Background;
use crate::taxonomy::{CountMode, Form, Taxonomy, printable, shipped};
use anyhow::anyhow;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// How light curves are read, where the files leave it open.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct ReadArgs {
    /// What names of bands in the files mean, as F606W=V,clear=ztf/r; docs/formats.md lists the bands.
    #[arg(long, value_name = "NAME=BAND", value_delimiter = ',', value_parser = band_pair)]
    pub band_map: Vec<(String, BandId)>,
    /// What the fluxes are where the file doesn't say: difference or total.
    #[arg(long, value_name = "KIND", value_parser = photometry)]
    pub photometry: Option<Photometry>,
}

impl ReadArgs {
    /// For the readers.
    pub fn options(&self) -> ReadOptions {
        ReadOptions { photometry: self.photometry, band_map: self.band_map.clone(), ..ReadOptions::default() }
    }
}

/// `NAME=BAND`, where BAND is in the table of bands.
fn band_pair(text: &str) -> Result<(String, BandId), String> {
    let (name, target) = text.rsplit_once('=').ok_or("it must be NAME=BAND, as F606W=V")?;
    let (name, target) = (name.trim(), target.trim());
    if name.is_empty() || target.is_empty() {
        return Err("it must be NAME=BAND, as F606W=V".into());
    }
    // Not by BandId::parse: that remembers unknown names.
    let known = BANDS.iter().any(|b| b.name.eq_ignore_ascii_case(target) || b.aliases.iter().any(|a| a.eq_ignore_ascii_case(target)));
    if known {
        return Ok((name.to_string(), BandId::parse(target)));
    }
    let likeness = |b: &str| strsim::jaro_winkler(&target.to_lowercase(), &b.to_lowercase());
    let mut near: Vec<&str> = BANDS.iter().map(|b| b.name).collect();
    near.sort_by(|a, b| likeness(b).total_cmp(&likeness(a)));
    near.truncate(5);
    Err(format!("there is no band {target:?}; near are {}; docs/formats.md lists all of them", near.join(", ")))
}

fn photometry(text: &str) -> Result<Photometry, String> {
    [Photometry::Difference, Photometry::Total].into_iter().find(|p| p.name() == text).ok_or_else(|| "it is difference or total".into())
}

/// The model that `-m` means: a file if there is one, else the shipped one of that name; without `-m` the first shipped one.
pub fn model(given: Option<&str>) -> Result<Arc<Model>, Failure> {
    let Some(given) = given else { return Model::shipped().map_err(Failure::internal) };
    let path = Path::new(given);
    if !path.exists()
        && let Some(shipped) = Model::shipped_named(given.strip_suffix(".onnx").unwrap_or(given))
    {
        return shipped.map_err(Failure::internal);
    }
    Model::load(path).map(Arc::new).map_err(|e| {
        if path.exists() {
            return Failure::usage(e);
        }
        let names: Vec<&str> = Model::shipped_names().collect();
        Failure::usage(anyhow::Error::new(e).context(format!("no such file, and no shipped model (those are {})", names.join(", "))))
    })
}

/// The tree that `-t` means: a file if there is one, else the shipped tree of that name.
pub fn taxonomy(given: &str) -> Result<Taxonomy, Failure> {
    super::taxonomy::load(Path::new(given)).map_err(|e| {
        if Path::new(given).exists() || given == "-" {
            return Failure::usage(e);
        }
        let names: Vec<&str> = shipped().iter().map(|(file, _)| file.trim_end_matches(".json")).collect();
        Failure::usage(anyhow!("{}: no such file, and no shipped tree (those are {})", printable(given), names.join(", ")))
    })
}

/// A share above 0 and below 1.
pub fn share(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(v) if v > 0.0 && v < 1.0 => Ok(v),
        _ => Err("it must be a number above 0 and below 1".into()),
    }
}

/// The form of the class weights by its name.
pub fn form(text: &str) -> Result<Form, String> {
    Form::ALL.into_iter().find(|f| f.name() == text).ok_or_else(|| "it is node, label or none".into())
}

/// What K counts in the class weights, by its name.
pub fn count_mode(text: &str) -> Result<CountMode, String> {
    CountMode::ALL.into_iter().find(|c| c.name() == text).ok_or_else(|| "it is labels or nodes".into())
}

/// A threshold: above 0 and at most 1.
pub fn probability(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(p) if p > 0.0 && p <= 1.0 => Ok(p),
        _ => Err("it must be above 0 and at most 1".into()),
    }
}

/// An age in days: finite and not negative.
pub fn days(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(d) if d >= 0.0 && d.is_finite() => Ok(d),
        _ => Err("it must be a number of days, 0 or more".into()),
    }
}

/// The background of a figure by its name.
pub fn background(text: &str) -> Result<Background, String> {
    Background::ALL.into_iter().find(|b| b.name() == text).ok_or_else(|| "it is light or dark".into())
}

/// A number of epochs, 1 to 100,000.
pub fn epochs(text: &str) -> Result<usize, String> {
    match text.parse::<usize>() {
        Ok(n) if (1..=100_000).contains(&n) => Ok(n),
        _ => Err("it must be 1 to 100000".into()),
    }
}

/// A number of threads, 1 to 1024.
pub fn threads(text: &str) -> Result<usize, String> {
    match text.parse::<usize>() {
        Ok(n) if (1..=1024).contains(&n) => Ok(n),
        _ => Err("it must be 1 to 1024".into()),
    }
}

/// Number of processors that the program may use.
pub fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// A flag that Ctrl-C, a request to terminate and a lost terminal set. The second time ends the program at once.
pub fn stop_flag() -> Arc<AtomicBool> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM, signal_hook::consts::SIGHUP] {
        // In this order: the first signal only sets the flag. Where signals can't be caught, the run just ends at once.
        let exit = super::exit::Exit::Interrupted as i32;
        let _ = signal_hook::flag::register_conditional_shutdown(signal, exit, stop.clone());
        let _ = signal_hook::flag::register(signal, stop.clone());
    }
    stop
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds() {
        assert_eq!(probability("0.5"), Ok(0.5));
        assert_eq!(probability("1"), Ok(1.0));
        for bad in ["0", "1.01", "-1", "nan", "", "x"] {
            assert!(probability(bad).is_err(), "{bad}");
        }
        assert_eq!(days("0"), Ok(0.0));
        assert!(days("inf").is_err() && days("-1").is_err() && days("NaN").is_err());
        assert!(threads("0").is_err() && threads("1").is_ok() && threads("2.5").is_err());
    }

    #[test]
    fn bands_that_the_user_names() {
        assert_eq!(band_pair("F606W=V").unwrap(), ("F606W".to_string(), BandId::parse("V")));
        assert_eq!(band_pair("a=b=ztf/r").unwrap(), ("a=b".to_string(), BandId::ZTF_R));
        assert!(band_pair("x=ztf/q").unwrap_err().contains("ztf/"));
        assert!(band_pair("x=").is_err() && band_pair("=V").is_err() && band_pair("V").is_err());
        let args = ReadArgs { band_map: vec![band_pair("x=V").unwrap()], photometry: Some(Photometry::Total) };
        assert_eq!(args.options().photometry, Some(Photometry::Total));
    }

    #[test]
    fn shipped_trees_by_name() {
        assert!(taxonomy("transients").is_ok());
        let e = format!("{:#}", taxonomy("nonsense").unwrap_err().error);
        assert!(e.contains("transients") && e.contains("nonsense"), "{e}");
    }
}
