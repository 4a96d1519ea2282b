//! Texts with one block of rows per filter: `# SNNAME: name`, `# FILTER g`, a comment with the names of the columns, rows.

use super::columns::{BandCode, Columns};
use super::drafts::Drafts;
use super::error::listed;
use super::formats::{Context, Opened};
use super::lines::{self, Fault, Header, LineFormat, Separator, Taken};
use super::points::{self, BandCache, Values};
use super::unpack::object_name;
use super::{Objects, ReadError};

pub(super) fn accepts(file: &Opened) -> bool {
    let Opened::Raw(source) = file else { return false };
    let (mut filter, mut columns) = (false, false);
    for line in lines::head_lines(source) {
        match comment(&line) {
            Some(Comment::Filter(_)) => filter = true,
            Some(Comment::Columns(_)) if filter => columns = true,
            _ => {}
        }
    }
    filter && columns
}

pub(super) fn objects(file: Opened, context: Context) -> Result<Objects, ReadError> {
    let source = lines::source(file, &context)?;
    let format = Blocks { object: object_name(&context.path), bands: context.bands(), filter: None, columns: None };
    let drafts = Drafts::new(context.clone(), false, Vec::new());
    Ok(lines::objects(source, context, drafts, format))
}

enum Comment {
    Name(String),
    Filter(String),
    Columns(Header),
}

/// What a comment says, if it says something of the format.
fn comment(line: &str) -> Option<Comment> {
    let text = line.strip_prefix('#')?.trim_start_matches('#').trim();
    let (word, rest) = text.split_once(|c: char| c.is_whitespace() || c == ':')?;
    let rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == ':').trim();
    let is = |name: &str| word.eq_ignore_ascii_case(name);
    if (is("SNNAME") || is("NAME") || is("OBJECT")) && !rest.is_empty() {
        return Some(Comment::Name(rest.to_string()));
    }
    if (is("FILTER") || is("BAND")) && rest.split_whitespace().count() == 1 {
        return Some(Comment::Filter(rest.to_string()));
    }
    let header = Header::parse(text, Separator::Comma)?;
    let columns = Columns::find(&header.names);
    (columns.time.is_some() && header.names.len() >= 3 && columns.known() >= 2).then_some(Comment::Columns(header))
}

struct Blocks {
    object: String,
    bands: BandCache,
    filter: Option<String>,
    columns: Option<(Header, Columns)>,
}

impl LineFormat for Blocks {
    fn line(&mut self, line: &str, drafts: &mut Drafts) -> Result<Taken, Fault> {
        if !line.starts_with('#') {
            return self.row(line, drafts).map(|()| Taken::Point);
        }
        match comment(line) {
            Some(Comment::Name(name)) => (self.object, self.filter, self.columns) = (name, None, None),
            Some(Comment::Filter(filter)) => self.filter = Some(filter),
            Some(Comment::Columns(header)) => {
                self.columns = None;
                let columns = Columns::find(&header.names);
                if columns.mag.is_none() && columns.flux.is_none() {
                    let found = format!("the columns are {}", listed(&header.names));
                    return Err(Fault::new(None, found, "these as well: mag and mag_err, or flux and flux_err"));
                }
                self.columns = Some((header, columns));
            }
            None => {}
        }
        Ok(Taken::Other)
    }
}

impl Blocks {
    fn row(&mut self, line: &str, drafts: &mut Drafts) -> Result<(), Fault> {
        let (Some((header, c)), Some(filter)) = (&self.columns, &self.filter) else {
            return Err(Fault::new(
                None,
                "a row before its block began",
                "# FILTER name, and # MJD MAG MAGERR ... with the columns, before it",
            ));
        };
        let row = header.row(line)?;
        let mut values = Values::NONE;
        if let Some((time, times)) = c.time {
            values.mjd = times.mjd(row.number(time)?);
        }
        if let Some(flux) = c.flux {
            values.flux = flux.scale * row.number(flux.flux)?;
            values.flux_err = flux.scale * row.number(flux.err)?;
        }
        if let Some((mag, err)) = c.mag {
            (values.mag, values.mag_err) = (row.number(mag)?, row.number(err)?);
        }
        values.limit = row.number_if(c.limit)?;
        values.upper = c.upper.is_some_and(|u| points::is_true(row.text(u)));
        let draft = drafts.object(self.object.as_bytes());
        if draft.survey.is_empty() && self.object.starts_with("ZTF") {
            draft.survey.push_str("ztf");
        }
        let band = self.bands.get(filter, &draft.survey, BandCode::Name);
        draft.observations.push(values.observation(band));
        Ok(())
    }
}
