//! SIP over TLS (RFC 3261 section 26.2, RFC 5922): our certificate, whom we believe, and the handshakes.
//!
//! A connection that we open is believed when its certificate names the trunk's host and comes from an authority that we trust. One
//! that is opened to us is believed by its address, or by digest, as over TCP; it knows us by our certificate.

use std::net::SocketAddr;
use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::server::danger::ClientCertVerifier;
use tokio_rustls::rustls::{ClientConfig, RootCertStore, ServerConfig, crypto};
use tokio_rustls::{TlsAcceptor, TlsConnector, TlsStream};

use crate::trunk::snapshot::{Snapshot, Transport, bare_host};

/// How long a handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(4);

/// Files in PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// Our certificate, and those between it and its authority.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
    /// Authorities of trunks; none takes those of the operating system.
    pub authorities: Option<PathBuf>,
    /// Authorities of those who open a connection to us: who shows no certificate of theirs is not heard. None asks for no certificate.
    pub callers: Option<PathBuf>,
}

/// Why TLS cannot be spoken.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read, or holds something else.
    #[error("{what} {}: {why}", path.display())]
    File {
        /// What it should hold.
        what: &'static str,
        /// Where.
        path: PathBuf,
        /// Why not.
        why: String,
    },
    /// Certificate and key do not fit, or are of a kind that TLS cannot use.
    #[error("the TLS certificate cannot be used: {0}")]
    Unusable(#[from] tokio_rustls::rustls::Error),
}

/// Both sides of TLS, ready.
#[derive(Clone)]
pub struct Tls {
    acceptor: TlsAcceptor,
    connector: TlsConnector,
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tls")
    }
}

impl Tls {
    /// Reads the files. The certificate is shown to trunks that ask for one, too.
    pub fn load(files: &TlsFiles) -> Result<Tls, TlsError> {
        let provider = Arc::new(crypto::ring::default_provider());
        let chain = certificates("certificate", &files.certificate)?;
        let key = PrivateKeyDer::from_pem_file(&files.key).map_err(wrong("private key", &files.key))?;
        let server = ServerConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()?
            .with_client_cert_verifier(verifier(files.callers.as_deref(), &provider)?)
            .with_single_cert(chain.clone(), key.clone_key())?;
        let client = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(authorities(files.authorities.as_deref())?)
            .with_client_auth_cert(chain, key)?;
        Ok(Tls {
            acceptor: TlsAcceptor::from(Arc::new(server)),
            connector: TlsConnector::from(Arc::new(client)),
        })
    }

    /// The handshake of a connection that was opened to us.
    pub(super) async fn accept(&self, stream: TcpStream) -> Option<TlsStream<TcpStream>> {
        let accepted = timeout(HANDSHAKE, self.acceptor.accept(stream)).await.ok()?;
        Some(accepted.ok()?.into())
    }

    /// The handshake of a connection that we opened to the trunk of this name.
    pub(super) async fn connect(
        &self,
        name: ServerName<'static>,
        stream: TcpStream,
    ) -> Option<TlsStream<TcpStream>> {
        let told = format!("{name:?}");
        match timeout(HANDSHAKE, self.connector.connect(name, stream)).await {
            Ok(Ok(stream)) => Some(stream.into()),
            Ok(Err(error)) => {
                tracing::warn!(trunk.host = told, %error, "TLS with a trunk failed: its calls go to the next one");
                None
            }
            Err(_) => {
                tracing::warn!(trunk.host = told, "TLS with a trunk failed: no handshake in time");
                None
            }
        }
    }
}

/// The name that a certificate at this address has to bear: the host of the trunk there, or of the one whose network it is in. What a
/// Record-Route names need not be a server that DNS names.
pub(super) fn name_of(snapshot: &ArcSwap<Snapshot>, remote: SocketAddr) -> ServerName<'static> {
    let snapshot = snapshot.load();
    let secure = || snapshot.trunks.iter().filter(|t| t.transport == Transport::Tls);
    let trunk = secure()
        .find(|t| t.addresses().any(|a| a == remote))
        .or_else(|| secure().find(|t| t.allows(remote.ip())));
    let host = trunk.map(|t| bare_host(&t.host).to_owned());
    host.and_then(|host| ServerName::try_from(host).ok())
        .unwrap_or_else(|| ServerName::IpAddress(remote.ip().into()))
}

fn certificates(what: &'static str, path: &FilePath) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_file_iter(path)
        .map_err(wrong(what, path))?
        .collect();
    let found = found.map_err(wrong(what, path))?;
    if found.is_empty() {
        return Err(wrong(what, path)("it holds no certificate in PEM"));
    }
    Ok(found)
}

/// Who may open a connection to us.
fn verifier(
    path: Option<&FilePath>,
    provider: &Arc<crypto::CryptoProvider>,
) -> Result<Arc<dyn ClientCertVerifier>, TlsError> {
    let Some(path) = path else {
        return Ok(WebPkiClientVerifier::no_client_auth());
    };
    let roots = Arc::new(authorities(Some(path))?);
    WebPkiClientVerifier::builder_with_provider(roots, provider.clone())
        .build()
        .map_err(wrong("authorities", path))
}

fn authorities(path: Option<&FilePath>) -> Result<RootCertStore, TlsError> {
    let mut store = RootCertStore::empty();
    let found = match path {
        Some(path) => certificates("authorities", path)?,
        None => rustls_native_certs::load_native_certs().certs,
    };
    // An authority that rustls does not understand is believed by nobody; the others are.
    let (taken, passed_over) = store.add_parsable_certificates(found);
    if taken == 0 {
        tracing::warn!(
            passed_over,
            "no authority is believed: TLS with trunks will fail; set [sip] tls_ca"
        );
    }
    Ok(store)
}

fn wrong<E: std::fmt::Display>(what: &'static str, path: &FilePath) -> impl FnOnce(E) -> TlsError {
    let path = path.to_owned();
    move |error| TlsError::File {
        what,
        path,
        why: error.to_string(),
    }
}
