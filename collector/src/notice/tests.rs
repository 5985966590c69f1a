use super::{hours::Hours, route::Route, *};

/// A notice as alerts make them.
pub(crate) fn notice(phase: Phase) -> Notice {
    Notice {
        id: Uuid::from_u128(0x0193_a000_0000_7000_8000_0000_0000_0001),
        alert: Uuid::from_u128(0x0193_a000_0000_7000_8000_0000_0000_00aa),
        alert_type: "rule_regression".into(),
        phase,
        severity: Severity::High,
        title: "Root may log in by SSH <again>".into(),
        text: "PermitRootLogin is yes & was no.\nSince 14:05.".into(),
        subjects: vec![
            Subject {
                kind: "host".into(),
                id: "0193a000-0000-7000-8000-000000000011".into(),
                name: "web-1".into(),
            },
            Subject {
                kind: "rule".into(),
                id: "ssh-root-login-off".into(),
                name: "ssh-root-login-off".into(),
            },
        ],
        groups: vec![3, 7],
        occurred_at: "2026-03-03T14:05:00Z".parse().unwrap(),
        link: "https://collector.example:8443/alerts/0193a000-0000-7000-8000-0000000000aa".into(),
    }
}

fn route() -> Route {
    Route {
        channel: Uuid::nil(),
        severity: Severity::Info,
        alert_types: Vec::new(),
        group: None,
        hours: None,
    }
}

fn hours(weekdays: &[u8], from_minute: u16, to_minute: u16) -> Hours {
    Hours {
        time_zone: "Europe/Vienna".into(),
        weekdays: weekdays.into(),
        from_minute,
        to_minute,
    }
}

#[test]
fn a_notice_goes_the_way_of_a_route_that_fits_in_everything() {
    let notice = notice(Phase::Fired);
    let now = notice.occurred_at;
    let fits = |change: fn(&mut Route)| {
        let mut route = route();
        change(&mut route);
        route.fits(&notice, now)
    };
    assert!(fits(|_| {}));
    assert!(fits(|route| route.severity = Severity::High));
    assert!(!fits(|route| route.severity = Severity::Critical));
    assert!(fits(
        |route| route.alert_types = vec!["x".into(), "rule_regression".into()]
    ));
    assert!(!fits(|route| route.alert_types = vec!["host_away".into()]));
    assert!(fits(|route| route.group = Some(7)));
    assert!(!fits(|route| route.group = Some(8)));
    // A Tuesday, 15:05 there.
    assert!(fits(
        |route| route.hours = Some(hours(&[2], 9 * 60, 17 * 60))
    ));
    assert!(!fits(
        |route| route.hours = Some(hours(&[1, 3], 9 * 60, 17 * 60))
    ));
}

#[test]
fn hours_go_by_the_clocks_of_their_place_and_may_last_into_the_next_day() {
    let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
    let office = hours(&[1, 2, 3, 4, 5], 9 * 60, 17 * 60);
    for (text, within) in [
        ("2026-03-03T07:59:00Z", false),
        ("2026-03-03T08:00:00Z", true),
        ("2026-03-03T15:59:00Z", true),
        ("2026-03-03T16:00:00Z", false),
        ("2026-03-07T12:00:00Z", false),
        // Summer.
        ("2026-07-07T07:00:00Z", true),
        ("2026-07-07T15:00:00Z", false),
    ] {
        assert_eq!(office.contain(at(text)), within, "{text}");
    }
    // From Friday ten in the evening to six in the morning.
    let night = hours(&[5], 22 * 60, 6 * 60);
    for (text, within) in [
        ("2026-03-06T20:59:00Z", false),
        ("2026-03-06T21:00:00Z", true),
        ("2026-03-07T04:59:00Z", true),
        ("2026-03-07T05:00:00Z", false),
        ("2026-03-06T04:00:00Z", false),
        ("2026-03-07T22:00:00Z", false),
    ] {
        assert_eq!(night.contain(at(text)), within, "{text}");
    }
    let whole = hours(&[2], 0, 1440);
    assert!(whole.check().is_ok() && whole.contain(at("2026-03-03T22:59:00Z")));
    assert!(!whole.contain(at("2026-03-03T23:00:00Z")));
    for wrong in [
        hours(&[], 0, 60),
        hours(&[0], 0, 60),
        hours(&[8], 0, 60),
        hours(&[1], 1440, 60),
        hours(&[1], 0, 0),
        hours(&[1], 0, 1441),
    ] {
        assert!(wrong.check().is_err(), "{wrong:?}");
    }
}

#[test]
fn severities_are_in_order_and_found_by_their_names() {
    assert!(Severity::ALL.is_sorted());
    for severity in Severity::ALL {
        assert_eq!(severity.name().parse(), Ok(severity));
    }
    assert!("urgent".parse::<Severity>().is_err());
}

#[test]
fn a_notice_of_many_hosts_names_some_and_counts_the_others() {
    let mut notice = notice(Phase::Resolved);
    assert_eq!(notice.about(2), "host web-1, rule ssh-root-login-off");
    let host = notice.subjects[0].clone();
    notice.subjects = vec![host; 300];
    assert_eq!(notice.about(2), "host web-1, host web-1, 298 more");
    assert_eq!(
        notice.headline(),
        "[resolved] Root may log in by SSH <again>"
    );
}
