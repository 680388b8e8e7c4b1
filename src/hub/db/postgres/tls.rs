//! The way to a PostgreSQL server over a network: encrypted, and only to the server that the URL names.

use std::path::PathBuf;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt;
use tokio_postgres_rustls::MakeRustlsConnect;

use super::super::DbError;

/// What a URL says of encryption; the rest of it is the driver's.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Asked {
    mode: Option<String>,
    /// Whose certificates count, as a PEM file; those that this machine trusts if nothing is said.
    roots: Option<PathBuf>,
}

impl Asked {
    /// Takes what is said of encryption out of a URL.
    ///
    /// # Errors
    /// A file's name that is no text.
    pub(super) fn of(url: &str) -> Result<(String, Self), DbError> {
        let Some((before, query)) = url.split_once('?') else { return Ok((url.to_owned(), Self::default())) };
        let (mut asked, mut rest) = (Self::default(), Vec::new());
        for option in query.split('&') {
            match option.split_once('=') {
                Some(("sslmode", mode)) => asked.mode = Some(mode.to_owned()),
                Some(("sslrootcert", file)) => asked.roots = Some(decoded(file)?.into()),
                _ => rest.push(option),
            }
        }
        let query = if rest.is_empty() { String::new() } else { format!("?{}", rest.join("&")) };
        Ok((format!("{before}{query}"), asked))
    }

    /// Whether to encrypt on the way to a server, which is on this machine or not. There is no half of it: without a
    /// look at the certificate, whoever stands on the way could read along all the same.
    ///
    /// # Errors
    /// In words, what is not done.
    pub(super) fn encrypts(&self, is_local: bool) -> Result<bool, &'static str> {
        match self.mode.as_deref() {
            None => Ok(!is_local || self.roots.is_some()),
            Some("verify-full") => Ok(true),
            Some("disable") if is_local => Ok(false),
            Some("disable") => Err("without TLS only a server on this machine is spoken to: leave sslmode=disable out"),
            Some(_) => {
                Err("sslmode is verify-full, or disable for a server on this machine: nothing less keeps others \
                            from reading along")
            }
        }
    }

    /// What encrypts.
    ///
    /// # Errors
    /// The file with the certificates cannot be read, or this machine trusts none.
    pub(super) fn connector(&self) -> Result<MakeRustlsConnect, String> {
        let builder = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()));
        let builder = builder.with_safe_default_protocol_versions().map_err(|error| error.to_string())?;
        let config = match &self.roots {
            None => builder.with_platform_verifier().map_err(|error| error.to_string())?,
            Some(file) => {
                let unread = |why: String| format!("the certificates in {} cannot be used: {why}", file.display());
                let mut roots = RootCertStore::empty();
                for certificate in CertificateDer::pem_file_iter(file).map_err(|error| unread(error.to_string()))? {
                    let certificate = certificate.map_err(|error| unread(error.to_string()))?;
                    roots.add(certificate).map_err(|error| unread(error.to_string()))?;
                }
                if roots.is_empty() {
                    return Err(unread("there is none in it".into()));
                }
                builder.with_root_certificates(roots)
            }
        };
        Ok(MakeRustlsConnect::new(config.with_no_client_auth()))
    }
}

/// A part of a URL as it was before `%2F` and the like were put in.
fn decoded(part: &str) -> Result<String, DbError> {
    let wrong = || DbError::Url("sslrootcert is not a file's name: after each % stand two hex digits".to_owned());
    let mut bytes = Vec::with_capacity(part.len());
    let mut rest = part.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digits = [rest.next().ok_or_else(wrong)?, rest.next().ok_or_else(wrong)?];
        let digits = std::str::from_utf8(&digits).map_err(|_| wrong())?;
        bytes.push(u8::from_str_radix(digits, 16).map_err(|_| wrong())?);
    }
    String::from_utf8(bytes).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(url: &str) -> Asked {
        Asked::of(url).unwrap().1
    }

    #[test]
    fn what_is_said_of_encryption_is_taken_out_of_the_url() {
        let (url, asked) = Asked::of("postgres://a@h/x?sslmode=verify-full&a=b&sslrootcert=%2Fetc%2Fca.pem").unwrap();
        assert_eq!(url, "postgres://a@h/x?a=b");
        assert_eq!((asked.mode.as_deref(), asked.roots), (Some("verify-full"), Some("/etc/ca.pem".into())));
        assert_eq!(Asked::of("postgres://a@h/x?sslmode=disable").unwrap().0, "postgres://a@h/x");
        assert!(Asked::of("postgres://a@h/x?sslrootcert=%2").is_err());
    }

    #[test]
    fn a_server_elsewhere_is_spoken_to_by_tls_that_looks_at_its_name_or_not_at_all() {
        for (query, here, elsewhere) in [
            ("", Some(false), Some(true)),
            ("?sslrootcert=ca.pem", Some(true), Some(true)),
            ("?sslmode=verify-full", Some(true), Some(true)),
            ("?sslmode=disable", Some(false), None),
            ("?sslmode=require", None, None),
            ("?sslmode=prefer", None, None),
            ("?sslmode=verify-ca", None, None),
        ] {
            let asked = asked(&format!("postgres://h/x{query}"));
            assert_eq!((asked.encrypts(true).ok(), asked.encrypts(false).ok()), (here, elsewhere), "{query}");
        }
    }

    #[test]
    fn a_file_without_certificates_is_told() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let asked = Asked { mode: None, roots: Some(file.path().into()) };
        assert!(asked.connector().err().unwrap().contains("there is none in it"));
        let asked = Asked { mode: None, roots: Some("/no/such/file.pem".into()) };
        assert!(asked.connector().err().unwrap().contains("/no/such/file.pem"));
    }
}
