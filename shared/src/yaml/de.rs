//! A tree as a type: what serde asks of it.

use serde::{
    Deserializer,
    de::{
        self, DeserializeSeed, EnumAccess, IntoDeserializer, MapAccess, SeqAccess, VariantAccess,
        Visitor, value::U64Deserializer,
    },
    forward_to_deserialize_any,
};

use super::{
    Error,
    node::{Body, Node},
    spanned,
};

impl de::Error for Error {
    fn custom<T: std::fmt::Display>(what: T) -> Self {
        Self {
            line: None,
            keys: Vec::new(),
            what: what.to_string(),
        }
    }
}

impl Error {
    /// The innermost place is the one to tell.
    fn at(mut self, node: &Node<'_>) -> Self {
        self.line.get_or_insert(node.line);
        self
    }

    fn below(mut self, key: &Node<'_>) -> Self {
        self.keys.insert(0, key.text().unwrap_or_default().into());
        self
    }
}

impl Node<'_> {
    /// A scalar that says that there is nothing.
    pub(super) fn is_null(&self) -> bool {
        matches!(&self.body, Body::Scalar { text, plain: true }
            if matches!(&**text, "" | "~" | "null" | "Null" | "NULL"))
    }

    /// What it should be, and what it is.
    fn is_no(&self, what: &str) -> Error {
        let is = match &self.body {
            Body::Scalar { .. } if self.is_null() => "nothing".into(),
            Body::Scalar { text, .. } => format!("`{text}`"),
            Body::List(_) => "a list".into(),
            Body::Map(_) => "keys and values".into(),
        };
        Error::new(self.line, format!("{what}, not {is}"))
    }
}

impl<'de> Deserializer<'de> for &'de Node<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let value = match &self.body {
            Body::Scalar { text, plain: false } => visitor.visit_str(text),
            Body::Scalar { .. } if self.is_null() => visitor.visit_unit(),
            Body::Scalar { text, .. } => scalar(text, visitor),
            Body::List(nodes) => visitor.visit_seq(List(nodes.iter())),
            Body::Map(pairs) => visitor.visit_map(Map(pairs.iter(), None)),
        };
        value.map_err(|error: Error| error.at(self))
    }

    /// Text is asked for: that it looks like a number does not matter.
    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.text() {
            Some(text) if !self.is_null() => visitor
                .visit_str(text)
                .map_err(|error: Error| error.at(self)),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_str(visitor)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.is_null() {
            visitor.visit_none()
        } else {
            visitor.visit_some(self)
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        if name == spanned::NAME {
            visitor.visit_map(Placed(Some(self)))
        } else {
            self.deserialize_map(visitor)
        }
    }

    /// A list is no struct, though serde would take its values for the fields, in order.
    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match &self.body {
            Body::Map(pairs) => visitor
                .visit_map(Map(pairs.iter(), None))
                .map_err(|error: Error| error.at(self)),
            _ => Err(self.is_no("keys and values")),
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match &self.body {
            Body::List(nodes) => visitor
                .visit_seq(List(nodes.iter()))
                .map_err(|error: Error| error.at(self)),
            _ => Err(self.is_no("a list")),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let value = match &self.body {
            Body::Scalar { .. } => visitor.visit_enum(Variant(self, None)),
            Body::Map(pairs) => match &pairs[..] {
                [(key, value)] => visitor.visit_enum(Variant(key, Some(value))),
                _ => {
                    let names: Vec<_> = pairs.iter().filter_map(|(key, _)| key.text()).collect();
                    let names = names.join("`, `");
                    Err(Error::new(self.line, format!("one key, not `{names}`")))
                }
            },
            Body::List(_) => Err(self.is_no("a name or one key")),
        };
        value.map_err(|error: Error| error.at(self))
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char bytes byte_buf unit unit_struct
        tuple_struct
    }
}

/// What a plain scalar is by the core schema of YAML 1.2. What is false by an older one and text by
/// this one is refused, where it is not text that is asked for.
fn scalar<'de, V: Visitor<'de>>(text: &str, visitor: V) -> Result<V::Value, Error> {
    match text {
        "true" | "True" | "TRUE" => return visitor.visit_bool(true),
        "false" | "False" | "FALSE" => return visitor.visit_bool(false),
        "yes" | "Yes" | "YES" | "no" | "No" | "NO" | "on" | "On" | "ON" | "off" | "Off" | "OFF" => {
            return Err(de::Error::custom(format!(
                "`{text}` without quotes is text to one reader of YAML and not to the next: write \
                 \"{text}\", true or false"
            )));
        }
        _ => {}
    }
    let digits = |prefix, radix| {
        let digits = text.strip_prefix(prefix)?;
        let all = digits.bytes().all(|byte| byte.is_ascii_alphanumeric());
        all.then(|| u64::from_str_radix(digits, radix).ok())?
    };
    if let Some(number) = digits("0x", 16).or_else(|| digits("0o", 8)) {
        return visitor.visit_u64(number);
    }
    if let Ok(number) = text.parse::<u64>() {
        return visitor.visit_u64(number);
    }
    if let Ok(number) = text.parse::<i64>() {
        return visitor.visit_i64(number);
    }
    let numeric = text.bytes().any(|byte| byte.is_ascii_digit())
        && text.bytes().all(|byte| b"+-.eE0123456789".contains(&byte));
    match text.parse::<f64>() {
        Ok(number) if numeric => visitor.visit_f64(number),
        _ => visitor.visit_str(text),
    }
}

struct List<'n, 't>(std::slice::Iter<'n, Node<'t>>);

impl<'n> SeqAccess<'n> for List<'n, '_> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'n>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Error> {
        self.0.next().map(|node| seed.deserialize(node)).transpose()
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.0.len())
    }
}

