use proptest::prelude::*;

use super::*;

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(1_700_000_000 + seconds)
}

fn interval(state: State, from: i64) -> Interval {
    Interval {
        state,
        detail: String::new(),
        from: at(from),
        to: None,
    }
}

fn account(started: i64, previous: Previous) -> Account {
    Account {
        process: Process::Other,
        started_at: at(started),
        booted_at: Some(at(started - 5)),
        rebooted: previous == Previous::HostWentDown,
        previous,
    }
}

#[test]
fn each_sight_of_a_host_that_goes_has_its_state() {
    let online = interval(State::Online, 0);
    for (seen, state) in [
        (Seen::Farewell(Ending::Stopped), State::AgentStopped),
        (Seen::Farewell(Ending::HostShutdown), State::HostShutdown),
        (Seen::Farewell(Ending::HostRebooting), State::HostRebooting),
        (Seen::Left("stopping".into()), State::AgentStopped),
        (Seen::Left("session ended".into()), State::LinkLost),
        (Seen::Lost(Answer::PortClosed), State::AgentKilled),
        (Seen::Lost(Answer::None), State::LinkLost),
        (Seen::Lapsed("restarted"), State::Unknown),
    ] {
        let next = follow(&online, &seen, at(5)).unwrap();
        assert_eq!((next.state, next.from), (state, at(5)), "{seen:?}");
        // Whatever it was, the host is seen to be back, and what comes late changes nothing.
        assert_eq!(follow(&next, &seen, at(6)), None);
        let back = follow(&next, &Seen::Arrived, at(7)).unwrap();
        assert_eq!(back.state, State::Online);
    }
    assert_eq!(
        follow(&online, &Seen::Arrived, at(9)),
        None,
        "since when stays"
    );
}

#[test]
fn the_account_of_an_agent_tells_what_silence_was() {
    let killed = Previous::Killed;
    let same = Account {
        process: Process::Same,
        ..account(-60, killed)
    };
    for (state, account, cause_is) in [
        (State::LinkLost, same.clone(), Some(State::LinkLost)),
        (State::AgentKilled, same.clone(), Some(State::LinkLost)),
        (
            State::LinkLost,
            account(60, killed),
            Some(State::AgentKilled),
        ),
        (
            State::LinkLost,
            account(60, Previous::HostWentDown),
            Some(State::HostRebooting),
        ),
        (
            State::Unknown,
            account(60, Previous::Ended(Ending::HostShutdown)),
            Some(State::HostShutdown),
        ),
        (State::LinkLost, account(60, Previous::None), None),
        (State::AgentStopped, account(60, killed), None),
        (State::NeverSeen, account(60, killed), None),
    ] {
        let found = cause(&interval(state, 0), &account);
        assert_eq!(
            found.map(|(state, _)| state),
            cause_is,
            "{state} {account:?}"
        );
    }
}

#[test]
fn a_restart_that_nobody_saw_is_put_where_it_belongs() {
    let online = interval(State::Online, 0);
    let [before, gone, back] = unseen(&online, &account(60, Previous::Killed), at(70)).unwrap();
    assert_eq!((before.state, before.to), (State::Online, Some(at(60))));
    assert_eq!(
        (gone.state, gone.from, gone.to),
        (State::AgentKilled, at(60), Some(at(70)))
    );
    assert_eq!((back.state, back.from), (State::Online, at(70)));
    let [_, gone, _] = unseen(&online, &account(60, Previous::HostWentDown), at(70)).unwrap();
    assert_eq!((gone.state, gone.from), (State::HostRebooting, at(55)));
    // Its word is late, or its clock is off: within the present all the same.
    let [_, gone, _] = unseen(&online, &account(-9, Previous::Killed), at(70)).unwrap();
    assert_eq!((gone.from, gone.to), (at(0) + TICK, Some(at(70))));
    for process in [Process::Same, Process::First] {
        let account = Account {
            process,
            ..account(60, Previous::Killed)
        };
        assert_eq!(unseen(&online, &account, at(70)), None, "{process:?}");
    }
    let lost = interval(State::LinkLost, 0);
    assert_eq!(unseen(&lost, &account(60, Previous::Killed), at(70)), None);
}

#[test]
fn every_state_has_a_name_of_its_own() {
    for (state, name) in NAMES {
        assert_eq!(
            (state.name(), name.parse::<State>().unwrap()),
            (name, state)
        );
    }
    assert!("offline".parse::<State>().is_err());
}

fn ending() -> impl Strategy<Value = Ending> {
    prop_oneof![
        Just(Ending::Stopped),
        Just(Ending::HostShutdown),
        Just(Ending::HostRebooting)
    ]
}

fn seen() -> impl Strategy<Value = Seen> {
    prop_oneof![
        3 => Just(Seen::Arrived),
        1 => ending().prop_map(Seen::Farewell),
        1 => Just(Seen::Left("x".into())),
        1 => Just(Seen::Lost(Answer::PortClosed)),
        1 => Just(Seen::Lost(Answer::None)),
        1 => Just(Seen::Lapsed("x")),
    ]
}

fn accounts() -> impl Strategy<Value = Account> {
    let previous = prop_oneof![
        Just(Previous::None),
        Just(Previous::Killed),
        Just(Previous::HostWentDown),
        ending().prop_map(Previous::Ended)
    ];
    let offset = -200_i64..2000;
    let process = prop_oneof![
        Just(Process::First),
        Just(Process::Same),
        Just(Process::Other)
    ];
    (
        offset.clone(),
        proptest::option::of(offset),
        any::<bool>(),
        previous,
        process,
    )
        .prop_map(|(started, booted, rebooted, previous, process)| Account {
            process,
            started_at: at(started),
            booted_at: booted.map(at),
            rebooted,
            previous,
        })
}

proptest! {
    /// Whatever is seen, in whatever order and by whatever clock: one interval is open, each
    /// begins where the one before it ends, none is empty, and a state that stays keeps its since.
    #[test]
    fn histories_have_no_holes_and_one_present(
        sights in proptest::collection::vec((seen(), accounts(), -50_i64..1500), 0..60)
    ) {
        let mut history = vec![interval(State::NeverSeen, 0)];
        for (seen, account, when) in sights {
            let present = history.last().unwrap().clone();
            match follow(&present, &seen, at(when)) {
                Some(next) => {
                    prop_assert_ne!(next.state, present.state);
                    history.last_mut().unwrap().to = Some(next.from);
                    history.push(next);
                }
                None => prop_assert_eq!(history.last().unwrap(), &present),
            }
            let present = history.last().unwrap().clone();
            if let Some(three) = unseen(&present, &account, at(when)) {
                history.pop();
                history.extend(three);
            }
            let ended = history.iter().rev().nth(1);
            if let Some((state, _)) = ended.and_then(|ended| cause(ended, &account)) {
                prop_assert!(!matches!(state, State::Online | State::NeverSeen));
            }
        }
        let open = history.iter().filter(|interval| interval.to.is_none()).count();
        prop_assert_eq!((open, history.last().unwrap().to), (1, None));
        for two in history.windows(2) {
            prop_assert_eq!(two[0].to, Some(two[1].from));
            prop_assert!(two[0].from < two[1].from);
        }
    }
}
