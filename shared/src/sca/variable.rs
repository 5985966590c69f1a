//! Variables of a policy, which stand for paths and parts of commands.

/// Longest line of a check once its variables are put in, bytes.
const MAX_LINE: usize = 16 << 10;

/// Names, which begin with `$`, with their values.
#[derive(Debug)]
pub(super) struct Variables(Vec<(String, String)>);

impl Variables {
    /// The longest names first, so that `$files` is not taken for `$file` and an `s`.
    pub(super) fn new(mut variables: Vec<(String, String)>) -> Self {
        variables.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
        Self(variables)
    }

    /// Puts values where a line says where to look; in expressions a `$` is the end of a line. A value
    /// is taken as it is, so that none can grow by naming others.
    ///
    /// # Errors
    /// In words, when the line becomes too long.
    pub(super) fn put_in(&self, line: &str) -> Result<String, String> {
        let (place, what) = line.split_at(line.find(" -> ").unwrap_or(line.len()));
        let mut out = String::with_capacity(line.len());
        let mut rest = place;
        while let Some(at) = rest.find('$').filter(|_| out.len() <= MAX_LINE) {
            out.push_str(&rest[..at]);
            rest = &rest[at..];
            let known = self
                .0
                .iter()
                .find(|(name, _)| rest.starts_with(name.as_str()));
            let (name, value) = known.map_or(("$", "$"), |(name, value)| (name, value));
            out.push_str(value);
            rest = &rest[name.len()..];
        }
        out.push_str(rest);
        out.push_str(what);
        if out.len() > MAX_LINE {
            return Err(format!("longer than {MAX_LINE} bytes with its variables"));
        }
        Ok(out)
    }
}
