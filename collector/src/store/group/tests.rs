//! Who belongs to which group, held against a naive reckoning, whatever is changed in which order.

use std::collections::{BTreeMap, BTreeSet};

use proptest::{
    prelude::*,
    strategy::ValueTree as _,
    test_runner::{Config, TestRunner},
};
use serde_json::json;
use shared::{
    clock::{Clock as _, SystemClock},
    digest::Digest,
    fact::RowHash,
    id::{Epoch, HostId},
};
use sqlx::PgPool;

use super::{answer::Which, *};
use crate::store::{
    self,
    dictionary::{Dictionary, NewRow},
    fact::{Batch, Op, Unit},
    host::NewHost,
    test_db::test_pool,
};

/// Hosts and groups of the properties.
const HOSTS: usize = 5;
const GROUPS: usize = 6;

/// What a host is in the reckoning.
#[derive(Debug, Clone, Default)]
struct Host {
    labels: Labels,
    hostname: String,
    /// `ID` of the system, once it was told.
    os: Option<String>,
    packages: Option<BTreeSet<String>>,
}

/// An expression, and what it says in the reckoning.
struct Asked {
    text: &'static str,
    holds: fn(&Host) -> bool,
}

const EXPRESSIONS: [Asked; 7] = [
    Asked {
        text: r#"os.id == "debian""#,
        holds: |host| host.os.as_ref().is_some_and(|id| id == "debian"),
    },
    Asked {
        text: r#""a" in labels"#,
        holds: |host| host.labels.contains_key("a"),
    },
    Asked {
        text: r#"labels.a == "1""#,
        holds: |host| host.labels.get("a").is_some_and(|value| value == "1"),
    },
    Asked {
        text: r#"package.exists(p, p.key == "nginx")"#,
        holds: |host| {
            host.packages
                .as_ref()
                .is_some_and(|all| all.contains("nginx"))
        },
    },
    Asked {
        text: r#"!("b" in labels) || os.id == "rhel""#,
        holds: |host| {
            !host.labels.contains_key("b") || host.os.as_ref().is_some_and(|id| id == "rhel")
        },
    },
    Asked {
        text: r#"hostname == "n1""#,
        holds: |host| host.hostname == "n1",
    },
    Asked {
        text: r#"package.size() > 0 && os.id != "debian" && hostname != "n2""#,
        holds: |host| {
            let (Some(id), Some(packages)) = (&host.os, &host.packages) else {
                return false;
            };
            !packages.is_empty() && id != "debian" && host.hostname != "n2"
        },
    },
];

/// What is said of a group in the reckoning.
#[derive(Debug, Clone, Default)]
struct Said {
    matches: Option<Labels>,
    /// Which of [`EXPRESSIONS`].
    expression: Option<usize>,
    groups: BTreeSet<usize>,
}

#[derive(Debug, Clone)]
enum Edit {
    Enrol {
        host: usize,
        group: usize,
    },
    Label {
        host: usize,
        labels: Labels,
    },
    Os {
        host: usize,
        name: u8,
        id: &'static str,
    },
    Packages {
        host: usize,
        names: BTreeSet<String>,
    },
    Put {
        group: usize,
        said: Said,
    },
    Members {
        group: usize,
        add: BTreeSet<usize>,
        remove: BTreeSet<usize>,
    },
    Delete {
        group: usize,
    },
}

