//! Whose a certificate is: a text that follows from what the authority wrote into it.

use std::str::FromStr;

use rustls_pki_types::CertificateDer;
use x509_parser::{
    asn1_rs::{Any, Tag},
    prelude::{AttributeTypeAndValue, FromDer, GeneralName, X509Certificate, X509Name},
};

/// The type of a user principal name among the other names.
const UPN: &str = "1.3.6.1.4.1.311.20.2.3";

/// Something that a certificate says of its holder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    /// The user principal name, of cards for Windows.
    Upn,
    Email,
    CommonName,
    /// Of the certificate, in hexadecimal: it is another one with each renewal.
    Serial,
    /// After RFC 4514, as `openssl x509 -subject -nameopt RFC2253` writes it.
    Subject,
    Issuer,
}

const FIELDS: [(&str, Field); 6] = [
    ("upn", Field::Upn),
    ("email", Field::Email),
    ("cn", Field::CommonName),
    ("serial", Field::Serial),
    ("subject", Field::Subject),
    ("issuer", Field::Issuer),
];

/// Why a certificate names nobody.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    #[error("it cannot be read")]
    Form,
    #[error("it has no {0}")]
    Missing(&'static str),
    /// One could be taken for the other.
    #[error("it has more than one {0}")]
    Several(&'static str),
    #[error("its {0} is not plain text")]
    NotPlain(&'static str),
}

/// A text with fields in braces: `{upn}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Template(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Field(&'static str, Field),
}

impl FromStr for Template {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = FIELDS.map(|(word, _)| format!("{{{word}}}")).join(", ");
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let (word, behind) = after.split_once('}').ok_or("a brace is not closed")?;
            let field = FIELDS.iter().find(|(known, _)| *known == word);
            let (word, field) = field.ok_or_else(|| format!("{{{word}}} is none of {known}"))?;
            if !before.is_empty() {
                parts.push(Part::Text(before.into()));
            }
            parts.push(Part::Field(word, *field));
            rest = behind;
        }
        if rest.contains('}') {
            return Err("a brace is not opened".into());
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.into()));
        }
        let personal =
            |part: &Part| matches!(part, Part::Field(_, field) if *field != Field::Issuer);
        if parts.iter().any(personal) {
            Ok(Self(parts))
        } else {
            Err(format!(
                "it would be the same for everybody; use one of {known}"
            ))
        }
    }
}

impl Template {
    /// The text for this certificate.
    ///
    /// # Errors
    /// [`NameError`].
    pub(super) fn of(&self, certificate: &CertificateDer<'_>) -> Result<String, NameError> {
        let (_, certificate) =
            X509Certificate::from_der(certificate).map_err(|_| NameError::Form)?;
        let mut text = String::new();
        for part in &self.0 {
            match part {
                Part::Text(part) => text.push_str(part),
                Part::Field(word, field) => text.push_str(&value(&certificate, word, *field)?),
            }
        }
        Ok(text)
    }
}

fn value(
    certificate: &X509Certificate<'_>,
    word: &'static str,
    field: Field,
) -> Result<String, NameError> {
    let values = match field {
        Field::Upn => alternatives(certificate, upn)?,
        Field::Email => alternatives(certificate, email)?,
        Field::CommonName => {
            let names = certificate.subject().iter_common_name();
            names
                .map(|name| name.as_str().ok().map(str::to_owned))
                .collect()
        }
        Field::Serial => vec![Some(
            certificate
                .raw_serial()
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect(),
        )],
        Field::Subject => vec![distinguished(certificate.subject())],
        Field::Issuer => vec![distinguished(certificate.issuer())],
    };
    let mut values = values.into_iter();
    let first = values.next().ok_or(NameError::Missing(word))?;
    if values.next().is_some() {
        return Err(NameError::Several(word));
    }
    let plain = |text: &String| !text.is_empty() && !text.chars().any(char::is_control);
    first.filter(plain).ok_or(NameError::NotPlain(word))
}

