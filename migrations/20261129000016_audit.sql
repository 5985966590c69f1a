-- What else the audit log is searched by. Retention is audit_record's: kept.

alter table audit_record
    add column address text generated always as (body::jsonb ->> 'address') stored;
create index audit_record_by_address on audit_record (address, at);
create index audit_record_by_action on audit_record (action, at);