fn labels() -> impl Strategy<Value = Labels> {
    let key = prop_oneof![Just("a".to_owned()), Just("b".to_owned())];
    let value = prop_oneof![Just("1".to_owned()), Just("2".to_owned())];
    proptest::collection::btree_map(key, value, 0..3)
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let some = |of| proptest::collection::btree_set(0..of, 0..3);
    let said = (
        proptest::option::of(labels().prop_filter("names a label", |all| !all.is_empty())),
        proptest::option::weighted(0.7, 0..EXPRESSIONS.len()),
        some(GROUPS),
    );
    let said = said.prop_map(|(matches, expression, groups)| Said {
        matches,
        expression,
        groups,
    });
    let package = prop_oneof![Just("bash".to_owned()), Just("nginx".to_owned())];
    let packages = proptest::collection::btree_set(package, 0..3);
    let id = prop_oneof![Just("debian"), Just("rhel")];
    let edit = prop_oneof![
        2 => (0..HOSTS, 0..GROUPS).prop_map(|(host, group)| Edit::Enrol { host, group }),
        3 => (0..HOSTS, labels()).prop_map(|(host, labels)| Edit::Label { host, labels }),
        3 => (0..HOSTS, 0..3_u8, id).prop_map(|(host, name, id)| Edit::Os { host, name, id }),
        3 => (0..HOSTS, packages).prop_map(|(host, names)| Edit::Packages { host, names }),
        5 => (0..GROUPS, said).prop_map(|(group, said)| Edit::Put { group, said }),
        2 => (0..GROUPS, some(HOSTS), some(HOSTS))
            .prop_map(|(group, add, remove)| Edit::Members { group, add, remove }),
        1 => (0..GROUPS).prop_map(|group| Edit::Delete { group }),
    ];
    proptest::collection::vec(edit, 1..40)
}

/// The reckoning: what has been said, and nothing that follows from it.
#[derive(Default)]
struct Naive {
    hosts: BTreeMap<usize, Host>,
    groups: BTreeMap<usize, Said>,
    hands: BTreeSet<(usize, usize)>,
}

impl Naive {
    /// Group and host of all that belong.
    fn belonging(&self) -> BTreeSet<(usize, usize)> {
        let pairs = self.groups.keys().flat_map(|group| {
            let hosts = self.hosts.keys();
            hosts.map(|host| (*group, *host))
        });
        pairs
            .filter(|(group, host)| self.belongs(*group, *host))
            .collect()
    }

    fn belongs(&self, group: usize, host: usize) -> bool {
        let (said, is) = (&self.groups[&group], &self.hosts[&host]);
        let has = |(key, value)| is.labels.get(key) == Some(value);
        self.hands.contains(&(group, host))
            || said
                .matches
                .as_ref()
                .is_some_and(|labels| labels.iter().all(has))
            || said.expression.is_some_and(|n| (EXPRESSIONS[n].holds)(is))
            || said.groups.iter().any(|inner| self.belongs(*inner, host))
    }

    /// Whether one of these groups is `group`, or has it in it.
    fn reaches(&self, from: &BTreeSet<usize>, group: usize) -> bool {
        from.iter().any(|inner| {
            let said = self.groups.get(inner);
            *inner == group || said.is_some_and(|said| self.reaches(&said.groups, group))
        })
    }
}

/// The real one, over a database.
struct Real {
    db: PgPool,
    dictionary: Dictionary,
    seq: u64,
}

fn id(sort: u128, n: usize) -> Uuid {
    Uuid::from_u128((sort << 64) + n as u128)
}

fn host_id(n: usize) -> Uuid {
    id(1, n)
}

fn group_id(n: usize) -> Uuid {
    id(2, n)
}

fn name(group: usize) -> String {
    format!("g{group}")
}

fn group(n: usize, said: &Said) -> Group {
    Group {
        id: group_id(n),
        name: name(n),
        description: String::new(),
        precedence: 0,
        matches: said.matches.clone().map(Json),
        expression: said.expression.map(|n| EXPRESSIONS[n].text.into()),
        groups: said.groups.iter().map(|n| group_id(*n)).collect(),
        created_at: SystemClock.now(),
        hosts: 0,
        unasked: 0,
        errors: 0,
    }
}

impl Real {
    async fn empty(&self) {
        let all = "truncate host, host_group, host_fact, change cascade";
        sqlx::raw_sql(all).execute(&self.db).await.unwrap();
    }

    async fn host_no(&self, n: usize) -> Option<i32> {
        sqlx::query_scalar("select host_no from host where id = $1")
            .bind(host_id(n))
            .fetch_optional(&self.db)
            .await
            .unwrap()
    }

