/// Content.
mod content;

/// Seeds of the fuzz targets.
pub(crate) mod corpus;

use proptest::prelude::*;

use super::*;
use crate::{
    digest::Digest,
    id::{Epoch, HostId},
};

fn record(value: &str) -> AgentMessage {
    AgentMessage::Records(vec![Record {
        seq: 7,
        at: 1_700_000_000_000_000,
        body: Body::Delta(Delta {
            kind: "package".into(),
            changes: vec![RowChange {
                key: "bash:amd64".into(),
                value: Some(value.into()),
            }],
            digest: Digest([3; 16]),
        }),
    }])
}

#[test]
fn a_small_message_survives_its_frame_uncompressed() {
    let frame = seal(&record("{}")).unwrap();
    assert_eq!(frame[3], 0);
    assert_eq!(open::<AgentMessage>(&frame).unwrap(), record("{}"));
}

#[test]
fn a_large_message_survives_its_frame_compressed() {
    let message = record(&"x".repeat(5000));
    let frame = seal(&message).unwrap();
    assert!(frame.len() < 500 && frame[3] == 1, "{} bytes", frame.len());
    assert_eq!(open::<AgentMessage>(&frame).unwrap(), message);
}

#[test]
fn a_message_above_the_limit_is_not_written() {
    let error = seal(&record(&"x".repeat(MAX_PAYLOAD))).unwrap_err();
    assert!(matches!(error, WireError::TooLarge(_)), "{error}");
}

#[test]
fn each_fault_of_a_header_has_its_name() {
    let good = seal(&record("{}")).unwrap();
    let fault = |at: usize, byte: u8| {
        let mut frame = good.clone();
        frame[at] = byte;
        open::<AgentMessage>(&frame).unwrap_err()
    };
    assert!(matches!(fault(0, b'X'), WireError::Magic));
    assert!(matches!(fault(2, 9), WireError::Format(9)));
    assert!(matches!(fault(3, 0x80), WireError::Flags(0x80)));
    assert!(matches!(fault(7, 0x7f), WireError::TooLarge(_)));
}

#[test]
fn a_frame_that_unpacks_to_more_than_the_limit_is_refused() {
    let bomb = zstd::bulk::compress(&vec![0; 64 << 20], 19).unwrap();
    let mut frame = b"OW\x01\x01".to_vec();
    frame.extend_from_slice(&(bomb.len() as u32).to_le_bytes());
    frame.extend_from_slice(&bomb);
    assert!(matches!(
        open::<AgentMessage>(&frame).unwrap_err(),
        WireError::Compression(_)
    ));
}

#[test]
fn a_claimed_count_without_bytes_is_refused() {
    // Variant 1 (Records), then a length of 2^62.
    let bytes = [&[1, 253][..], &(1_u64 << 62).to_le_bytes()].concat();
    assert!(decode::<AgentMessage>(&bytes).is_err());
}

