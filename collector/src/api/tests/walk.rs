//! A walk over every operation of the document: as nobody, as somebody with every permission but the one that
//! it names, as somebody outside its scope, and as somebody inside.
//!
//! What a scope hides is not looked for in the answers, which would find only what was thought of: the same
//! is asked before and after something was planted outside, and nothing of the answers may be another. That
//! whoever may see everything does see what was planted shows that there was something to hide. So an
//! operation that is new is held to it too, and one that `world` cannot ask for fails until somebody says how.

use axum::{body::Body, http::Method};
use serde_json::Value;

use super::{Answer, Api, request, send, with_json};
use crate::access::{Permission, Reach};

mod world;

use self::world::Thing;
pub(super) use self::world::World;

/// One operation of the document.
#[derive(Debug)]
struct Operation {
    method: Method,
    path: String,
    /// What it asks, as the document says.
    asks: String,
    said: Value,
}

impl Operation {
    /// All of them; in this order nothing takes away what is asked for later.
    fn all() -> Vec<Self> {
        let document = serde_json::to_value(crate::api::openapi()).unwrap();
        let mut all = Vec::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, said) in item.as_object().unwrap() {
                all.push(Self {
                    method: method.to_uppercase().parse().unwrap(),
                    path: path.clone(),
                    asks: said["x-openwatch-permission"].as_str().unwrap().into(),
                    said: said.clone(),
                });
            }
        }
        let order = [Method::GET, Method::PUT, Method::PATCH, Method::POST];
        all.sort_by_key(|one| {
            order
                .iter()
                .position(|method| *method == one.method)
                .unwrap_or(9)
        });
        all
    }

    fn permission(&self) -> Option<Permission> {
        self.asks.parse().ok()
    }

    /// Those that are about hosts: what they show and do depends on the scope.
    fn about_hosts() -> Vec<Self> {
        let about = |one: &Self| one.is_about_hosts() && !one.lasts();
        Self::all().into_iter().filter(about).collect()
    }

    fn is_about_hosts(&self) -> bool {
        self.permission().map(Permission::reach) == Some(Reach::Hosts)
    }

    fn reads(&self) -> bool {
        self.method == Method::GET
    }

    /// Whether its answer has no end: `live` holds such to their scope.
    fn lasts(&self) -> bool {
        self.said["responses"]["200"]["content"]["text/event-stream"].is_object()
    }

    fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    async fn ask(&self, api: &Api, token: &str, path: &str, body: Option<&Value>) -> Answer {
        let mut request = request(self.method.clone(), path);
        if !token.is_empty() {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let request = match body {
            Some(body) => with_json(request, body),
            None => request.body(Body::empty()).unwrap(),
        };
        let answer = send(&api.https, request).await;
        let failed = answer.status.is_server_error() || answer.status == 429;
        assert!(!failed, "{} {path}: {answer:?}", self.method);
        answer
    }
}

#[tokio::test]
async fn nobody_without_the_permission_that_an_operation_names_is_let_in() {
    let (api, world) = World::plant().await;
    for operation in Operation::all()
        .iter()
        .filter(|one| one.asks != "anonymous")
    {
        let (path, name) = (world.inside.fill(&operation.path), operation.name());
        let nobody = operation.ask(&api, "", &path, None).await;
        assert_eq!(nobody.problem(), (401, "unauthenticated"), "{name}");
        let token = match operation.permission() {
            Some(permission) => world.all_but(&api, permission).await,
            None if operation.asks == "local" => world.token(&api, Permission::ALL, None).await,
            None => continue,
        };
        let refused = operation.ask(&api, &token, &path, None).await;
        let code = if operation.asks == "local" {
            "local_only"
        } else {
            "forbidden"
        };
        assert_eq!(refused.problem(), (403, code), "{name}");
        let detail = refused.body["detail"].as_str().unwrap();
        let said = operation.permission().is_none() || detail.contains(&operation.asks);
        assert!(said, "{name}: {detail}");
    }
}

#[tokio::test]
async fn a_binding_for_a_group_gives_nothing_that_is_about_the_fleet() {
    let (api, world) = World::plant().await;
    let scoped = world.scoped(&api).await;
    let about = |one: &Operation| one.permission().map(Permission::reach) == Some(Reach::Fleet);
    for operation in Operation::all().into_iter().filter(about) {
        let (path, name) = (world.inside.fill(&operation.path), operation.name());
        let refused = operation.ask(&api, &scoped, &path, None).await;
        assert_eq!(refused.problem(), (403, "forbidden"), "{name}");
        if operation.reads() && !operation.lasts() {
            let everywhere = world
                .token(&api, &[operation.permission().unwrap()], None)
                .await;
            let answer = operation.ask(&api, &everywhere, &path, None).await;
            assert!(
                ![401, 403].contains(&answer.status.as_u16()),
                "{name}: {answer:?}"
            );
        }
    }
}