    async fn enrol(&self, n: usize, group: usize) {
        let mut tx = self.db.begin().await.unwrap();
        let new = NewHost {
            id: HostId(host_id(n)),
            hostname: "new",
            group_name: &name(group),
            machine: [0; 32],
            agent_version: "1",
            at: SystemClock.now(),
        };
        let host_no = store::host::insert(&mut tx, &new).await.unwrap();
        let stream = "insert into stream (host_no, epoch, applied_seq) values ($1, 1, 0)";
        sqlx::query(stream)
            .bind(host_no)
            .execute(&mut *tx)
            .await
            .unwrap();
        join(&mut tx, host_no, &name(group), SystemClock.now())
            .await
            .unwrap();
        // As if it had the identity that the reckoning gives it.
        sqlx::query("update host_group set id = $1 where name = $2")
            .bind(group_id(group))
            .bind(name(group))
            .execute(&mut *tx)
            .await
            .unwrap();
        tx.commit().await.unwrap();
    }

    async fn put(&self, n: usize, said: &Said) -> Put {
        let condition = said
            .expression
            .map(|n| Condition::read(EXPRESSIONS[n].text).unwrap());
        let mut tx = self.db.begin().await.unwrap();
        let put = put(&mut tx, &group(n, said), condition.as_ref())
            .await
            .unwrap();
        if put == Put::Done {
            tx.commit().await.unwrap();
        }
        put
    }

    /// As a session brings it: all rows of a kind.
    async fn tell(&mut self, host: usize, kind: &str, rows: &[(&str, serde_json::Value)]) -> Came {
        let host_no = self.host_no(host).await.ok_or("no host")?;
        let rows: Vec<NewRow> = rows
            .iter()
            .map(|(key, value)| NewRow {
                hash: RowHash::of(kind, key, &value.to_string()),
                kind: kind.into(),
                key: (*key).into(),
                value: value.to_string(),
            })
            .collect();
        let named: BTreeMap<_, _> = rows.iter().map(|row| (row.hash, row)).collect();
        let kinds = BTreeSet::from([kind.to_owned()]);
        let resolved = self
            .dictionary
            .resolve(&kinds, &BTreeSet::new(), &named)
            .await
            .unwrap();
        self.seq += 1;
        let unit = Unit {
            seq: self.seq,
            at: SystemClock.now(),
            op: Op::Replace {
                kind: kind.into(),
                digest: Digest::of(&rows.iter().map(|row| row.hash).collect::<Vec<_>>()),
                rows: rows.clone(),
            },
            links: Vec::new(),
        };
        let batch = Batch {
            host: HostId(host_id(host)),
            host_no,
            epoch: Epoch(1),
            units: vec![unit],
            seal: None,
        };
        let mut tx = self.db.begin().await.unwrap();
        store::fact::apply(&mut tx, &[batch], &resolved, SystemClock.now())
            .await
            .unwrap();
        tx.commit().await.unwrap();
        Ok(true)
    }

    /// What the registrar does when it looks at everything.
    async fn look(&self) {
        let mut after = 0;
        loop {
            let mut tx = self.db.begin().await.unwrap();
            let due = answer::due(&mut tx, Which::default(), after).await.unwrap();
            let Some(last) = due.last() else { return };
            after = *last;
            register::renew(&mut tx, &due).await.unwrap();
            tx.commit().await.unwrap();
        }
    }

    async fn belonging(&self) -> BTreeSet<(usize, usize)> {
        let rows: Vec<(Uuid, Uuid)> = sqlx::query_as(
            "select g.id, h.id from host_in_group i
             join host h on h.host_no = i.host_no join host_group g on g.group_no = i.group_no",
        )
        .fetch_all(&self.db)
        .await
        .unwrap();
        let number = |id: Uuid| (id.as_u128() & 0xff) as usize;
        rows.into_iter()
            .map(|(group, host)| (number(group), number(host)))
            .collect()
    }
}

/// What an edit comes to: whether facts have changed, so that answers may be due; or why it is refused.
type Came = Result<bool, &'static str>;

