-- What each person wants to be told, where and when.

create table notification_preference (
    account_id      uuid primary key references account on delete cascade,
    -- Where e-mail goes; null for nowhere.
    address         text,
    -- An IANA name, by whose clocks the rest is.
    time_zone       text not null,
    -- 1 for Monday to 7 for Sunday; null for a digest every day.
    digest_weekday  smallint,
    digest_hour     smallint not null,
    -- Minutes of the day within which no e-mail goes out but digests; null for none.
    quiet_from      smallint,
    quiet_to        smallint,
    -- Up to where digests have told.
    digested_until  timestamptz not null,
    check ((quiet_from is null) = (quiet_to is null))
);
comment on table notification_preference is 'Retention: deleted with its account.';

-- What differs from what everybody has who said nothing: in the console, and not by e-mail.
create table notification_choice (
    account_id  uuid not null references notification_preference on delete cascade,
    sort        text not null,
    severity    smallint not null,
    in_app      boolean not null,
    email       text not null check (email in ('now', 'digest', 'off')),
    primary key (account_id, sort, severity)
);
comment on table notification_choice is 'Retention: deleted with its account.';

-- Through which channel people are told what they asked for.
create table personal_mail (
    single   boolean primary key default true check (single),
    -- Null: nobody gets e-mail.
    channel  uuid references channel on delete set null,
    -- People's addresses are within these; none of them is.
    domains  text[] not null
);
comment on table personal_mail is 'Retention: one row.';
insert into personal_mail (channel, domains) values (null, '{}');

-- What became of e-mail to people.
create table personal_mail_sent (
    -- Of the message; the same one however often it is tried.
    id          text not null,
    account_id  uuid not null references account on delete cascade,
    at          timestamptz not null,
    delivered   boolean not null,
    -- What the server said, or why it was not asked: the first 500 characters.
    answer      text not null,
    primary key (account_id, id)
);
comment on table personal_mail_sent is 'Retention: 90 days (housekeep in collector/src/server.rs); deleted with its account.';
create index personal_mail_sent_by_time on personal_mail_sent (at);

alter table notification
    -- Whether its person wants to have it in the console.
    add column in_app boolean not null default true;
