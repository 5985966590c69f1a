use serde_json::json;
use shared::chain::Sort;

use super::*;
use crate::chain::tests::World;

/// The proof that the host's second record tells "a", which is sealed with the record after it.
fn proof(world: &World) -> Proof {
    let links = &world.kept.links[2..4];
    let seal = &world.kept.seals[1];
    let (told, next) = (&links[0], &links[1]);
    Proof {
        format: FORMAT,
        host: world.kept.host.0,
        rule: "a".into(),
        record: json!({"verdict": "2"}),
        hash: hex(&crate::chain::tests::hash("a", 2).0),
        link: ProofLink {
            epoch: told.link.epoch.0.to_string(),
            seq: told.link.seq,
            at: shared::clock::from_micros(told.link.at).unwrap(),
            sort: told.link.sort as u8,
            previous: told.previous.to_string(),
            leaves: told.link.leaves().iter().map(hex).collect(),
        },
        following: vec![hex(&next.link.hash().0)],
        seal: ProofSeal::new(&seal.seal, seal.received_at),
        certificate_pem: pem_of(seal.certificate.as_ref().unwrap()),
        authority_pem: world.authority.certificate_pem().to_owned(),
    }
}

#[test]
fn a_proof_survives_its_document_and_says_who_told_what_and_when() {
    let world = World::begun();
    let text = serde_json::to_string_pretty(&proof(&world)).unwrap();
    let read: Proof = serde_json::from_str(&text).unwrap();
    let proved = read.verify(Some(&world.authority.certificate())).unwrap();
    assert_eq!(proved, read.verify(None).unwrap());
    assert_eq!((proved.host, &*proved.rule), (world.kept.host, "a"));
    assert_eq!(
        (proved.verdict.as_deref(), proved.following),
        (Some("2"), 1)
    );
    assert_eq!(proved.at, world.kept.links[2].valid_from);
    assert_eq!(proved.authority, world.authority.fingerprint());
}

/// Each place of a document that holds a text or a number.
fn places(value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                places(value, &format!("{path}/{name}"), found);
            }
        }
        Value::Array(items) => {
            for (n, value) in items.iter().enumerate() {
                places(value, &format!("{path}/{n}"), found);
            }
        }
        _ => found.push(path.to_owned()),
    }
}

#[test]
fn a_document_of_which_anything_is_changed_proves_nothing() {
    let world = World::begun();
    let trusted = world.authority.certificate();
    let whole = serde_json::to_value(proof(&world)).unwrap();
    let mut found = Vec::new();
    places(&whole, "", &mut found);
    assert!(found.len() > 15, "{found:?}");
    for place in found {
        // The collector's word, and said to be.
        if place == "/seal/received_at" {
            continue;
        }
        let mut changed = whole.clone();
        let value = changed.pointer_mut(&place).unwrap();
        *value = match &*value {
            Value::String(text) if text.contains("BEGIN") => {
                let at = text.len() / 2;
                let other = if text.as_bytes()[at] == b'A' {
                    "B"
                } else {
                    "A"
                };
                format!("{}{other}{}", &text[..at], &text[at + 1..]).into()
            }
            Value::String(text) => {
                let other = if text.starts_with('1') { "2" } else { "1" };
                format!("{other}{}", &text[1..]).into()
            }
            Value::Number(number) => (number.as_u64().unwrap() + 1).into(),
            Value::Null => "new".into(),
            other => panic!("{place}: {other}"),
        };
        assert_ne!(changed, whole, "{place}");
        let verified = serde_json::from_value::<Proof>(changed).map(|p| p.verify(Some(&trusted)));
        assert!(!matches!(verified, Ok(Ok(_))), "{place}");
    }
}

#[test]
fn links_that_are_left_out_added_or_exchanged_are_found() {
    let world = World::begun();
    let changes: [fn(&mut Proof); 4] = [
        |proof| proof.following.clear(),
        |proof| proof.following.push(proof.following[0].clone()),
        |proof| proof.link.leaves.clear(),
        |proof| proof.link.leaves.push("0".repeat(64)),
    ];
    for change in changes {
        let mut proof = proof(&world);
        change(&mut proof);
        let error = proof.verify(None).unwrap_err();
        assert!(matches!(error, NoProof::Head | NoProof::NotTold), "{error}");
    }
}

#[test]
fn another_authority_and_another_host_prove_nothing() {
    let (world, other) = (World::begun(), World::begun());
    let error = proof(&world).verify(Some(&other.authority.certificate()));
    assert!(matches!(error, Err(NoProof::OtherAuthority)));
    let mut forged = proof(&world);
    forged.authority_pem = other.authority.certificate_pem().to_owned();
    assert!(matches!(forged.verify(None), Err(NoProof::Key(_))));
    let mut forged = proof(&world);
    forged.certificate_pem = proof(&other).certificate_pem;
    forged.authority_pem = other.authority.certificate_pem().to_owned();
    assert!(matches!(forged.verify(None), Err(NoProof::OtherHost(_))));
    forged.host = other.kept.host.0;
    assert!(matches!(forged.verify(None), Err(NoProof::Signature)));
}

#[test]
fn a_record_that_is_gone_is_told_by_no_leaf_of_a_record() {
    let mut world = World::new();
    world.tell(Sort::LastPart, &[("a", Some(1))]);
    world.tell(Sort::Delta, &[("a", None)]);
    let leaves = world.kept.links[1].link.leaves();
    assert!(!leaves.contains(&crate::chain::tests::hash("a", 1).0));
}