impl Real {
    async fn edit(&mut self, edit: &Edit) -> Came {
        match edit {
            Edit::Enrol { host, .. } if self.host_no(*host).await.is_some() => Err("enrolled"),
            Edit::Enrol { host, group } => {
                self.enrol(*host, *group).await;
                Ok(false)
            }
            Edit::Label { host, labels } => {
                let mut tx = self.db.begin().await.unwrap();
                let found = set_labels(&mut tx, HostId(host_id(*host)), labels, None)
                    .await
                    .unwrap();
                tx.commit().await.unwrap();
                found.map(|_| false).ok_or("no host")
            }
            Edit::Os { host, name, id } => {
                let value = json!({"hostname": hostname(*name), "id": id, "pretty_name": id});
                self.tell(*host, "os", &[("os", value)]).await
            }
            Edit::Packages { host, names } => {
                let rows: Vec<_> = names
                    .iter()
                    .map(|name| (name.as_str(), json!({})))
                    .collect();
                self.tell(*host, "package", &rows).await
            }
            Edit::Put { group, said } => match self.put(*group, said).await {
                Put::Done => Ok(false),
                Put::NameTaken => Err("name taken"),
                Put::NoGroup(_) => Err("no group"),
                Put::Cycle(_) => Err("cycle"),
            },
            Edit::Members { group, add, remove } => {
                let mut tx = self.db.begin().await.unwrap();
                register::hold(&mut tx).await.unwrap();
                let found = find(&mut tx, group_id(*group), None).await.unwrap();
                let (number, _) = found.ok_or("no group")?;
                let ids = |of: &BTreeSet<usize>| of.iter().map(|n| host_id(*n)).collect::<Vec<_>>();
                let strangers =
                    change_members(&mut tx, number, &ids(add), &ids(remove), None).await;
                if !strangers.unwrap().is_empty() {
                    return Err("no host");
                }
                tx.commit().await.unwrap();
                Ok(false)
            }
            Edit::Delete { group } => {
                let mut tx = self.db.begin().await.unwrap();
                let found = delete(&mut tx, group_id(*group)).await.unwrap();
                tx.commit().await.unwrap();
                found.then_some(false).ok_or("no group")
            }
        }
    }
}

impl Naive {
    fn edit(&mut self, edit: &Edit) -> Came {
        match edit {
            Edit::Enrol { host, group } => {
                if self.hosts.contains_key(host) {
                    return Err("enrolled");
                }
                let hostname = "new".into();
                self.hosts.insert(
                    *host,
                    Host {
                        hostname,
                        ..Host::default()
                    },
                );
                self.groups.entry(*group).or_default();
                self.hands.insert((*group, *host));
            }
            Edit::Label { host, labels } => {
                self.hosts.get_mut(host).ok_or("no host")?.labels = labels.clone();
            }
            Edit::Os { host, name, id } => {
                let host = self.hosts.get_mut(host).ok_or("no host")?;
                host.hostname = hostname(*name);
                host.os = Some((*id).into());
                return Ok(true);
            }
            Edit::Packages { host, names } => {
                self.hosts.get_mut(host).ok_or("no host")?.packages = Some(names.clone());
                return Ok(true);
            }
            Edit::Put { group, said } => {
                let is_there = |n: &usize| n == group || self.groups.contains_key(n);
                if !said.groups.iter().all(is_there) {
                    return Err("no group");
                }
                if self.reaches(&said.groups, *group) {
                    return Err("cycle");
                }
                self.groups.insert(*group, said.clone());
            }
            Edit::Members { group, add, remove } => {
                if !self.groups.contains_key(group) {
                    return Err("no group");
                }
                if !add.union(remove).all(|host| self.hosts.contains_key(host)) {
                    return Err("no host");
                }
                self.hands.extend(add.iter().map(|host| (*group, *host)));
                self.hands
                    .retain(|(of, host)| of != group || !remove.contains(host));
            }
            Edit::Delete { group } => {
                self.groups.remove(group).ok_or("no group")?;
                self.hands.retain(|(of, _)| of != group);
                for said in self.groups.values_mut() {
                    said.groups.remove(group);
                }
            }
        }
        Ok(false)
    }
}

