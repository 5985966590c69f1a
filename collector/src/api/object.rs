//! JSON in which an object is one. serde also takes a list for a struct, field by field in the order in which they
//! happen to be declared: nobody is told of that order, and the document does not have it.

use serde::{
    Deserializer,
    de::{
        Error as _, IntoDeserializer, Unexpected, Visitor,
        value::{MapDeserializer, SeqDeserializer},
    },
    forward_to_deserialize_any,
};
use serde_json::{Error, Value};

/// What was parsed, to be read into a type.
#[derive(Debug)]
pub(crate) struct Object(pub(crate) Value);

impl<'de> IntoDeserializer<'de, Error> for Object {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for Object {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Array(items) => {
                let mut items = SeqDeserializer::new(items.into_iter().map(Self));
                let value = visitor.visit_seq(&mut items)?;
                items.end().map(|()| value)
            }
            Value::Object(fields) => {
                let fields = fields.into_iter();
                let fields = fields.map(|(key, value)| (Self(Value::String(key)), Self(value)));
                let mut fields = MapDeserializer::new(fields);
                let value = visitor.visit_map(&mut fields)?;
                fields.end().map(|()| value)
            }
            other => other.deserialize_any(visitor),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        if self.0.is_array() {
            return Err(Error::invalid_type(Unexpected::Seq, &visitor));
        }
        self.deserialize_any(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.0.is_null() {
            visitor.visit_none()
        } else {
            visitor.visit_some(self)
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.0.deserialize_enum(name, variants, visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct seq tuple tuple_struct map identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    #[derive(Debug, PartialEq, Eq, Deserialize)]
    struct Outer {
        inner: Option<Inner>,
        #[serde(default)]
        names: BTreeMap<Name, Vec<u8>>,
    }

    #[derive(Debug, PartialEq, Eq, Deserialize)]
    struct Inner(Vec<Innermost>);

    #[derive(Debug, PartialEq, Eq, Deserialize)]
    struct Innermost {
        choice: Choice,
    }

    #[derive(Debug, PartialEq, Eq, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Choice {
        Plain,
        With(u8),
    }

    #[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
    struct Name(String);

    fn read(value: Value) -> Result<Outer, Error> {
        Outer::deserialize(Object(value))
    }

    #[test]
    fn what_is_well_formed_is_read_as_ever() {
        for value in [
            json!({"inner": null}),
            json!({"inner": [{"choice": "plain"}, {"choice": {"with": 3}}]}),
            json!({"inner": [], "names": {"a": [1, 2], "b": []}}),
        ] {
            let plain: Outer = serde_json::from_value(value.clone()).unwrap();
            assert_eq!(read(value).unwrap(), plain);
        }
    }

    #[test]
    fn a_list_is_no_object_at_any_depth() {
        for value in [json!([null, {}]), json!({"inner": [["plain"]]})] {
            assert!(serde_json::from_value::<Outer>(value.clone()).is_ok());
            let error = read(value).unwrap_err().to_string();
            assert!(error.contains("invalid type: sequence"), "{error}");
        }
    }
}
