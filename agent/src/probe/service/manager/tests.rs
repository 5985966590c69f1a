use std::{
    io::{Read as _, Write as _},
    os::unix::net::{UnixListener, UnixStream},
    thread,
};

use zbus::{
    Message, Type as _,
    wire::{Endian, serialized::Context},
};

use super::*;
use crate::probe::{
    hostile::{self, Chance, spoilt},
    live, service,
};

/// What comes of asking at a socket that `listener` is behind, or is no more.
async fn ask_at(keep: bool) -> Stale {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bus");
    let listener = UnixListener::bind(&path).unwrap();
    let _kept = keep.then_some(listener);
    stale(&patiently(path.to_str().unwrap(), None).await.unwrap_err())
}

#[tokio::test(start_paused = true)]
async fn a_bus_that_never_answers_is_given_up() {
    let stale = ask_at(true).await;
    assert_eq!(stale.reason, StaleReason::TimedOut, "{}", stale.detail);
    assert!(stale.detail.contains("10 s"), "{}", stale.detail);
}

#[tokio::test]
async fn a_socket_that_nobody_listens_on_is_unavailable() {
    let stale = ask_at(false).await;
    assert_eq!(stale.reason, StaleReason::Unavailable, "{}", stale.detail);
    assert!(stale.detail.contains("/bus"), "{}", stale.detail);
}

/// A reply's bytes, to be sent to whom a number is put in for.
fn reply(body: &(impl serde::Serialize + zbus::DynamicType)) -> Vec<u8> {
    let call = Message::method_call(PATH, LIST_UNITS).build(&()).unwrap();
    let reply = Message::method_return(&call.header()).build(body).unwrap();
    reply.data().bytes().to_vec()
}

/// What a bus and systemd say to who connects and asks.
fn replies() -> [Vec<u8>; 3] {
    let object = OwnedObjectPath::try_from("/org/freedesktop/systemd1/unit/x").unwrap();
    let unit = |name: &str, active: &str, sub: &str| -> ListedUnit {
        let [name, active, sub] = [name, active, sub].map(str::to_owned);
        let (description, load, none) = (format!("The {name}"), "loaded".into(), String::new());
        let (own, job) = (object.clone(), object.clone());
        (
            name,
            description,
            load,
            active,
            sub,
            none.clone(),
            own,
            0,
            none,
            job,
        )
    };
    let units = vec![
        unit("ssh.service", "active", "running"),
        unit("cron.service", "inactive", "dead"),
        unit("dbus.socket", "active", "listening"),
    ];
    let file = |path: &str, state: &str| (path.to_owned(), state.to_owned());
    let files = vec![
        file("/lib/systemd/system/ssh.service", "enabled"),
        file("/etc/systemd/system/sshd.service", "alias"),
        file("/lib/systemd/system/getty@.service", "static"),
    ];
    [reply(&":1.7"), reply(&units), reply(&files)]
}

/// Serves one connection. The reply of number `bad` is spoilt; after it the bus hangs up.
fn serve(listener: &UnixListener, bad: usize, chance: &mut Chance) -> io::Result<()> {
    let (mut stream, _) = listener.accept()?;
    let mut come = Vec::new();
    loop {
        let line = taken(&mut stream, &mut come, |come| {
            let end = come.windows(2).position(|two| two == b"\r\n")?;
            Some(end + 2)
        })?;
        match line.trim_ascii().trim_ascii_start() {
            b"BEGIN" => break,
            b"NEGOTIATE_UNIX_FD" => stream.write_all(b"AGREE_UNIX_FD\r\n")?,
            _ => stream.write_all(b"OK 0123456789abcdef0123456789abcdef\r\n")?,
        }
    }
    for (n, mut reply) in replies().into_iter().enumerate() {
        let call = taken(&mut stream, &mut come, |come| {
            let number = |at: usize| Some(u32::from_ne_bytes(*come.get(at..)?.first_chunk()?));
            let (body, fields) = (number(4)?, number(12)?.next_multiple_of(8));
            Some(16 + body as usize + fields as usize)
        })?;
        // The field that says which call it is a reply to: its code, its type, the number.
        let field = reply.windows(4).position(|four| four == [5, 1, b'u', 0]);
        let at = field.unwrap() + 4;
        reply[at..at + 4].copy_from_slice(&call[8..12]);
        if n == bad {
            return stream.write_all(&unlike(&reply, chance));
        }
        stream.write_all(&reply)?;
    }
    Ok(())
}

/// A spoilt reply whose header claims less than 16 MiB of fields and of body. The bus keeps to the
/// lengths that it says, whatever systemd sends, and zbus makes room for 128 MiB on its word.
fn unlike(reply: &[u8], chance: &mut Chance) -> Vec<u8> {
    let mut bytes = spoilt(reply, chance);
    let highest = if bytes.first() == Some(&b'B') { 0 } else { 3 };
    for at in [4, 12] {
        if let Some(byte) = bytes.get_mut(at + highest) {
            *byte = 0;
        }
    }
    bytes
}

/// Takes as many bytes off the beginning as `length` says once it can.
fn taken(
    stream: &mut UnixStream,
    come: &mut Vec<u8>,
    length: impl Fn(&[u8]) -> Option<usize>,
) -> io::Result<Vec<u8>> {
    loop {
        if let Some(length) = length(come).filter(|length| *length <= come.len()) {
            return Ok(come.drain(..length).collect());
        }
        let mut more = [0; 4096];
        match stream.read(&mut more)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            read => come.extend(&more[..read]),
        }
    }
}

#[test]
fn a_thousand_bad_replies_of_systemd_harm_no_service() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bus");
    let listener = UnixListener::bind(&path).unwrap();
    thread::spawn(move || {
        let mut chance = Chance(19);
        for n in 0..=hostile::INPUTS {
            // The first time all is well. That who asks hangs up over nonsense is as it should be.
            let bad = if n == 0 { usize::MAX } else { n % 3 };
            let _ = serve(&listener, bad, &mut chance);
        }
    });
    let runtime = runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.unwrap();
    let ask = || {
        let answer = runtime.block_on(patiently(path.to_str().unwrap(), None));
        let answer = answer.map_err(|error| stale(&error))?;
        service::facts(answer, |_| None)
    };
    assert_eq!(ask().unwrap().len(), 4);
    hostile::within_memory("service", || {
        for _ in 0..hostile::INPUTS {
            if let Err(stale) = ask() {
                assert!(stale.detail.len() > 5, "{stale:?}");
                assert_ne!(stale.reason, StaleReason::TimedOut, "{}", stale.detail);
            }
        }
    });
}

#[test]
fn inputs_that_once_were_trouble_do_not_panic() {
    let context = Context::new(Endian::Little, 0);
    live::replay("systemd-reply", |bytes| {
        let body = Data::new(bytes, context);
        let _ = units(&body, Vec::<ListedUnit>::SIGNATURE);
        let _ = files(&body, Vec::<(String, String)>::SIGNATURE);
    });
}
