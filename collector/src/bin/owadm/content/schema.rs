//! `content schema`: the format as JSON Schemas, so that editors complete and check it.

use clap::ValueEnum;
use schemars::schema_for;
use shared::rule::{Rule, fixture::Fixtures, framework::Framework, profile::Profile};

use crate::output::Output;

/// One sort of file.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Of {
    /// rules/CATEGORY/ID.yaml
    Rule,
    /// rules/CATEGORY/ID.tests.yaml
    Fixtures,
    /// frameworks/KEY.yaml
    Framework,
    /// profiles/KEY.yaml
    Profile,
}

pub(super) fn run(of: Of, output: &Output) -> anyhow::Result<()> {
    let schema = match of {
        Of::Rule => schema_for!(Rule),
        Of::Fixtures => schema_for!(Fixtures),
        Of::Framework => schema_for!(Framework),
        Of::Profile => schema_for!(Profile),
    };
    let schema = schema.to_value();
    output.object(&schema, &format!("{schema:#}"))
}
