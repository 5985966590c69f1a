-- Alerts may be about every host of a fleet: whose they are, and how many, is told from an index.
create index alert_subject_by_alert on alert_subject (alert_no, host_no) include (until);

-- Hosts that are left out of what is said of the fleet are few: they are found without going over all.
create index host_by_revocation on host (host_no) where revoked_at is not null;
