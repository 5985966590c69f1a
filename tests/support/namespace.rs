//! A host that a test may change: a process tree in namespaces of its own for mounts, network, host
//! name and processes. What is written below `/etc`, `/var`, `/usr`, `/home`, `/root` and `/run`
//! stays in memory and goes when the host goes; the machine itself is not touched. Its programs,
//! its packages and its accounts are the machine's, so that `dpkg`, `useradd` and `ip` are real.

use std::{
    env,
    ffi::OsStr,
    fs::Permissions,
    io::{BufRead as _, BufReader, Read as _},
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use tempfile::TempDir;

use crate::{Process, process::binary};

/// Says that this machine has no namespaces to give, and that this is known.
const WITHOUT: &str = "OPENWATCH_NO_NAMESPACES";

/// What the host is called.
pub const HOSTNAME: &str = "live-host";

/// Where its programs are; what the test was started with may lead elsewhere.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// What its first process does, before it becomes one that only waits, or systemd.
const INIT: &str = r#"
set -e
mkdir "$1/layers"
mount -t tmpfs layers "$1/layers"
for folder in etc var usr home root; do
    [ -d "/$folder" ] || continue
    mkdir -p "$1/layers/$folder/upper" "$1/layers/$folder/work"
    mount -t overlay "live-$folder" "/$folder" -o \
        "lowerdir=/$folder,upperdir=$1/layers/$folder/upper,workdir=$1/layers/$folder/work"
done
mount -t tmpfs run /run
# The machine's other temporary files are not the host's, and no limit of its kernel can be set.
mkdir /run/shared /run/programs
mount --rbind "$1" /run/shared
mount --bind "$5" /run/programs
mount -t tmpfs tmp /tmp
mkdir -p "$1"
mount --move /run/shared "$1"
# A checkout may lie among them.
case "$5" in /tmp/*) mkdir -p "$5"; mount --bind /run/programs "$5" ;; esac
umount /run/programs
rmdir /run/shared /run/programs
mount --bind /proc/sys /proc/sys
mount -o remount,bind,ro /proc/sys
mount --bind /proc/sys/net /proc/sys/net
mount -o remount,bind,rw /proc/sys/net
hostname "$2"
ip link set lo up
if [ "$3" = systemd ]; then
    mount -t cgroup2 none /sys/fs/cgroup
    units=/run/systemd/system
    # What the machine starts at boot, down to what cleans its folders, is not started here.
    rm -rf /usr/lib/systemd/system/*.target.wants /etc/systemd/system/*.wants
    mkdir -p $units/dbus.socket.d $units/dbus.service.d
    printf '[Unit]\nDefaultDependencies=no\n' > $units/bus.target
    printf '[Unit]\nWants=dbus.socket dbus.service\nAfter=dbus.service\n' >> $units/bus.target
    printf '[Unit]\nDefaultDependencies=no\n' | tee $units/dbus.socket.d/alone.conf \
        > $units/dbus.service.d/alone.conf
    echo up
    # Of the machine's units it starts the bus alone. In a container systemd sets no clock and no
    # limit of the kernel.
    exec env container=openwatch "$4" --system --unit=bus.target --log-target=null --show-status=no
fi
echo up
exec sleep infinity
"#;

/// Where distributions put systemd.
const SYSTEMD: [&str; 2] = ["/usr/lib/systemd/systemd", "/lib/systemd/systemd"];

/// A running host. Dropped, it and all its processes are gone.
#[derive(Debug)]
pub struct LiveHost {
    machine: Child,
    folder: TempDir,
}

impl LiveHost {
    /// Starts a host with a loopback interface and nothing that runs. It goes with the thread that
    /// started it. `None`, said on standard
    /// error, where the environment has `OPENWATCH_NO_NAMESPACES=1`.
    ///
    /// # Panics
    /// When the kernel refuses, for example because this is not root.
    pub fn start() -> Option<Self> {
        Self::with(["wait", ""])
    }

    /// As [`LiveHost::start`], with systemd as the first process, and a system bus. `None`, said on
    /// standard error, also where the machine has no systemd installed.
    ///
    /// # Panics
    /// When systemd does not come up.
    pub fn boot() -> Option<Self> {
        let Some(systemd) = SYSTEMD.into_iter().find(|path| Path::new(path).exists()) else {
            eprintln!("skipped: systemd is not installed");
            return None;
        };
        let host = Self::with(["systemd", systemd])?;
        let running = || {
            let args = ["is-system-running"];
            let asked = host.command("systemctl".as_ref()).args(args).output();
            let state = asked.expect("systemctl").stdout;
            ["running\n", "degraded\n"].contains(&String::from_utf8_lossy(&state).as_ref())
        };
        let patience = Instant::now() + Duration::from_secs(60);
        while !running() {
            assert!(Instant::now() < patience, "systemd does not come up");
            std::thread::sleep(Duration::from_millis(50));
        }
        Some(host)
    }

    fn with(init: [&str; 2]) -> Option<Self> {
        if env::var_os(WITHOUT).is_some_and(|value| value == "1") {
            eprintln!("skipped: {WITHOUT}=1");
            return None;
        }
        // Not in a folder that the host overlays: what its processes make must be seen outside.
        let folder = tempfile::tempdir_in("/tmp").expect("a folder");
        // The account that runs Postgres passes through it.
        let open = Permissions::from_mode(0o755);
        std::fs::set_permissions(folder.path(), open).expect("a mode");
        // The host goes with the thread that started it, however that ends.
        let machine = Command::new("setpriv")
            .args(["--pdeathsig", "KILL", "--bounding-set", "-sys_time"])
            .args([
                "unshare", "--mount", "--net", "--uts", "--pid", "--cgroup", "--fork",
            ])
            .args(["--kill-child", "--propagation", "private", "--mount-proc"])
            .args(["sh", "-c", INIT, "init"])
            .args([folder.path().as_os_str(), OsStr::new(HOSTNAME)])
            .args(init)
            .arg(binary("").as_os_str())
            .env_clear()
            .env("PATH", PATH)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("setpriv and unshare, of util-linux");
        let mut host = Self { machine, folder };
        host.wait();
        Some(host)
    }

    fn wait(&mut self) {
        let mut said = String::new();
        let stdout = self.machine.stdout.take().expect("it is piped");
        let _ = BufReader::new(stdout).read_line(&mut said);
        if said == "up\n" {
            return;
        }
        let mut why = String::new();
        let _ = self.machine.kill();
        let mut stderr = self.machine.stderr.take().expect("it is piped");
        let _ = stderr.read_to_string(&mut why);
        panic!(
            "no live host: {}. It takes root, and a kernel that allows namespaces, overlays and \
             tmpfs. Where there is none, {WITHOUT}=1 goes without this test.",
            why.trim()
        );
    }

    /// A folder that the host and this test share.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// What `program` prints when it runs on the host.
    ///
    /// # Panics
    /// When it fails, with what it said.
    pub fn run(&self, program: impl AsRef<OsStr>, args: &[&str]) -> String {
        let program = program.as_ref();
        let mut command = self.command(program);
        command.args(args).stdin(Stdio::null());
        let output = command.output().expect("nsenter, of util-linux");
        assert!(
            output.status.success(),
            "{} {args:?}: {}{}",
            program.display(),
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr),
        );
        String::from_utf8(output.stdout).expect("text")
    }

    /// Starts `program` on the host, with what it says going to a log of that name in the host's
    /// folder. Killed or asked to stop, it ends at once and without a word: the signal reaches who
    /// started it there.
    pub fn spawn(&self, program: impl AsRef<OsStr>, args: &[&str], log: &str) -> Process {
        let mut command = self.command(program.as_ref());
        command.args(args);
        Process::spawn(command, &self.folder().join(log))
    }

    fn command(&self, program: &OsStr) -> Command {
        let pid = self.machine.id();
        let mut command = Command::new("nsenter");
        command
            .args([
                "--mount",
                "--net",
                "--uts",
                "--cgroup",
                "--target",
                &pid.to_string(),
            ])
            .arg(format!("--pid=/proc/{pid}/ns/pid_for_children"))
            .args(["setpriv", "--pdeathsig", "KILL", "--"])
            .arg(program)
            .env_clear()
            .env("PATH", PATH)
            .env("LC_ALL", "C");
        command
    }
}

impl Drop for LiveHost {
    fn drop(&mut self) {
        let _ = self.machine.kill();
        let _ = self.machine.wait();
    }
}
