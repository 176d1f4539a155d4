//! Where a plugin listens: a unix socket in a directory of its own, or loopback TCP on Windows.

use std::io;
use std::net::Ipv4Addr;
use std::ops::RangeInclusive;
#[cfg(unix)]
use std::path::{Path, PathBuf};

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
#[cfg(unix)]
use tokio::net::{UnixListener, UnixStream};

use super::handshake::{Address, Host};

/// A bound listener, where it can be reached, and what removes it again.
pub(super) struct Endpoint {
    pub(super) listener: Listener,
    pub(super) address: Address,
    pub(super) cleanup: Cleanup,
}

/// Removes a unix socket and its directory when dropped. Empty for TCP.
pub(super) struct Cleanup {
    #[cfg(unix)]
    _directory: Option<tempfile::TempDir>,
}

pub(super) enum Listener {
    #[cfg(unix)]
    Unix(UnixListener),
    Tcp(TcpListener),
}

/// An accepted connection, before TLS.
pub(super) enum Socket {
    #[cfg(unix)]
    Unix(UnixStream),
    Tcp(TcpStream),
}

/// What a connection must be able to do, whatever carries it.
pub(super) trait Transport: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Transport for T {}

impl Endpoint {
    /// Binds where `host` asked for. Must be called within a tokio runtime.
    ///
    /// Fails when no directory can be made, the group is unknown, the path is too long for a socket
    /// address, or no port is free.
    #[cfg(unix)]
    pub(super) fn bind(host: &Host) -> io::Result<Self> {
        let (directory, path) = private_directory(host.socket_dir.as_deref())?;
        let listener = UnixListener::bind(&path)?;
        restrict(directory.path(), &path, host.socket_group.as_deref())?;
        // It came out of `path_fits`, which admits UTF-8 only.
        let address = path.to_string_lossy().into_owned();
        Ok(Self {
            listener: Listener::Unix(listener),
            address: Address { network: "unix", address },
            cleanup: Cleanup { _directory: Some(directory) },
        })
    }

    /// Binds where `host` asked for. Must be called within a tokio runtime.
    #[cfg(windows)]
    pub(super) fn bind(host: &Host) -> io::Result<Self> {
        Self::bind_tcp(host.ports.clone())
    }

    /// Binds the first free port of a range on 127.0.0.1, looking from a random place in it so that
    /// plugins that start together do not all try the same ports.
    #[cfg_attr(all(unix, not(test)), expect(dead_code, reason = "used on Windows and in tests"))]
    pub(super) fn bind_tcp(ports: RangeInclusive<u16>) -> io::Result<Self> {
        let first = fastrand::u16(ports.clone());
        let mut last_error = None;
        for port in (first..=*ports.end()).chain(*ports.start()..first) {
            match std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
                Ok(listener) => {
                    listener.set_nonblocking(true)?;
                    let address = listener.local_addr()?.to_string();
                    return Ok(Self {
                        listener: Listener::Tcp(TcpListener::from_std(listener)?),
                        address: Address { network: "tcp", address },
                        cleanup: Cleanup {
                            #[cfg(unix)]
                            _directory: None,
                        },
                    });
                }
                Err(error) => last_error = Some(error),
            }
        }
        let why = last_error.map(|error| format!(": {error}")).unwrap_or_default();
        Err(io::Error::new(
            io::ErrorKind::AddrInUse,
            format!("no port from {} to {} can be bound on 127.0.0.1{why}", ports.start(), ports.end()),
        ))
    }
}

impl Listener {
    pub(super) async fn accept(&self) -> io::Result<Socket> {
        match self {
            #[cfg(unix)]
            Self::Unix(listener) => Ok(Socket::Unix(listener.accept().await?.0)),
            Self::Tcp(listener) => {
                let stream = listener.accept().await?.0;
                stream.set_nodelay(true)?;
                Ok(Socket::Tcp(stream))
            }
        }
    }
}

impl Socket {
    /// Waits until the peer has sent something, or has gone.
    pub(super) async fn readable(&self) -> io::Result<()> {
        match self {
            #[cfg(unix)]
            Self::Unix(stream) => stream.readable().await,
            Self::Tcp(stream) => stream.readable().await,
        }
    }

    pub(super) fn into_transport(self) -> Box<dyn Transport> {
        match self {
            #[cfg(unix)]
            Self::Unix(stream) => Box::new(stream),
            Self::Tcp(stream) => Box::new(stream),
        }
    }
}

/// Longest path of a socket address in bytes, the final NUL not counted: unix(7) and, shorter, the
/// BSDs and macOS.
#[cfg(unix)]
const MAX_PATH: usize = if cfg!(any(target_os = "linux", target_os = "android")) { 107 } else { 103 };

/// Makes a directory that only this user can enter, and the socket's path in it.
///
/// A `TMPDIR` that is too deep for a socket address is passed over for `/tmp`. A directory that the
/// host named is not: it looks for the socket there, for instance across a container's boundary.
#[cfg(unix)]
fn private_directory(asked: Option<&Path>) -> io::Result<(tempfile::TempDir, PathBuf)> {
    let make = |parent: &Path| {
        let directory = tempfile::Builder::new()
            .prefix("plugin-")
            .permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700))
            .tempdir_in(parent)
            .map_err(|error| {
                io::Error::new(
                    error.kind(),
                    format!("no directory can be made in {}: {error}", parent.display()),
                )
            })?;
        let path = directory.path().join("socket");
        Ok::<_, io::Error>((directory, path))
    };
    if let Some(parent) = asked {
        let (directory, path) = make(parent)?;
        if path_fits(&path) {
            return Ok((directory, path));
        }
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            format!("PLUGIN_UNIX_SOCKET_DIR is {}, which is too long for a socket's path", parent.display()),
        ));
    }
    match make(&std::env::temp_dir()) {
        Ok((directory, path)) if path_fits(&path) => Ok((directory, path)),
        _ => make(Path::new("/tmp")),
    }
}

