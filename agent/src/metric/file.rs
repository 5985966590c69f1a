//! Open files of the whole host, from `/proc/sys/fs/file-nr` (proc_sys_fs(5)).

use super::{
    Sampler,
    record::Recorder,
    source::{Input, Source, number},
};
use crate::host::HostError;

#[derive(Debug)]
pub(super) struct Files(Source);

impl Default for Files {
    fn default() -> Self {
        Self(Source::new("/proc/sys/fs/file-nr"))
    }
}

impl Sampler for Files {
    fn name(&self) -> &'static str {
        "files"
    }

    fn sample(&mut self, input: &mut Input<'_>, record: &mut Recorder) -> Result<(), HostError> {
        let text = self.0.read(input)?;
        for (family, field) in [("file.allocated", 0), ("file.max", 2)] {
            if let Some(count) = number(&text, field) {
                record.gauge(family, None, count as f64);
            }
        }
        Ok(())
    }
}
