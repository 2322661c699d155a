//! An authority of the test's own, and certificates that it gives.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};

/// An authority whose certificate lies in a folder.
#[derive(Debug)]
pub struct Authority {
    folder: PathBuf,
    issuer: Issuer<'static, KeyPair>,
    /// Its certificate in PEM.
    pub certificate: PathBuf,
}

impl Authority {
    /// A new one, believed by nobody yet.
    pub fn new(folder: &Path) -> Result<Authority> {
        let mut params = CertificateParams::new(Vec::new())?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate()?;
        let certificate = folder.join("authority.pem");
        fs::write(&certificate, params.self_signed(&key)?.pem())?;
        Ok(Authority {
            folder: folder.to_owned(),
            issuer: Issuer::new(params, key),
            certificate,
        })
    }

    /// A certificate for a host, and its key: the files of both.
    pub fn issue(&self, host: &str) -> Result<(PathBuf, PathBuf)> {
        let key = KeyPair::generate()?;
        let given = CertificateParams::new(vec![host.to_owned()])?.signed_by(&key, &self.issuer)?;
        let files = (
            self.folder.join(format!("{host}.pem")),
            self.folder.join(format!("{host}.key")),
        );
        fs::write(&files.0, given.pem())?;
        fs::write(&files.1, key.serialize_pem())?;
        Ok(files)
    }
}