fn hostname(n: u8) -> String {
    format!("n{n}")
}

#[test]
fn after_whatever_was_changed_those_belong_who_would_by_a_naive_reckoning() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (db, _server) = runtime.block_on(test_pool());
    let dictionary = Dictionary::new(db.clone());
    let config = Config {
        cases: 48,
        failure_persistence: None,
        ..Config::default()
    };
    let run = TestRunner::new(config).run(&edits(), |edits| {
        runtime.block_on(async {
            let (db, dictionary, seq) = (db.clone(), dictionary.clone(), 0);
            let (mut real, mut naive) = (
                Real {
                    db,
                    dictionary,
                    seq,
                },
                Naive::default(),
            );
            real.empty().await;
            let mut due = false;
            for (n, one) in edits.iter().enumerate() {
                let came = real.edit(one).await;
                assert_eq!(came, naive.edit(one), "{one:?}");
                due |= came == Ok(true);
                // Now and then what hosts tell waits, as when its collector stops before it is asked.
                if due && n % 3 != 0 {
                    real.look().await;
                    due = false;
                }
                if !due {
                    assert_eq!(real.belonging().await, naive.belonging(), "after {one:?}");
                }
            }
            real.look().await;
            assert_eq!(real.belonging().await, naive.belonging());
        });
        Ok(())
    });
    run.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_is_changed_at_the_same_time_is_settled_as_if_one_after_the_other() {
    let (db, _server) = test_pool().await;
    let dictionary = Dictionary::new(db.clone());
    let real = || Real {
        db: db.clone(),
        dictionary: dictionary.clone(),
        seq: 0,
    };
    for host in 0..HOSTS {
        real().enrol(host, host % GROUPS).await;
    }
    let mut runner = TestRunner::deterministic();
    let mut tasks = tokio::task::JoinSet::new();
    for task in 0..4 {
        let lists = (0..4).map(|_| edits().new_tree(&mut runner).unwrap().current());
        let lists: Vec<Edit> = lists.flatten().collect();
        let mut real = real();
        tasks.spawn(async move {
            for one in &lists {
                match one {
                    // A host has one session, and so one writer.
                    Edit::Enrol { .. } => {}
                    Edit::Os { .. } | Edit::Packages { .. } if task > 0 => real.look().await,
                    one => drop(real.edit(one).await),
                }
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    let mut tx = db.begin().await.unwrap();
    assert_eq!(register::settle(&mut tx, None).await.unwrap(), [0; 0]);
    tx.rollback().await.unwrap();
    real().look().await;
    let due = answer::due(&mut db.acquire().await.unwrap(), Which::default(), 0).await;
    assert_eq!(due.unwrap(), [0; 0]);
}

#[tokio::test]
async fn what_a_collector_of_before_has_changed_is_settled_by_a_look_at_everything() {
    let (db, _server) = test_pool().await;
    let dictionary = Dictionary::new(db.clone());
    let real = Real {
        db: db.clone(),
        dictionary,
        seq: 0,
    };
    real.enrol(0, 0).await;
    let said = Said {
        matches: Some(Labels::from([("a".into(), "1".into())])),
        ..Said::default()
    };
    assert_eq!(real.put(1, &said).await, Put::Done);
    let outer = Said {
        groups: BTreeSet::from([1]),
        ..Said::default()
    };
    assert_eq!(real.put(2, &outer).await, Put::Done);
    let label = "update host set labels = '{\"a\": \"1\"}'; delete from host_group_member";
    sqlx::raw_sql(label).execute(&db).await.unwrap();
    let mut tx = db.begin().await.unwrap();
    register::hold(&mut tx).await.unwrap();
    let changed = register::settle(&mut tx, None).await.unwrap();
    assert_eq!(changed.len(), 1);
    tx.commit().await.unwrap();
    assert_eq!(real.belonging().await, BTreeSet::from([(1, 0), (2, 0)]));
}
