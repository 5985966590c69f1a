use std::time::SystemTime;

use chrono::{DateTime, Utc};
use lettre::{
    Message,
    message::{
        Mailbox, MultiPart,
        header::{HeaderName, HeaderValue},
    },
    transport::smtp::{
        self,
        authentication::{Credentials, Mechanism},
        client::{AsyncSmtpConnection, Certificate, CertificateStore, TlsParameters},
        extension::ClientId,
    },
};
use tokio::time::timeout;
use uuid::Uuid;

use super::{PATIENCE, Said, Sender, Verdict, at};
use crate::{
    notice::{
        Notice,
        channel::{Email, Security},
    },
    outbound::OutboundError,
};

/// Subjects that are named.
const SUBJECTS: usize = 50;

/// Why there is no message.
#[derive(Debug, thiserror::Error)]
pub(super) enum ComposeError {
    #[error("an address is none")]
    Address(#[from] lettre::address::AddressError),
    #[error("the message is none")]
    Message(#[from] lettre::error::Error),
}

/// Why it is not sent.
#[derive(Debug, thiserror::Error)]
enum MailError {
    #[error(transparent)]
    Outbound(#[from] OutboundError),
    #[error(transparent)]
    Smtp(#[from] smtp::Error),
}

/// Whether a text can be who a message is from or to.
pub fn check_mailbox(text: &str) -> bool {
    text.parse::<Mailbox>().is_ok()
}

/// A notice as a message. Its identity is that of the notice, and it answers the first one of the alert, so that
/// all of them are one thread.
pub(super) fn compose(
    email: &Email,
    notice: &Notice,
    first: Option<Uuid>,
    now: DateTime<Utc>,
) -> Result<Message, ComposeError> {
    let from: Mailbox = email.from.parse()?;
    let domain = from.email.domain().to_owned();
    let id = |notice: Uuid| format!("<{notice}@{domain}>");
    let made_by_nobody = HeaderName::new_from_ascii_str("Auto-Submitted");
    let mut message = Message::builder()
        .from(from)
        .date(SystemTime::from(now))
        .subject(notice.headline())
        .message_id(Some(id(notice.id)))
        .raw_header(HeaderValue::new(made_by_nobody, "auto-generated".into()));
    for to in &email.to {
        message = message.to(to.parse()?);
    }
    if let Some(first) = first {
        message = message.in_reply_to(id(first)).references(id(first));
    }
    let (plain, html) = (plain(notice), html(notice));
    Ok(message.multipart(MultiPart::alternative_plain_html(plain, html))?)
}

/// What there is to say, each with its name.
fn lines(notice: &Notice) -> Vec<(&'static str, String)> {
    let mut lines = vec![
        ("Severity", notice.severity.to_string()),
        ("Type", notice.alert_type.clone()),
        ("When", at(notice.occurred_at)),
    ];
    let about = notice.about(SUBJECTS);
    if !about.is_empty() {
        lines.push(("About", about));
    }
    lines
}

fn plain(notice: &Notice) -> String {
    let lines = lines(notice).into_iter();
    let lines: Vec<_> = lines
        .map(|(name, value)| format!("{name}: {value}"))
        .collect();
    let parts = [
        notice.title.as_str(),
        notice.text.as_str(),
        &lines.join("\n"),
        &notice.link,
    ];
    let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join("\n\n") + "\n"
}

fn html(notice: &Notice) -> String {
    let rows = lines(notice).into_iter().map(|(name, value)| {
        let value = escape(&value);
        format!("<tr><th align=\"left\">{name}</th><td>{value}</td></tr>\n")
    });
    let rows: String = rows.collect();
    let (title, link) = (escape(&notice.title), escape(&notice.link));
    let text = escape(&notice.text).replace('\n', "<br>\n");
    format!(
        "<!doctype html>\n<html><head><meta charset=\"utf-8\"><title>{title}</title></head><body>\n\
         <h2>{title}</h2>\n<p>{text}</p>\n<table cellpadding=\"4\">\n{rows}</table>\n\
         <p><a href=\"{link}\">Open in OpenWatch</a></p>\n</body></html>\n"
    )
}

pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

impl Sender {
    pub(super) async fn mail(
        &self,
        email: &Email,
        password: Option<&str>,
        message: &Message,
    ) -> Said {
        let sent = timeout(PATIENCE, self.submit(email, password, message)).await;
        let error = match sent {
            Ok(Ok(response)) => {
                let status = u16::from(response.code());
                let text: Vec<_> = response.message().collect();
                return Said::new(Some(status), &text.join(" "), Verdict::Taken);
            }
            Ok(Err(MailError::Outbound(error))) => return error.into(),
            Ok(Err(MailError::Smtp(error))) => error,
            Err(_) => return Said::late(),
        };
        // 5xx says that it would be answered so each time; a client's error is about what was entered.
        let verdict = if error.is_permanent() || error.is_client() {
            Verdict::Never
        } else {
            Verdict::Later(None)
        };
        let status = error.status().map(u16::from);
        Said {
            status,
            ..Said::nothing(&error, verdict)
        }
    }

    async fn submit(
        &self,
        email: &Email,
        password: Option<&str>,
        message: &Message,
    ) -> Result<smtp::response::Response, MailError> {
        let addresses = self.outbound.resolve(&email.host, email.port).await?;
        let hello = ClientId::Domain(self.hostname.to_string());
        let wrapped = match email.security {
            Security::Tls => Some(tls(email)?),
            Security::Starttls | Security::None => None,
        };
        let connected = AsyncSmtpConnection::connect_tokio1(
            &addresses[..],
            Some(PATIENCE),
            &hello,
            wrapped,
            None,
        );
        let mut server = connected.await?;
        if email.security == Security::Starttls {
            // Without it nothing is sent, whatever the server offers.
            server.starttls(tls(email)?, &hello).await?;
        }
        if let (Some(user), Some(password)) = (&email.user, password) {
            let login = Credentials::new(user.clone(), password.to_owned());
            let ways = [Mechanism::Plain, Mechanism::Login];
            server.auth(&ways, &login).await?;
        }
        let answer = server
            .send(message.envelope(), &message.formatted())
            .await?;
        // The message is the server's: what comes after that changes nothing.
        let _ = server.quit().await;
        Ok(answer)
    }
}

fn tls(email: &Email) -> Result<TlsParameters, smtp::Error> {
    let mut tls = TlsParameters::builder(email.host.clone());
    if let Some(pem) = &email.ca_pem {
        let authorities = Certificate::from_pem(pem.as_bytes())?;
        tls = tls
            .certificate_store(CertificateStore::None)
            .add_root_certificate(authorities);
    }
    tls.build_rustls()
}