/// The pairs that are left, and the one whose value is next.
struct Map<'n, 't>(
    std::slice::Iter<'n, (Node<'t>, Node<'t>)>,
    Option<&'n (Node<'t>, Node<'t>)>,
);

impl<'n> MapAccess<'n> for Map<'n, '_> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'n>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Error> {
        self.1 = self.0.next();
        self.1.map(|(key, _)| seed.deserialize(key)).transpose()
    }

    fn next_value_seed<V: DeserializeSeed<'n>>(&mut self, seed: V) -> Result<V::Value, Error> {
        match self.1.take() {
            Some((key, value)) => seed
                .deserialize(value)
                .map_err(|error| error.at(value).below(key)),
            None => Err(de::Error::custom("a value without its key")),
        }
    }
}

/// The name of a variant, and what it holds.
struct Variant<'n, 't>(&'n Node<'t>, Option<&'n Node<'t>>);

impl<'n> EnumAccess<'n> for Variant<'n, '_> {
    type Error = Error;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'n>>(self, seed: V) -> Result<(V::Value, Self), Error> {
        Ok((seed.deserialize(self.0)?, self))
    }
}

impl<'n, 't> Variant<'n, 't> {
    fn held<T>(self, read: impl FnOnce(&'n Node<'t>) -> Result<T, Error>) -> Result<T, Error> {
        match self.1 {
            Some(node) => read(node).map_err(|error| error.at(node).below(self.0)),
            None => Err(Error::new(self.0.line, "it wants a value").below(self.0)),
        }
    }
}

impl<'n> VariantAccess<'n> for Variant<'n, '_> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        match self.1 {
            Some(node) if !node.is_null() => {
                Err(Error::new(node.line, "it takes no value").below(self.0))
            }
            _ => Ok(()),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'n>>(self, seed: T) -> Result<T::Value, Error> {
        self.held(|node| seed.deserialize(node))
    }

    fn tuple_variant<V: Visitor<'n>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        self.held(|node| node.deserialize_any(visitor))
    }

    fn struct_variant<V: Visitor<'n>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.held(|node| node.deserialize_any(visitor))
    }
}

/// A node as its line and its value.
struct Placed<'n, 't>(Option<&'n Node<'t>>);

impl<'n> MapAccess<'n> for Placed<'n, '_> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'n>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Error> {
        let line = self.0.map(|node| node.line);
        let line = line.map(IntoDeserializer::<Error>::into_deserializer);
        line.map(|line: U64Deserializer<Error>| seed.deserialize(line))
            .transpose()
    }

    fn next_value_seed<V: DeserializeSeed<'n>>(&mut self, seed: V) -> Result<V::Value, Error> {
        match self.0.take() {
            Some(node) => seed.deserialize(node),
            None => Err(de::Error::custom("a value is asked for twice")),
        }
    }
}
