-- A password that somebody else made or chose is known to two people: its person chooses another one before anything
-- else. Those that are there already stay as they are.
alter table account add column password_given boolean not null default false;
