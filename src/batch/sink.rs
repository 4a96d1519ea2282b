//! Where rows end up: a stream, a file, or a file that is put together of parts and can be continued.

use super::encode::{Data, Encoder, Renderer, StreamEncoder};
use super::job::{Begin, JobError, Monitor, Target};
use super::manifest::Manifest;
use super::output::{Format, OutputError, Partial, refuse_existing};
use super::parts::{self, Parts};
use super::pipeline::Position;
use super::shard::Closed;
use super::summary::Summary;
use super::{Plan, plan_renderer};
use std::path::Path;

/// An output under way.
pub(super) struct Sink<'a> {
    renderer: Renderer,
    kind: Kind<'a>,
}

enum Kind<'a> {
    Stream(StreamEncoder<'a>),
    File { partial: Partial, encoder: Encoder },
    Parts(Parts),
}

/// Where a run begins, and what is known already.
#[derive(Default)]
pub(super) struct Known {
    pub next: Position,
    pub summary: Summary,
}

impl<'a> Sink<'a> {
    pub fn open(target: Target<'a>, plan: &Plan, monitor: &mut dyn Monitor) -> Result<(Self, Known), JobError> {
        match target {
            Target::Stream { out, format } => {
                let renderer = plan_renderer(format, plan);
                Ok((Sink { renderer: renderer.clone(), kind: Kind::Stream(StreamEncoder::new(out, renderer)) }, Known::default()))
            }
            Target::File { path, format, begin, manifest } => {
                let renderer = plan_renderer(format, plan);
                let (kind, known) = match manifest {
                    Some(manifest) => Self::parts(&path, begin, &manifest, monitor)?,
                    None => (Self::file(&path, format, begin, &renderer)?, Known::default()),
                };
                Ok((Sink { renderer, kind }, known))
            }
        }
    }

    fn file(path: &Path, format: Format, begin: Begin, renderer: &Renderer) -> Result<Kind<'a>, OutputError> {
        let overwrite = begin.overwrite();
        if parts::interrupted(path) && !overwrite {
            return Err(OutputError::Interrupted(parts::parts_path(path)));
        }
        refuse_existing(path, overwrite)?;
        let partial = Partial::create(path)?;
        let encoder = Encoder::create(path, partial.handle()?, format, renderer)?;
        Ok(Kind::File { partial, encoder })
    }

    fn parts(path: &Path, begin: Begin, manifest: &Manifest, monitor: &mut dyn Monitor) -> Result<(Kind<'a>, Known), OutputError> {
        if begin.resume() {
            let mut known = Known::default();
            let found = Parts::resume(path, manifest, |record| {
                record.failures.iter().for_each(|f| monitor.earlier(f));
                known.summary.add(&record.summary);
                known.next = record.next;
            })?;
            if let Some(parts) = found {
                monitor.resumed(known.summary.objects);
                return Ok((Kind::Parts(parts), known));
            }
            refuse_existing(path, begin.overwrite()).inspect_err(|_| parts::tidy(path))?;
            monitor.nothing_to_resume();
        }
        if !parts::interrupted(path) {
            refuse_existing(path, begin.overwrite())?;
        }
        Ok((Kind::Parts(Parts::create(path, manifest, begin.overwrite())?), Known::default()))
    }

    /// For the workers.
    pub fn renderer(&self) -> &Renderer {
        &self.renderer
    }

    /// Whether rows wait until their shard is full.
    pub fn keeps_shards(&self) -> bool {
        matches!(self.kind, Kind::Parts(_))
    }

    /// Whether a batch that was cut short may be written: not where it is done again when the run is continued.
    pub fn takes_pieces(&self) -> bool {
        !self.keeps_shards()
    }

    /// Rows that don't wait.
    pub fn write(&mut self, data: Data) -> Result<(), JobError> {
        match &mut self.kind {
            Kind::Stream(out) => out.write(data).map_err(JobError::Stream),
            Kind::File { encoder, .. } => Ok(encoder.write(data)?),
            Kind::Parts(_) => Err(JobError::Internal("rows without a shard".into())),
        }
    }

    /// A shard that is full.
    pub fn commit(&mut self, shard: &Closed) -> Result<(), JobError> {
        match &mut self.kind {
            Kind::Parts(parts) => Ok(parts.add(&shard.data, shard.record.clone())?),
            Kind::Stream(_) | Kind::File { .. } => Ok(()),
        }
    }

    /// All is written. Without a single object there is no output.
    pub fn finish(self, objects: u64) -> Result<(), JobError> {
        match self.kind {
            Kind::Stream(mut out) => out.finish().map_err(JobError::Stream),
            Kind::File { partial, .. } if objects == 0 => Ok(partial.discard()?),
            Kind::File { partial, encoder } => {
                encoder.close()?;
                Ok(partial.finish()?)
            }
            Kind::Parts(parts) if objects == 0 => Ok(parts.discard()?),
            Kind::Parts(parts) => Ok(parts.finish(&self.renderer)?),
        }
    }

    /// Whether there is something to go on with.
    pub fn interrupt(self) -> Result<bool, JobError> {
        match self.kind {
            Kind::Stream(mut out) => {
                out.finish().map_err(JobError::Stream)?;
                Ok(false)
            }
            Kind::Parts(_) => Ok(true),
            Kind::File { partial, .. } => {
                partial.discard()?;
                Ok(false)
            }
        }
    }

    /// After a fault: what can be continued stays, what can't does not litter. Whether there is something to go on with.
    pub fn give_up(self) -> bool {
        match self.kind {
            Kind::Stream(_) => false,
            Kind::Parts(_) => true,
            Kind::File { partial, .. } => {
                // The first fault is the one to tell.
                let _ = partial.discard();
                false
            }
        }
    }
}