#[tokio::test]
async fn a_stream_ends_between_frames_or_is_truncated() {
    let frame = seal(&record("{}")).unwrap();
    let mut whole = &frame[..];
    assert_eq!(
        read::<AgentMessage>(&mut whole).await.unwrap(),
        Some(record("{}"))
    );
    assert_eq!(read::<AgentMessage>(&mut whole).await.unwrap(), None);
    for end in 1..frame.len() {
        let error = read::<AgentMessage>(&mut &frame[..end]).await.unwrap_err();
        assert!(matches!(error, WireError::Truncated), "{end}: {error}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn random_bytes_never_panic(bytes: Vec<u8>) {
        let _ = open::<AgentMessage>(&bytes);
        let _ = open::<CollectorMessage>(&bytes);
        let _ = decode::<AgentMessage>(&bytes);
        let _ = decode::<EnrolRequest>(&bytes);
    }

    #[test]
    fn a_damaged_frame_is_an_error_or_another_message(at in 0_usize..200, byte: u8) {
        let mut frame = seal(&record(&"y".repeat(2000))).unwrap();
        let at = at % frame.len();
        frame[at] = byte;
        let _ = open::<AgentMessage>(&frame);
    }
}

/// The bytes of each message as released. A new message adds a file; an old file never changes.
#[test]
fn golden_files_decode_to_what_was_written() {
    let host = HostId::from_uri("urn:openwatch:host:01890a5d-ac96-774b-bcce-b302099a8057").unwrap();
    let hello = AgentMessage::Hello(Hello {
        protocol: 1,
        host,
        agent_version: "0.1.0".into(),
        build: [1; 32],
        boot_id: "b0071d".into(),
        machine: [2; 32],
        epoch: Epoch(42),
        last_seq: 300,
        acked: 290,
        kinds: vec![KindState {
            kind: "os".into(),
            seq: 9,
            digest: Digest([4; 16]),
        }],
        sent_at: 1_700_000_000_000_001,
    });
    let at = 1_700_000_000_000_002;
    let bodies = [
        Body::Delta(Delta {
            kind: "user".into(),
            changes: vec![
                RowChange {
                    key: "ann".into(),
                    value: Some(r#"{"uid":1000}"#.into()),
                },
                RowChange {
                    key: "bob".into(),
                    value: None,
                },
            ],
            digest: Digest([5; 16]),
        }),
        Body::Snapshot(Snapshot {
            kind: "mount".into(),
            rows: vec![Row {
                key: "/".into(),
                value: "{}".into(),
            }],
            last: true,
            digest: Digest([6; 16]),
        }),
        Body::Freshness(Freshness {
            kind: "service".into(),
            stale: Some(Stale {
                reason: StaleReason::Unavailable,
                detail: "no bus".into(),
            }),
        }),
        Body::Gap(Gap {
            from: 1,
            to: 2,
            records: 3,
        }),
    ];
    let records = bodies
        .into_iter()
        .zip(1..)
        .map(|(body, seq)| Record { seq, at, body })
        .collect();
    golden("agent-hello", &hello);
    golden("agent-records", &AgentMessage::Records(records));
    golden(
        "collector-welcome",
        &CollectorMessage::Welcome(Welcome {
            protocol: 1,
            resume: Resume::After(5),
            server_time: 8,
        }),
    );
    golden(
        "collector-welcome-new-epoch",
        &CollectorMessage::Welcome(Welcome {
            protocol: 1,
            resume: Resume::NewEpoch,
            server_time: 8,
        }),
    );
    golden("collector-ack", &CollectorMessage::Ack(70_000));
    golden(
        "collector-refresh",
        &CollectorMessage::Refresh(vec!["package".into()]),
    );
    golden(
        "agent-metrics",
        &AgentMessage::Metrics(Metrics {
            number: 3,
            dropped: 2,
            names: vec!["cpu.user".into(), "disk.busy{device=sda}".into()],
            minutes: vec![28_333_333, 28_333_334],
            shapes: vec![0x12, 0x08],
            levels: vec![0.25_f32.to_bits()],
            means: vec![-300],
            falls: vec![4],
            rises: vec![60_000],
            lasts: vec![-4],
        }),
    );
    golden("collector-metrics-ack", &CollectorMessage::MetricsAck(3));
    let refused = Refused {
        reason: Refusal::HostRevoked,
        message: "revoked".into(),
        retry_after_ms: Some(1000),
    };
    golden(
        "collector-refused",
        &CollectorMessage::Refused(refused.clone()),
    );
    golden_control();
    golden(
        "enrol-request",
        &EnrolRequest {
            token: "ow1_x".into(),
            csr: vec![1, 2],
            hostname: "web-1".into(),
            machine: [7; 32],
            agent_version: "0.1.0".into(),
        },
    );
    golden("renew-request", &RenewRequest { csr: vec![1, 2] });
    golden(
        "issue-issued",
        &IssueReply::Issued(Issued {
            host,
            certificate: vec![3],
            authority: vec![4],
        }),
    );
    golden("issue-refused", &IssueReply::Refused(refused));
}

fn golden_control() {
    let run = |previous, booted_at| {
        AgentMessage::Run(Run {
            process: [9; 16],
            started_at: 1_700_000_000_000_003,
            booted_at,
            previous,
            sent_at: 1_700_000_000_000_004,
        })
    };
    golden("agent-run", &run(Previous::None, None));
    golden("agent-run-killed", &run(Previous::Killed, Some(-5)));
    golden(
        "agent-run-rebooted",
        &run(Previous::Ended(Ending::HostRebooting), Some(5)),
    );
    let reason = Ending::HostShutdown;
    golden(
        "agent-farewell",
        &AgentMessage::Farewell(Farewell { reason }),
    );
    golden(
        "agent-in-force",
        &AgentMessage::InForce(InForce {
            version: Some([8; 32]),
            refused: Some("no".into()),
            unknown: vec!["tape".into()],
            disabled: vec!["listener".into()],
        }),
    );
    golden(
        "agent-digests",
        &AgentMessage::Digests(vec![KindState {
            kind: "user".into(),
            seq: 7,
            digest: Digest([9; 16]),
        }]),
    );
    let seal = |opening| {
        AgentMessage::Seal(Seal {
            epoch: Epoch(42),
            seq: 301,
            head: [10; 32],
            opening,
            signature: vec![11; 70],
        })
    };
    golden("agent-seal", &seal(None));
    golden("agent-seal-opening", &seal(Some(Opening::Folded)));
    golden(
        "collector-settings",
        &CollectorMessage::Settings(Settings {
            kinds: vec![KindSettings {
                kind: "package".into(),
                enabled: Some(false),
                every_s: Some(3600),
            }],
            metrics_enabled: Some(true),
            metrics_send_every_s: Some(60),
            reconcile_s: None,
            labels: vec![Label {
                key: "role".into(),
                value: "web".into(),
            }],
        }),
    );
    golden(
        "collector-assignment",
        &CollectorMessage::Assignment(Assignment {
            profiles: vec!["cis-debian12-l1-server".into()],
            variables: vec![SetVariable {
                name: "ssh-max-auth-tries.tries".into(),
                value: "3".into(),
            }],
        }),
    );
    golden(
        "agent-assigned",
        &AgentMessage::Assigned(Assigned {
            version: Some([7; 32]),
            refused: Some("no".into()),
            unknown_profiles: vec!["gone".into()],
            unknown_variables: vec!["lost".into()],
        }),
    );
}

/// Compares with `testdata/wire/NAME.bin`. A file that is missing is written when
/// `OPENWATCH_WRITE_GOLDEN` is set, and is a failure otherwise.
fn golden<M>(name: &str, message: &M)
where
    M: serde::Serialize + serde::de::DeserializeOwned + PartialEq + std::fmt::Debug,
{
    let path =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("testdata/wire/{name}.bin"));
    if !path.exists() && option_env!("OPENWATCH_WRITE_GOLDEN").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, seal(message).unwrap()).unwrap();
    }
    let bytes = std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    assert_eq!(&open::<M>(&bytes).unwrap(), message, "{name}");
}
