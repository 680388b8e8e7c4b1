//! Mail, by SMTP.

use std::time::SystemTime;

use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment, Mailbox, Message as Mail, MultiPart, SinglePart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls as Encryption, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::response::{Category, Severity};
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use secrecy::ExposeSecret;

use super::{Channel, Message, Server, Tls, Unsent, Use};
use crate::hub::outgoing::Outgoing;

/// The name of the attached invitation.
const INVITATION: &str = "invite.ics";

/// Its media type, by which mail programs take it for an invitation (RFC 6047).
const CALENDAR: &str = "text/calendar; method=REQUEST; charset=UTF-8";

/// Sends it; its Message-ID is made of its key, so that a mail that comes twice can be told.
pub(super) async fn send(
    outgoing: &Outgoing,
    channel: &Channel,
    server: &Server,
    message: &Message,
) -> Result<(), Unsent> {
    let from = channel.from.as_deref().unwrap_or_default().parse::<Mailbox>().map_err(Unsent::for_good)?;
    let mail = compose(&from, message)?;
    let found = outgoing.find(&server.host).await.map_err(Unsent::for_now)?;
    let password = match &server.login {
        Some((user, secret)) => Some((user.clone(), secret.fetch().await.map_err(Unsent::for_now)?)),
        None => None,
    };
    let tried = async {
        let mut last = Unsent::for_now(format!("{} has no address", server.host));
        for address in found {
            // The address that was checked is what is called; the certificate must be the name's.
            let named = || TlsParameters::new(server.host.clone()).map_err(Unsent::for_now);
            let tls = match server.tls {
                Tls::Implicit => Encryption::Wrapper(named()?),
                Tls::Starttls => Encryption::Required(named()?),
                Tls::None => Encryption::None,
            };
            let mut transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(address.to_string())
                .port(server.port)
                .tls(tls)
                .hello_name(ClientId::Domain(from.email.domain().to_owned()))
                .timeout(Some(channel.time));
            if let Some((user, password)) = &password {
                transport = transport.credentials(Credentials::new(user.clone(), password.expose_secret().to_owned()));
            }
            match transport.build().send(mail.clone()).await {
                Ok(_) => return Ok(()),
                Err(error) => last = unsent(&server.host, &error),
            }
            if last.is_final {
                break;
            }
        }
        Err(last)
    };
    let slow = |_| Unsent::for_now(format!("{} took too long", server.host));
    tokio::time::timeout(channel.time, tried).await.map_err(slow)?
}

fn unsent(host: &str, error: &lettre::transport::smtp::Error) -> Unsent {
    // A mailbox that there is not will not be there tomorrow; whatever else is refused may be put right.
    let is_mailbox = |code: lettre::transport::smtp::response::Code| {
        code.severity == Severity::PermanentNegativeCompletion && code.category == Category::MailSystem
    };
    // The server's own words are left out: they repeat addresses.
    let why = match error.status() {
        Some(code) => format!("{host} answered with {code}"),
        None if error.is_timeout() => format!("{host} took too long"),
        None if error.is_tls() => format!("no TLS with {host}: {error}"),
        None => format!("no connection to {host}, or it does not speak SMTP"),
    };
    Unsent { why, rest: None, is_final: error.status().is_some_and(is_mailbox) }
}

/// The mail as it is sent.
pub(super) fn compose(from: &Mailbox, message: &Message) -> Result<Mail, Unsent> {
    let to = message.to.email.as_deref().ok_or_else(|| Unsent::for_good("no e-mail address is known"))?;
    let to = to.parse().map_err(|_| Unsent::for_good("the e-mail address is none"))?;
    let name = Some(message.to.name.clone()).filter(|name| !name.is_empty());
    let mut mail = Mail::builder()
        .message_id(Some(format!("<{}@{}>", message.key, from.email.domain())))
        .date(SystemTime::from(message.at))
        .from(from.clone())
        .to(Mailbox::new(name, to))
        .subject(message.subject.as_str());
    // What a program wrote says so, so that no other program answers it (RFC 3834).
    let automatic = match message.what {
        Use::AutoResponse => "auto-replied",
        Use::Alerts | Use::Handover => "auto-generated",
    };
    mail = mail.raw_header(HeaderValue::new(HeaderName::new_from_ascii_str("Auto-Submitted"), automatic.into()));
    let built = match &message.invitation {
        None => mail.singlepart(SinglePart::plain(message.text.clone())),
        Some(invitation) => {
            let kind = ContentType::parse(CALENDAR).map_err(Unsent::for_good)?;
            let attached = Attachment::new(INVITATION.into()).body(invitation.clone(), kind);
            mail.multipart(MultiPart::mixed().singlepart(SinglePart::plain(message.text.clone())).singlepart(attached))
        }
    };
    built.map_err(Unsent::for_good)
}