/// Whether a path can be a socket's address and a field of the handshake line.
#[cfg(unix)]
fn path_fits(path: &Path) -> bool {
    path.is_absolute()
        && path.as_os_str().len() <= MAX_PATH
        && path.to_str().is_some_and(|text| !text.contains(['|', '\n', '\r']))
}

/// Lets in the owner alone, or also a group when the host named one.
#[cfg(unix)]
fn restrict(directory: &Path, socket: &Path, group: Option<&str>) -> io::Result<()> {
    use std::fs::{Permissions, set_permissions};
    use std::os::unix::fs::{PermissionsExt as _, chown};

    let Some(group) = group else {
        return set_permissions(socket, Permissions::from_mode(0o600));
    };
    let gid =
        group_id(group, &std::fs::read_to_string("/etc/group").unwrap_or_default()).ok_or_else(|| {
            io::Error::new(
                io::ErrorKind::NotFound,
                format!("PLUGIN_UNIX_SOCKET_GROUP is {group:?}, and /etc/group has no such group"),
            )
        })?;
    chown(socket, None, Some(gid))?;
    set_permissions(socket, Permissions::from_mode(0o660))?;
    chown(directory, None, Some(gid))?;
    set_permissions(directory, Permissions::from_mode(0o710))
}

/// Number of a group given by name or by number. Knows `/etc/group` only, not LDAP or other sources
/// of names; for those the host can give the number.
#[cfg(unix)]
fn group_id(group: &str, etc_group: &str) -> Option<u32> {
    etc_group
        .lines()
        .find_map(|line| {
            let mut fields = line.split(':');
            (fields.next()? == group).then(|| fields.nth(1)?.parse().ok()).flatten()
        })
        .or_else(|| group.parse().ok())
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn host(socket_dir: Option<&Path>, socket_group: Option<&str>) -> Host {
        let mut host = Host::from_env(|_| None).unwrap();
        host.socket_dir = socket_dir.map(Path::to_owned);
        host.socket_group = socket_group.map(str::to_owned);
        host
    }

    fn mode(path: &Path) -> u32 {
        path.metadata().unwrap().permissions().mode() & 0o777
    }

    #[tokio::test]
    async fn directory_is_private_and_goes_away() {
        let parent = tempfile::tempdir().unwrap();
        let endpoint = Endpoint::bind(&host(Some(parent.path()), None)).unwrap();
        let socket = PathBuf::from(&endpoint.address.address);
        let directory = socket.parent().unwrap();
        assert_eq!(directory.parent(), Some(parent.path()));
        assert_eq!((mode(directory), mode(&socket)), (0o700, 0o600));
        drop(endpoint);
        assert!(!directory.exists());
    }

    #[tokio::test]
    async fn group_may_connect() {
        let gid = rustix::process::getegid().as_raw().to_string();
        let endpoint = Endpoint::bind(&host(None, Some(&gid))).unwrap();
        let socket = PathBuf::from(&endpoint.address.address);
        assert_eq!((mode(socket.parent().unwrap()), mode(&socket)), (0o710, 0o660));
        let unknown = Endpoint::bind(&host(None, Some("no such group"))).err().unwrap();
        assert_eq!(
            unknown.to_string(),
            r#"PLUGIN_UNIX_SOCKET_GROUP is "no such group", and /etc/group has no such group"#
        );
    }

    #[test]
    fn path_length() {
        let parent = tempfile::tempdir().unwrap();
        let deep = parent.path().join("d".repeat(100));
        std::fs::create_dir(&deep).unwrap();
        let error = private_directory(Some(&deep)).unwrap_err().to_string();
        assert!(error.ends_with("which is too long for a socket's path"), "{error}");
        assert_eq!(std::fs::read_dir(&deep).unwrap().count(), 0, "the directory that was tried is gone");
    }

    #[test]
    fn addresses() {
        let check = |path: &str, expect: bool| assert_eq!(path_fits(Path::new(path)), expect, "{path}");
        check(&format!("/{}", "a".repeat(MAX_PATH - 1)), true);
        check(&format!("/{}", "a".repeat(MAX_PATH)), false);
        check("/a|b", false);
        check("/a\nb", false);
        check("a", false);
    }

    #[test]
    fn groups() {
        let etc_group = "root:x:0:\nadm:x:4:syslog\nbroken\n77:x:5:\n";
        let check = |group: &str, expect| assert_eq!(group_id(group, etc_group), expect, "{group}");
        check("adm", Some(4));
        check("1000", Some(1000));
        check("77", Some(5));
        check("broken", None);
        check("none", None);
    }

    #[tokio::test]
    async fn tcp_takes_the_free_port_of_its_range() {
        let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = taken.local_addr().unwrap().port();
        let error = Endpoint::bind_tcp(port..=port).err().unwrap();
        assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
        drop(taken);
        let endpoint = Endpoint::bind_tcp(port..=port).unwrap();
        assert_eq!(endpoint.address, Address { network: "tcp", address: format!("127.0.0.1:{port}") });
    }
}
