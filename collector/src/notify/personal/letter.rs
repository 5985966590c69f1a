use std::time::SystemTime;

use chrono::{DateTime, Utc};
use lettre::{
    Message,
    message::{
        Mailbox, MultiPart,
        header::{HeaderName, HeaderValue},
    },
};

use super::Notification;
use crate::{
    notice::{Severity, bell::What, channel::Email, preference::Preferences},
    notify::email::{ComposeError, escape},
};

/// What is written to somebody.
pub(super) struct Letter {
    /// The same each time it is tried.
    pub(super) id: String,
    subject: String,
    plain: String,
    html: String,
}

impl Letter {
    /// As a message to `address`.
    pub(super) fn message(
        &self,
        email: &Email,
        address: &str,
        now: DateTime<Utc>,
    ) -> Result<Message, ComposeError> {
        let from: Mailbox = email.from.parse()?;
        let id = format!("<{}@{}>", self.id, from.email.domain());
        let made_by_nobody = HeaderName::new_from_ascii_str("Auto-Submitted");
        let message = Message::builder()
            .from(from)
            .to(address.parse()?)
            .date(SystemTime::from(now))
            .subject(&self.subject)
            .message_id(Some(id))
            .raw_header(HeaderValue::new(made_by_nobody, "auto-generated".into()));
        let both = MultiPart::alternative_plain_html(self.plain.clone(), self.html.clone());
        Ok(message.multipart(both)?)
    }
}

/// What happened last to one thing.
pub(super) fn one(told: &Notification, wanted: &Preferences, origin: &str, id: String) -> Letter {
    let (what, severity) = (says(told), Severity::numbered(told.severity));
    let subject = format!(
        "[{}] {what}: {}",
        severity.name().to_uppercase(),
        told.title
    );
    let entries = [entry(told, wanted, origin)];
    letter((id, subject.clone()), &subject, &entries, origin)
}

/// What happened since the last time: the first of `all`, what was told last first.
pub(super) fn digest(
    told: &[Notification],
    all: i64,
    wanted: &Preferences,
    origin: &str,
    id: String,
) -> Letter {
    let subject = match all {
        1 => "OpenWatch digest: 1 alert".to_owned(),
        all => format!("OpenWatch digest: {all} alerts"),
    };
    let mut entries: Vec<Entry> = told.iter().map(|one| entry(one, wanted, origin)).collect();
    let named = i64::try_from(entries.len()).unwrap_or(i64::MAX);
    if all > named {
        entries.push(Entry {
            title: format!("and {} more", all - named),
            lines: Vec::new(),
            link: format!("{origin}/alerts"),
        });
    }
    let heading = "What happened since the last digest";
    letter((id, subject), heading, &entries, origin)
}

/// One thing, as it is written.
struct Entry {
    title: String,
    lines: Vec<String>,
    link: String,
}

fn entry(told: &Notification, wanted: &Preferences, origin: &str) -> Entry {
    let severity = Severity::numbered(told.severity);
    let mut lines = vec![format!("{} · {severity} · {}", says(told), told.sort)];
    let times = match told.count {
        1 => String::new(),
        count => format!(", told {count} times"),
    };
    lines.push(format!("{}{times}", wanted.local(told.told_at)));
    if let Some(state) = &told.state {
        lines.push(format!("It is {state} now"));
    }
    let link = match told.alert {
        Some(alert) => format!("{origin}/alerts/{alert}"),
        None => format!("{origin}/alerts"),
    };
    Entry {
        title: told.title.clone(),
        lines,
        link,
    }
}

fn says(told: &Notification) -> &'static str {
    match What::named(&told.what) {
        Some(What::Began) => "Began",
        Some(What::Grown) | None => "Grew",
        Some(What::Woken) => "Woke, and is so still",
        Some(What::Escalated) => "Became more serious",
        Some(What::Assigned) => "You are to look after it",
        Some(What::Ended) => "Ended",
    }
}

fn letter(
    (id, subject): (String, String),
    heading: &str,
    entries: &[Entry],
    origin: &str,
) -> Letter {
    let settings = format!("{origin}/account/notifications");
    let why = "You get this because you asked for it";
    let plain = entries.iter().map(|entry| {
        let lines = entry.lines.join("\n");
        let parts = [entry.title.as_str(), &lines, &entry.link];
        let parts = parts.into_iter().filter(|part| !part.is_empty());
        parts.collect::<Vec<_>>().join("\n")
    });
    let plain: Vec<String> = plain.collect();
    let html = entries.iter().map(|entry| {
        let lines: Vec<String> = entry.lines.iter().map(|line| escape(line)).collect();
        format!(
            "<li><a href=\"{}\">{}</a><br>\n{}</li>\n",
            escape(&entry.link),
            escape(&entry.title),
            lines.join("<br>\n")
        )
    });
    let html: String = html.collect();
    Letter {
        id,
        plain: format!("{heading}\n\n{}\n\n{why}: {settings}\n", plain.join("\n\n")),
        html: format!(
            "<!doctype html>\n<html><head><meta charset=\"utf-8\"><title>{subject}</title></head><body>\n\
             <h2>{heading}</h2>\n<ul>\n{html}</ul>\n<p>{why}: <a href=\"{settings}\">{settings}</a></p>\n</body></html>\n",
            subject = escape(&subject),
            heading = escape(heading),
            settings = escape(&settings),
        ),
        subject,
    }
}