/// What `of` finds among the alternative names; within, `None` for one that is no text.
fn alternatives(
    certificate: &X509Certificate<'_>,
    of: impl Fn(&GeneralName<'_>) -> Option<Option<String>>,
) -> Result<Vec<Option<String>>, NameError> {
    let names = certificate
        .subject_alternative_name()
        .map_err(|_| NameError::Form)?;
    let names = names.map(|names| names.value.general_names.iter().filter_map(of).collect());
    Ok(names.unwrap_or_default())
}

fn email(name: &GeneralName<'_>) -> Option<Option<String>> {
    match name {
        GeneralName::RFC822Name(email) => Some(Some((*email).to_owned())),
        _ => None,
    }
}

/// `[0] EXPLICIT UTF8String`.
fn upn(name: &GeneralName<'_>) -> Option<Option<String>> {
    match name {
        GeneralName::OtherName(of, value) if of.to_id_string() == UPN => {
            let outer = Any::from_der(value).ok().map(|(_, outer)| outer.data);
            let text = outer.and_then(|text| Any::from_der(text).ok());
            let text = text.map(|(_, text)| text);
            let text = text.filter(|text| text.tag() == Tag::Utf8String);
            Some(text.and_then(|text| String::from_utf8(text.data.to_vec()).ok()))
        }
        _ => None,
    }
}

/// A distinguished name after RFC 4514; `None` when there is something in it that has no name there.
fn distinguished(name: &X509Name<'_>) -> Option<String> {
    let relative = name.iter_rdn().map(|relative| {
        let attributes: Option<Vec<_>> = relative.iter().map(attribute).collect();
        attributes.map(|attributes| attributes.join("+"))
    });
    let mut relative: Vec<String> = relative.collect::<Option<_>>()?;
    relative.reverse();
    Some(relative.join(","))
}

fn attribute(attribute: &AttributeTypeAndValue<'_>) -> Option<String> {
    let word = match attribute.attr_type().to_id_string().as_str() {
        "2.5.4.3" => "CN",
        "2.5.4.5" => "serialNumber",
        "2.5.4.6" => "C",
        "2.5.4.7" => "L",
        "2.5.4.8" => "ST",
        "2.5.4.9" => "street",
        "2.5.4.10" => "O",
        "2.5.4.11" => "OU",
        "0.9.2342.19200300.100.1.1" => "UID",
        "0.9.2342.19200300.100.1.25" => "DC",
        "1.2.840.113549.1.9.1" => "emailAddress",
        _ => return None,
    };
    Some(format!("{word}={}", escaped(attribute.as_str().ok()?)))
}

/// A value that could hold the signs between values.
fn escaped(value: &str) -> String {
    let last = value.chars().count().saturating_sub(1);
    let mut text = String::with_capacity(value.len());
    for (at, c) in value.chars().enumerate() {
        let edge = (c == ' ' && (at == 0 || at == last)) || (c == '#' && at == 0);
        if edge || ",+\"\\<>;".contains(c) {
            text.push('\\');
        }
        text.push(c);
    }
    text
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair, SanType};

    use super::*;

    const UPN_TYPE: [u64; 10] = [1, 3, 6, 1, 4, 1, 311, 20, 2, 3];

    fn certificate(change: impl FnOnce(&mut CertificateParams)) -> CertificateDer<'static> {
        let mut params = CertificateParams::default();
        params.serial_number = Some(vec![0x0a, 0xbc].into());
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        params.self_signed(&key).unwrap().der().clone()
    }

    fn of(template: &str, certificate: &CertificateDer<'_>) -> Result<String, NameError> {
        template.parse::<Template>().unwrap().of(certificate)
    }

    fn other(value: &str) -> SanType {
        SanType::OtherName((UPN_TYPE.into(), value.into()))
    }

    fn email(value: &str) -> SanType {
        SanType::Rfc822Name(value.try_into().unwrap())
    }

    #[test]
    fn a_name_follows_from_what_the_authority_wrote() {
        let card = certificate(|params| {
            params.distinguished_name = DistinguishedName::new();
            let name = &mut params.distinguished_name;
            name.push(DnType::CountryName, "US");
            name.push(DnType::OrganizationName, "Example, Inc.");
            name.push(DnType::CommonName, "DOE.JOHN.Q.1234567890");
            params.subject_alt_names = vec![other("1234567890@mil"), email("john@example.com")];
        });
        for (template, name) in [
            ("{upn}", "1234567890@mil"),
            ("{email}", "john@example.com"),
            ("{cn}", "DOE.JOHN.Q.1234567890"),
            ("card-{serial}", "card-0abc"),
            (
                "{subject}",
                "CN=DOE.JOHN.Q.1234567890,O=Example\\, Inc.,C=US",
            ),
            (
                "{serial}@{issuer}",
                "0abc@CN=DOE.JOHN.Q.1234567890,O=Example\\, Inc.,C=US",
            ),
        ] {
            assert_eq!(of(template, &card).as_deref(), Ok(name), "{template}");
        }
    }

    #[test]
    fn what_could_be_two_people_or_nobody_is_neither() {
        let nobody = certificate(|params| params.distinguished_name = DistinguishedName::new());
        for (template, field) in [("{upn}", "upn"), ("{email}", "email"), ("{cn}", "cn")] {
            assert_eq!(of(template, &nobody), Err(NameError::Missing(field)));
        }
        let two = certificate(|params| {
            params.subject_alt_names = vec![other("a"), other("b"), email("a@b"), email("c@d")];
        });
        assert_eq!(of("{upn}", &two), Err(NameError::Several("upn")));
        assert_eq!(of("{email}", &two), Err(NameError::Several("email")));
        let odd = certificate(|params| {
            params
                .distinguished_name
                .push(DnType::CommonName, "alice\nadmin");
            params.subject_alt_names = vec![other("")];
        });
        assert_eq!(of("{cn}", &odd), Err(NameError::NotPlain("cn")));
        assert_eq!(of("{upn}", &odd), Err(NameError::NotPlain("upn")));
        assert_eq!(
            of("{cn}", &CertificateDer::from(vec![0x30])),
            Err(NameError::Form)
        );
    }

    #[test]
    fn a_value_cannot_pass_for_several() {
        let sly = certificate(|params| {
            params.distinguished_name = DistinguishedName::new();
            params
                .distinguished_name
                .push(DnType::CommonName, "alice,O=Example");
        });
        let true_one = certificate(|params| {
            params.distinguished_name = DistinguishedName::new();
            params
                .distinguished_name
                .push(DnType::OrganizationName, "Example");
            params.distinguished_name.push(DnType::CommonName, "alice");
        });
        assert_eq!(of("{subject}", &sly).as_deref(), Ok("CN=alice\\,O=Example"));
        assert_eq!(
            of("{subject}", &true_one).as_deref(),
            Ok("CN=alice,O=Example")
        );
        assert_eq!(escaped(" #a "), "\\ #a\\ ");
        assert_eq!(escaped("#a"), "\\#a");
    }

    #[test]
    fn a_template_that_makes_no_sense_is_refused() {
        for (template, word) in [
            ("{name}", "none of"),
            ("{upn", "not closed"),
            ("upn}", "not opened"),
            ("alice", "the same for everybody"),
            ("{issuer}", "the same for everybody"),
            ("", "the same for everybody"),
        ] {
            let error = template.parse::<Template>().unwrap_err();
            assert!(error.contains(word), "{template}: {error}");
        }
    }
}
