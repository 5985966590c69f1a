//! Events of XML, within bounds on depth, on one event and on text.

use std::{
    cell::Cell,
    io::{self, BufRead, Read},
    rc::Rc,
};

use quick_xml::{Reader, escape, events};

use super::{MAX_TEXT, MetadataError};

/// Most elements within each other. The files have six.
const MAX_DEPTH: usize = 64;

/// Most bytes of one event: the longest real ones are changelogs and descriptions.
const MAX_EVENT: usize = 1 << 20;

/// A start tag.
#[derive(Debug)]
pub(super) struct Element<'a>(events::BytesStart<'a>);

impl Element<'_> {
    /// Without the namespace's prefix.
    pub(super) fn name(&self) -> &str {
        self.0.local_name().into_inner()
    }

    /// An attribute, cut to a length that names have.
    pub(super) fn attribute(&self, name: &str) -> Option<String> {
        let mut attributes = self.0.attributes();
        // The check for doubles takes the square of their number.
        let found = attributes
            .with_checks(false)
            .filter_map(Result::ok)
            .find(|attribute| attribute.key.as_ref() == name)?;
        let value = escape::unescape(&found.value).ok()?;
        Some(value[..value.floor_char_boundary(MAX_TEXT)].to_owned())
    }
}

/// What is met in the order of the file. An element without content is a start and an end.
#[derive(Debug)]
pub(super) enum Event<'a> {
    Start(Element<'a>),
    /// The end of an element, with the text after its last start or end tag within.
    End {
        name: &'a str,
        text: &'a str,
    },
}

/// A file that is read event by event.
pub(super) struct Xml<R> {
    reader: Reader<Bounded<R>>,
    left: Rc<Cell<usize>>,
    buffer: Vec<u8>,
    text: String,
    name: String,
    depth: usize,
}

impl<R: BufRead> Xml<R> {
    pub(super) fn new(input: R) -> Self {
        let left = Rc::new(Cell::new(MAX_EVENT));
        let mut reader = Reader::from_reader(Bounded {
            inner: input,
            left: Rc::clone(&left),
        });
        reader.config_mut().expand_empty_elements = true;
        reader.config_mut().allow_dangling_amp = true;
        Self {
            reader,
            left,
            buffer: Vec::new(),
            text: String::new(),
            name: String::new(),
            depth: 0,
        }
    }

    /// The next event; `None` at the end of the file.
    pub(super) fn next(&mut self) -> Result<Option<Event<'_>>, MetadataError> {
        let kind = loop {
            self.buffer.clear();
            self.left.set(MAX_EVENT);
            let read = self.reader.read_event_into(&mut self.buffer);
            match read.map_err(|error| wrong(error, self.left.get()))? {
                events::Event::Start(start) => {
                    self.depth += 1;
                    if self.depth > MAX_DEPTH {
                        return Err(MetadataError::Depth);
                    }
                    self.text.clear();
                    break Some(start.into_owned());
                }
                events::Event::End(end) => {
                    self.depth = self.depth.saturating_sub(1);
                    self.name.clear();
                    self.name.push_str(end.local_name().into_inner());
                    break None;
                }
                events::Event::Text(text) => add(&mut self.text, &text),
                events::Event::CData(text) => add(&mut self.text, &text),
                events::Event::GeneralRef(reference) => {
                    let name = format!("&{};", &*reference);
                    add(&mut self.text, &escape::unescape(&name).unwrap_or_default());
                }
                events::Event::Eof if self.depth > 0 => return Err(MetadataError::Short),
                events::Event::Eof => return Ok(None),
                _ => {}
            }
        };
        Ok(Some(match kind {
            Some(start) => Event::Start(Element(start)),
            None => Event::End {
                name: &self.name,
                text: &self.text,
            },
        }))
    }
}

/// Adds to the text of an element, as far as it is kept.
fn add(text: &mut String, more: &str) {
    let room = MAX_TEXT.saturating_sub(text.len());
    text.push_str(&more[..more.floor_char_boundary(room)]);
}

/// What an error of the parser is, when so many bytes were left for the event.
fn wrong(error: quick_xml::Error, left: usize) -> MetadataError {
    match error {
        quick_xml::Error::Io(_) if left == 0 => MetadataError::Item,
        quick_xml::Error::Io(error) => MetadataError::Read(match error.raw_os_error() {
            Some(code) => io::Error::from_raw_os_error(code),
            None => io::Error::new(error.kind(), error.to_string()),
        }),
        error => MetadataError::Xml(error.to_string()),
    }
}

/// Refuses to give more bytes than are left for an event.
struct Bounded<R> {
    inner: R,
    left: Rc<Cell<usize>>,
}

impl<R: BufRead> Read for Bounded<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let available = self.fill_buf()?;
        let count = available.len().min(into.len());
        into[..count].copy_from_slice(&available[..count]);
        self.consume(count);
        Ok(count)
    }
}

impl<R: BufRead> BufRead for Bounded<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.left.get() == 0 {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.inner.fill_buf()
    }

    fn consume(&mut self, count: usize) {
        self.left.set(self.left.get().saturating_sub(count));
        self.inner.consume(count);
    }
}
