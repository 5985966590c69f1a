//! A live host that is watched: the built programs, as an administrator starts them.

use std::{fs, path::Path};

use crate::{Api, LiveHost, Process, process::binary, until};

/// Where the collector is for agents. The host has a network of its own, so the port is free.
const AGENTS: &str = "127.0.0.1:7443";

/// A live host with a collector and an agent on it. What the collector says comes out through its
/// socket, which is a file.
#[derive(Debug)]
pub struct Watched {
    pub api: Api,
    /// The host's UUID.
    pub id: String,
    pub agent: Process,
    /// Ends with the host.
    _collector: Process,
    pub host: LiveHost,
}

impl Watched {
    /// Prepares a host, and starts and enrols an agent on it, which has nothing to tell it of
    /// changes but the events. `None` where this machine is known to have no namespaces.
    ///
    /// # Panics
    /// When either program does not start, with what it said.
    pub async fn start(prepare: impl FnOnce(&LiveHost)) -> Option<Self> {
        Some(Self::on(LiveHost::start()?, prepare).await)
    }

    /// The same on this host.
    ///
    /// # Panics
    /// As [`Watched::start`].
    pub async fn on(host: LiveHost, prepare: impl FnOnce(&LiveHost)) -> Self {
        prepare(&host);
        Self::traced(host, &[]).await
    }

    /// The same, with the agent run by another program, such as `strace`.
    ///
    /// # Panics
    /// As [`Watched::start`].
    pub async fn traced(host: LiveHost, tracer: &[&str]) -> Self {
        Self::begin(host, tracer, Path::new("/usr/share/openwatch/content")).await
    }

    /// The same on this host, held to the rules that are shipped.
    ///
    /// # Panics
    /// As [`Watched::start`].
    pub async fn held(host: LiveHost) -> Self {
        // The live host has its own /tmp, where this checkout may lie.
        let content = host.folder().join("content");
        copy(&crate::content(), &content);
        Self::begin(host, &[], &content).await
    }

    async fn begin(host: LiveHost, tracer: &[&str], content: &Path) -> Self {
        let folder = host.folder();
        let path = |name: &str| folder.join(name).display().to_string();
        let (collector_file, agent_file) = (path("collector.toml"), path("agent.toml"));
        let collector = format!(
            "data_dir = \"{}\"\n[database]\noptions = [\"fsync=off\", \"shared_buffers=32MB\"]\n\
             [agents]\nlisten = \"{AGENTS}\"\n[https]\nlisten = \"127.0.0.1:8443\"\n\
             [content]\ndir = \"{}\"\n",
            path("collector"),
            content.display(),
        );
        fs::write(&collector_file, collector).expect("the settings");
        let agent = format!(
            "state_dir = \"{}\"\n[link]\nbackoff_first_ms = 50\n[rules]\ncontent = \"{}\"\n",
            path("agent"),
            content.display(),
        );
        fs::write(&agent_file, agent).expect("the settings");

        let serve = ["serve", "--config", &collector_file];
        let mut collector = host.spawn(binary("openwatch-collector"), &serve, "collector.log");
        let api = Api::local(&folder.join("collector/admin.sock"));
        until("the collector's answer", async || {
            if let Some(status) = collector.ended() {
                panic!("the collector ended with {status}: {}", collector.said());
            }
            let answers = api.try_send("/readyz").await;
            answers.then_some(()).ok_or(collector.said())
        })
        .await;

        let program = binary("openwatch-agent");
        let token = api.token(1).await;
        let settings = ["--config", agent_file.as_str()];
        let enrol = ["enroll", "--collector", AGENTS, "--token", &token];
        host.run(&program, &[&enrol[..], &settings].concat());
        let text = program.to_str().expect("a path that is text");
        let run = [tracer, &[text, "run"], &settings[..]].concat();
        let agent = host.spawn(run[0], &run[1..], "agent.log");
        let hosts = api.get("/api/v1/hosts").await;
        let id = hosts["items"][0]["id"].as_str().expect("an id").to_owned();
        Self {
            api,
            id,
            agent,
            _collector: collector,
            host,
        }
    }
    /// What a command of the agent prints on the host.
    ///
    /// # Panics
    /// When it fails.
    pub fn agent_says(&self, command: &[&str]) -> String {
        let settings = self.host.folder().join("agent.toml");
        let settings = settings.display().to_string();
        let arguments = [command, &["--config", &settings]].concat();
        self.host.run(binary("openwatch-agent"), &arguments)
    }

    /// Everything that the collector's database holds, as SQL.
    ///
    /// # Panics
    /// When it cannot be read.
    pub fn dump(&self) -> String {
        let socket = self.host.folder().join("collector/postgres/socket");
        let dump = "exec \"$(ls /usr/lib/postgresql/*/bin/pg_dump | tail -1)\" \
            --host \"$1\" --username openwatch --no-password openwatch";
        let socket = socket.to_str().expect("a path that is text");
        self.host.run("sh", &["-c", dump, "dump", socket])
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let path = entry.expect("an entry").path();
        let to = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy(&path, &to);
        } else {
            fs::copy(&path, &to).expect("a copy");
        }
    }
}
