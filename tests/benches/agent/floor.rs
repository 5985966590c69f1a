//! The floor of each probe: the sources that it opens on this machine, read whole into a buffer
//! that is there already, and nothing made of them.

use std::{
    fs::{self, File},
    io::{ErrorKind, Read as _},
    os::fd::{AsRawFd as _, OwnedFd},
};

use anyhow::Context as _;
use nix::sys::socket::{
    AddressFamily, MsgFlags, NetlinkAddr, SockFlag, SockProtocol, SockType, recv, sendto, socket,
};

/// What is read for one kind.
#[derive(Debug, Default)]
pub(crate) struct Floor {
    files: Vec<String>,
    dumps: Vec<Dump>,
    /// Whether the open files of every process are looked through.
    holders: bool,
    /// What the probe does beside, of which the floor knows nothing.
    pub(crate) left_out: &'static str,
    /// Whether nobody has said what this kind reads: there is no ratio to it.
    pub(crate) unknown: bool,
}

/// A question to the kernel whose answer is a list.
#[derive(Debug)]
struct Dump {
    protocol: SockProtocol,
    message_type: u16,
    body: Vec<u8>,
}

const RTM_GETLINK: u16 = 18;
const RTM_GETADDR: u16 = 22;
const RTM_GETROUTE: u16 = 26;
const SOCK_DIAG_BY_FAMILY: u16 = 20;
/// Of a netlink message: the flags of a request for a list, the type that ends it.
const DUMP: u16 = 0x301;
const DONE: u16 = 3;
/// As large as the agent's.
const BUFFER: usize = 64 * 1024;

/// The floor of `kind`. The lists are what `strace` shows that the probes open, not what they may
/// open: sources that are looked at only when others fail are not here.
///
/// # Errors
/// When `/sys` cannot be listed.
pub(crate) fn of(kind: &str) -> anyhow::Result<Floor> {
    let files = |paths: &[&str]| paths.iter().map(|path| path.to_string()).collect();
    let mut floor = Floor::default();
    match kind {
        "os" => {
            floor.files = files(&[
                "/etc/os-release",
                "/etc/hostname",
                "/proc/sys/kernel/hostname",
                "/proc/sys/kernel/osrelease",
                "/proc/sys/kernel/random/boot_id",
                "/proc/stat",
            ]);
            floor.left_out = "uname, one readlink";
        }
        "hardware" => {
            floor.files = files(&[
                "/proc/cpuinfo",
                "/proc/meminfo",
                "/sys/devices/system/cpu/online",
            ]);
            floor.files.extend(processors()?);
            floor.left_out = "files that are not there";
        }
        "package" => {
            floor.files = files(&["/var/lib/dpkg/status"]);
            floor.left_out = "rpm: its database, where there is one";
        }
        "user" => floor.files = files(&["/etc/passwd", "/etc/shadow"]),
        "group" => floor.files = files(&["/etc/group"]),
        "mount" => floor.files = files(&["/proc/1/mountinfo"]),
        "interface" => floor.dumps = vec![links()],
        "address" => floor.dumps = vec![route(RTM_GETADDR, 8), links()],
        "route" => floor.dumps = vec![route(RTM_GETROUTE, 12), links()],
        "listener" => {
            floor.dumps = [(2, 6, 10), (10, 6, 10), (2, 17, 7), (10, 17, 7)]
                .map(|(family, protocol, state)| sockets(family, protocol, state))
                .into();
            floor.holders = true;
        }
        _ => floor.unknown = true,
    }
    Ok(floor)
}

fn processors() -> anyhow::Result<Vec<String>> {
    let mut files = Vec::new();
    for entry in fs::read_dir("/sys/devices/system/cpu")? {
        let folder = entry?.path().join("topology");
        for name in ["physical_package_id", "core_id"] {
            files.push(folder.join(name).display().to_string());
        }
    }
    files.retain(|path| fs::exists(path).unwrap_or(false));
    Ok(files)
}

fn links() -> Dump {
    route(RTM_GETLINK, 16)
}

fn route(message_type: u16, header: usize) -> Dump {
    Dump {
        protocol: SockProtocol::NetlinkRoute,
        message_type,
        body: vec![0; header],
    }
}

fn sockets(family: u8, protocol: u8, state: u32) -> Dump {
    let mut body = vec![0; 56];
    (body[0], body[1]) = (family, protocol);
    body[4..8].copy_from_slice(&(1_u32 << state).to_ne_bytes());
    Dump {
        protocol: SockProtocol::NetlinkSockDiag,
        message_type: SOCK_DIAG_BY_FAMILY,
        body,
    }
}

impl Floor {
    /// Reads everything once, and says how many bytes that were.
    ///
    /// # Errors
    /// When a file is there and cannot be read, or the kernel does not answer.
    pub(crate) fn read(&self) -> anyhow::Result<usize> {
        let mut buffer = Vec::with_capacity(BUFFER);
        let mut bytes = 0;
        for path in &self.files {
            buffer.clear();
            match File::open(path) {
                Ok(mut file) => bytes += file.read_to_end(&mut buffer)?,
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(error).with_context(|| path.clone()),
            }
        }
        for dump in &self.dumps {
            bytes += dump.read()?;
        }
        if self.holders {
            bytes += holders()?;
        }
        Ok(bytes)
    }
}

impl Dump {
    fn read(&self) -> anyhow::Result<usize> {
        let socket: OwnedFd = socket(
            AddressFamily::Netlink,
            SockType::Datagram,
            SockFlag::SOCK_CLOEXEC,
            self.protocol,
        )?;
        let length = 16 + self.body.len();
        let mut message = Vec::with_capacity(length);
        message.extend(u32::try_from(length)?.to_ne_bytes());
        message.extend(self.message_type.to_ne_bytes());
        message.extend(DUMP.to_ne_bytes());
        message.extend([0; 8]);
        message.extend(&self.body);
        let kernel = NetlinkAddr::new(0, 0);
        sendto(socket.as_raw_fd(), &message, &kernel, MsgFlags::empty())?;
        let mut buffer = vec![0; BUFFER];
        let mut bytes = 0;
        loop {
            let got = recv(socket.as_raw_fd(), &mut buffer, MsgFlags::empty())?;
            bytes += got;
            // The end is a message, and a datagram of its own.
            if got < 16 || buffer[4..6] == DONE.to_ne_bytes() {
                return Ok(bytes);
            }
        }
    }
}

/// The targets of the open files of every process: who holds which socket is nowhere else.
fn holders() -> anyhow::Result<usize> {
    let mut bytes = 0;
    for process in fs::read_dir("/proc")? {
        let process = process?;
        let is_number = process.file_name().as_encoded_bytes()[0].is_ascii_digit();
        // Processes come and go.
        let Ok(files) = fs::read_dir(process.path().join("fd")) else {
            continue;
        };
        for file in files.flatten().filter(|_| is_number) {
            bytes += fs::read_link(file.path()).map_or(0, |target| target.as_os_str().len());
        }
    }
    Ok(bytes)
}
