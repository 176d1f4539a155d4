//! Who is measured.

use std::path::{Path, PathBuf};

use crate::{Error, Result};

/// What a subject can be asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// This provider.
    Ours,
    /// terraform-provider-aws: it has objects of the same kinds.
    Aws,
    /// Any other: it is started and configured.
    Other,
}

/// A provider's binary.
#[derive(Debug, Clone)]
pub(crate) struct Subject {
    pub(crate) kind: Kind,
    /// For tables: name and version.
    pub(crate) name: String,
    pub(crate) path: PathBuf,
}

/// This provider, then the peers.
pub(crate) fn all(ours: Option<&str>) -> Result<Vec<Subject>> {
    let ours = Path::new(ours.unwrap_or(env!("CARGO_BIN_EXE_terraform-provider-aurorakerberos")));
    let ours = Subject {
        kind: Kind::Ours,
        name: format!("aurorakerberos {}", env!("CARGO_PKG_VERSION")),
        path: ours.canonicalize()?,
    };
    let peers = std::env::var_os("PEER_PROVIDER").unwrap_or_default();
    let peers = std::env::split_paths(&peers).filter(|path| !path.as_os_str().is_empty());
    std::iter::once(Ok(ours)).chain(peers.map(|path| peer(&path))).collect()
}

fn peer(path: &Path) -> Result<Subject> {
    let path = path.canonicalize().map_err(|error| Error::from(format!("{}: {error}", path.display())))?;
    let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let name = file.strip_prefix("terraform-provider-").unwrap_or(&file);
    let kind = if name.starts_with("aws_") { Kind::Aws } else { Kind::Other };
    let (name, version) = name.split_once("_v").unwrap_or((name, ""));
    // `_x5`: the protocol, as binaries were named once.
    let version = version.split('_').next().unwrap_or_default();
    Ok(Subject { kind, name: format!("{name} {version}").trim_end().to_owned(), path })
}