/// What was asked, and what came.
type Told = Vec<(String, u16, Value)>;

/// Everything that can be read without naming a thing, in every way that `world` knows to ask.
async fn told(api: &Api, world: &World, token: &str) -> Vec<(String, Told)> {
    let mut all = Vec::new();
    let knows = |one: &Operation| one.reads() && !one.lasts() && one.asks != "anonymous";
    for operation in Operation::all().iter().filter(|one| knows(one)) {
        let path = world.inside.fill(&operation.path);
        let mut told = Vec::new();
        for query in world.queries(operation) {
            let asked = format!("{path}?{query}");
            let answer = operation.ask(api, token, &asked, None).await;
            told.push((asked, answer.status.as_u16(), answer.body));
        }
        all.push((operation.name(), told));
    }
    all
}

#[tokio::test]
async fn what_is_outside_the_scope_changes_no_answer() {
    let (api, mut world) = World::plant().await;
    let (scoped, everywhere) = (world.scoped(&api).await, world.everywhere(&api).await);
    let before = (
        told(&api, &world, &scoped).await,
        told(&api, &world, &everywhere).await,
    );
    world.plant_outside(&api).await;
    let after = (
        told(&api, &world, &scoped).await,
        told(&api, &world, &everywhere).await,
    );
    for ((name, before), (_, after)) in before.0.iter().zip(&after.0) {
        for (before, after) in before.iter().zip(after) {
            assert_eq!(before, after, "{name} tells of what is outside");
        }
    }
    // There was something to be hidden.
    let about: Vec<_> = Operation::about_hosts()
        .iter()
        .map(Operation::name)
        .collect();
    for ((name, before), (_, after)) in before.1.iter().zip(&after.1) {
        let of_all = about.contains(name) && !names_a_thing(name, &world);
        let another = before != after;
        assert!(
            another || !of_all,
            "{name}: plant something outside that it shows"
        );
    }
    // A place in a list of everything is no way in either.
    for operation in Operation::about_hosts().iter().filter(|one| one.reads()) {
        let path = world.inside.fill(&operation.path);
        let base = world.queries(operation).swap_remove(0);
        let first = operation
            .ask(&api, &everywhere, &format!("{path}?{base}&limit=1"), None)
            .await;
        let Some(next) = first.body["next"].as_str() else {
            continue;
        };
        let asked = format!("{path}?{base}&cursor={next}");
        let answer = operation.ask(&api, &scoped, &asked, None).await;
        assert_eq!(answer.problem(), (400, "bad_cursor"), "{asked}");
    }
}

fn names_a_thing(name: &str, world: &World) -> bool {
    world.inside.fill(name) != Thing::nowhere().fill(name)
}

#[tokio::test]
async fn a_thing_outside_the_scope_is_not_there_and_one_inside_is() {
    let (api, mut world) = World::plant().await;
    world.plant_outside(&api).await;
    let (scoped, everywhere) = (world.scoped(&api).await, world.everywhere(&api).await);
    let nowhere = Thing::nowhere();
    let operations = Operation::about_hosts();
    let before = world.kept(&api).await;
    for operation in &operations {
        for outside in &world.outside {
            for (path, body) in world.asked_of(operation, outside) {
                let answer = operation.ask(&api, &scoped, &path, body.as_ref()).await;
                assert_eq!(
                    answer.problem().0,
                    404,
                    "{} {path} {body:?}",
                    operation.name()
                );
                let (path, body) = (nowhere.instead_of(outside, &path), body.as_ref());
                let body = body.map(|body| nowhere.instead_of(outside, &body.to_string()));
                let body = body.map(|body| serde_json::from_str(&body).unwrap());
                let missing = operation.ask(&api, &scoped, &path, body.as_ref()).await;
                let same = nowhere.instead_of(outside, &answer.body.to_string());
                assert_eq!(same, missing.body.to_string(), "{}", operation.name());
            }
        }
    }
    assert_eq!(
        world.kept(&api).await,
        before,
        "a refused operation changed something"
    );
    // It is there for whoever may.
    for operation in operations.iter().filter(|one| one.reads()) {
        for outside in &world.outside {
            let asked = world.asked_of(operation, outside);
            for (path, _) in asked {
                let answer = operation.ask(&api, &everywhere, &path, None).await;
                assert_ne!(answer.status, 404, "{} {path}", operation.name());
            }
        }
    }
    for operation in &operations {
        let path = world.inside.fill(&operation.path);
        let query = world.queries(operation).swap_remove(0);
        let body = world.inside.body(&operation.said);
        let path = format!("{path}?{query}");
        let answer = operation.ask(&api, &scoped, &path, body.as_ref()).await;
        // A result without a seal is not proved.
        let let_in = answer.status.is_success() || answer.status == 409;
        assert!(let_in, "{} {path}: {answer:?}", operation.name());
    }
}
