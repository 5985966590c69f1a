//! The messages of content, as released.

use super::*;

fn trial() -> Trial {
    Trial {
        results: 450,
        errors: 2,
        errors_before: 1,
        cpu_ms: 870,
        turning: 2,
        turns: vec![
            Turn {
                rule: "ssh-root-login".into(),
                from: Some("pass".into()),
                to: Some("fail".into()),
            },
            Turn {
                rule: "gone".into(),
                from: Some("pass".into()),
                to: None,
            },
        ],
    }
}

fn outcome(stage: OfferStage) -> OfferOutcome {
    OfferOutcome {
        order: [12; 16],
        serial: 8,
        manifest: [13; 32],
        stage,
        trial: None,
        detail: String::new(),
    }
}

fn state(offer: OfferOutcome) -> AgentMessage {
    AgentMessage::Content(ContentState {
        in_force: Some(InForceBundle {
            serial: 7,
            manifest: [14; 32],
            created: 1_700_000_000_000_005,
            expires: 1_700_000_000_000_006,
            since: 1_700_000_000_000_007,
        }),
        kept: vec![6, 7],
        root: Some(HeldRoot {
            version: 2,
            expires: 1_700_000_000_000_008,
            pinned: true,
        }),
        offer: Some(offer),
    })
}

#[test]
fn golden_files_of_content_decode_to_what_was_written() {
    golden(
        "agent-content-none",
        &AgentMessage::Content(ContentState::default()),
    );
    let tried = OfferOutcome {
        trial: Some(trial()),
        ..outcome(OfferStage::Tried)
    };
    golden("agent-content-tried", &state(tried));
    let refused = OfferOutcome {
        detail: "the bundle of serial 8 is older than 9".into(),
        ..outcome(OfferStage::Refused(ContentRefusal::Older))
    };
    golden("agent-content-refused", &state(refused));
    golden(
        "agent-content-returned",
        &state(outcome(OfferStage::Returned)),
    );
    golden(
        "collector-offer",
        &CollectorMessage::Offer(Offer {
            serial: 8,
            manifest: [13; 32],
            root: 2,
            trial: true,
            order: [12; 16],
        }),
    );
}

#[test]
fn golden_files_of_streams_of_content_decode_to_what_was_written() {
    golden("fetch-roots", &Fetch::Roots { after: 1 });
    golden(
        "fetch-manifest",
        &Fetch::Manifest {
            manifest: [13; 32],
            basis: Some([14; 32]),
        },
    );
    golden("fetch-files", &Fetch::Files(vec![[15; 32], [16; 32]]));
    golden(
        "fetched-root",
        &Fetched::Root {
            document: b"{}\n".to_vec(),
            signatures: b"[]".to_vec(),
        },
    );
    for (name, document) in [
        ("fetched-manifest", Packed::Whole(b"{}\n".to_vec())),
        ("fetched-manifest-against", Packed::Against(vec![1, 2, 3])),
    ] {
        golden(
            name,
            &Fetched::Manifest {
                document,
                signatures: b"[]".to_vec(),
            },
        );
    }
    golden(
        "fetched-files",
        &Fetched::Files(vec![b"a".to_vec(), Vec::new()]),
    );
    golden("fetched-missing", &Fetched::Missing([16; 32]));
    golden("fetched-busy", &Fetched::Busy(5000));
}

/// The numbers of the variants that the golden files do not name: they are part of what is released.
#[test]
fn every_reason_to_refuse_a_bundle_keeps_its_number() {
    let reasons = [
        ContentRefusal::Signatures,
        ContentRefusal::Root,
        ContentRefusal::Expired,
        ContentRefusal::Older,
        ContentRefusal::Equivocation,
        ContentRefusal::Malformed,
        ContentRefusal::TooLarge,
        ContentRefusal::Incomplete,
        ContentRefusal::Agent,
        ContentRefusal::Budget,
        ContentRefusal::Errors,
        ContentRefusal::Clock,
        ContentRefusal::Storage,
        ContentRefusal::Switched,
    ];
    for (number, reason) in reasons.into_iter().enumerate() {
        assert_eq!(encode(&reason).unwrap(), [number as u8], "{reason:?}");
    }
}
