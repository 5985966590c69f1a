//! A text as a tree, within bounds.

use std::borrow::Cow;

use granit_parser::{Event, Parser, ScalarStyle, ScanError, Span, StrInput, Tag};

use super::Error;

/// Deepest nesting: what checks in checks need, which may be eight deep. Each level takes some of the
/// stack, and a program whose stack is used up is ended.
pub(super) const MAX_DEPTH: usize = 24;

/// Most nodes of a tree, with those that aliases repeat; the largest public policy has 20,000.
const MAX_NODES: usize = 100_000;

/// A scalar, a list or a map, and the line on which it begins.
#[derive(Debug, Clone)]
pub(super) struct Node<'t> {
    pub(super) line: u64,
    pub(super) body: Body<'t>,
}

#[derive(Debug, Clone)]
pub(super) enum Body<'t> {
    Scalar {
        text: Cow<'t, str>,
        /// Without quotes or a tag: it may be more than text.
        plain: bool,
    },
    List(Vec<Node<'t>>),
    /// Each key is a scalar, and is there once.
    Map(Vec<(Node<'t>, Node<'t>)>),
}

/// The one document of `text`; an empty one is an empty scalar.
pub(super) fn parse(text: &str) -> Result<Node<'_>, Error> {
    let empty = Node {
        line: 1,
        body: Body::Scalar {
            text: "".into(),
            plain: true,
        },
    };
    Ok(parse_all(text, 1)?.pop().unwrap_or(empty))
}

/// The documents of `text`, at most so many.
pub(super) fn parse_all(text: &str, most: usize) -> Result<Vec<Node<'_>>, Error> {
    let mut reader = Reader {
        events: Parser::new_from_str(text),
        anchors: Vec::new(),
        left: MAX_NODES,
    };
    let mut found = Vec::new();
    while let Some((event, line)) = reader.next()? {
        match event {
            Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
            Event::DocumentStart(..) if found.len() < most => {}
            Event::DocumentStart(..) => return Err(Error::new(line, "a second document begins")),
            other => found.push(reader.node(other, line, 0)?),
        }
    }
    Ok(found)
}

struct Reader<'t> {
    events: Parser<'t, StrInput<'t>>,
    anchors: Vec<(usize, Node<'t>)>,
    /// How many nodes may still come.
    left: usize,
}

impl<'t> Reader<'t> {
    fn next(&mut self) -> Result<Option<(Event<'t>, u64)>, Error> {
        match self.events.next() {
            Some(Ok((event, span))) => Ok(Some((event, line(&span)))),
            Some(Err(error)) => Err(broken(&error)),
            None => Ok(None),
        }
    }

    /// The node that begins with `event`.
    fn node(&mut self, event: Event<'t>, line: u64, depth: usize) -> Result<Node<'t>, Error> {
        if depth > MAX_DEPTH {
            let what = format!("nested deeper than {MAX_DEPTH}");
            return Err(Error::new(line, what));
        }
        self.count(1, line)?;
        let (body, anchor) = match event {
            Event::Scalar(text, style, anchor, tag) => {
                let plain = style == ScalarStyle::Plain && !is_text(tag.as_deref(), line)?;
                (Body::Scalar { text, plain }, anchor)
            }
            Event::SequenceStart(_, anchor, tag) => {
                is_text(tag.as_deref(), line)?;
                (Body::List(self.list(depth)?), anchor)
            }
            Event::MappingStart(_, anchor, tag) => {
                is_text(tag.as_deref(), line)?;
                (Body::Map(self.map(depth)?), anchor)
            }
            Event::Alias(anchor) => return self.again(anchor, line),
            _ => return Err(Error::new(line, "a value is missing")),
        };
        let node = Node { line, body };
        if anchor > 0 {
            self.anchors.push((anchor, node.clone()));
        }
        Ok(node)
    }

    fn list(&mut self, depth: usize) -> Result<Vec<Node<'t>>, Error> {
        let mut found = Vec::new();
        while let Some((event, line)) = self.next()? {
            if event == Event::SequenceEnd {
                break;
            }
            found.push(self.node(event, line, depth + 1)?);
        }
        Ok(found)
    }

    fn map(&mut self, depth: usize) -> Result<Vec<(Node<'t>, Node<'t>)>, Error> {
        let mut found: Vec<(Node<'t>, Node<'t>)> = Vec::new();
        while let Some((event, line)) = self.next()? {
            if event == Event::MappingEnd {
                break;
            }
            let key = self.node(event, line, depth + 1)?;
            if key.text().is_none() {
                return Err(Error::new(line, "a key is a list or a map"));
            }
            let Some((event, line)) = self.next()? else {
                return Err(Error::new(line, "a value is missing"));
            };
            let value = self.node(event, line, depth + 1)?;
            found.push((key, value));
        }
        unique(&found)?;
        Ok(found)
    }

    /// What an alias stands for. It is copied, so that a tree of aliases to aliases is counted as
    /// what it would be written out.
    fn again(&mut self, anchor: usize, line: u64) -> Result<Node<'t>, Error> {
        let known = self.anchors.iter().find(|(id, _)| *id == anchor);
        let Some((_, node)) = known else {
            return Err(Error::new(line, "an alias within what it stands for"));
        };
        let node = node.clone();
        self.count(node.count(), line)?;
        Ok(node)
    }

    fn count(&mut self, nodes: usize, line: u64) -> Result<(), Error> {
        match self.left.checked_sub(nodes) {
            Some(left) => self.left = left,
            None => return Err(Error::new(line, format!("more than {MAX_NODES} values"))),
        }
        Ok(())
    }
}

impl Node<'_> {
    /// The text of a scalar.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.body {
            Body::Scalar { text, .. } => Some(text),
            _ => None,
        }
    }

    fn count(&self) -> usize {
        1 + match &self.body {
            Body::Scalar { .. } => 0,
            Body::List(nodes) => nodes.iter().map(Node::count).sum(),
            Body::Map(pairs) => pairs
                .iter()
                .map(|(key, value)| key.count() + value.count())
                .sum(),
        }
    }
}

fn unique(pairs: &[(Node<'_>, Node<'_>)]) -> Result<(), Error> {
    let mut keys: Vec<_> = pairs
        .iter()
        .map(|(key, _)| (key.text(), key.line))
        .collect();
    keys.sort_unstable();
    match keys.windows(2).find(|two| two[0].0 == two[1].0) {
        Some(two) => {
            let what = format!("`{}` is there twice", two[1].0.unwrap_or_default());
            Err(Error::new(two[1].1, what))
        }
        None => Ok(()),
    }
}

/// Whether a tag says that a scalar is text. Others would change what a value is, and are refused.
fn is_text(tag: Option<&Tag>, line: u64) -> Result<bool, Error> {
    match tag.map(ToString::to_string) {
        None => Ok(false),
        Some(tag) if tag == "tag:yaml.org,2002:str" || tag == "!" => Ok(true),
        Some(tag) => Err(Error::new(line, format!("the tag `{tag}` is not known"))),
    }
}

fn line(span: &Span) -> u64 {
    span.start.line() as u64
}

fn broken(error: &ScanError) -> Error {
    Error::new(error.marker().line() as u64, error.info())
}
