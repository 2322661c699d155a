-- What each node says of itself with its beat, and what an operator has asked of it.
alter table nodes add column version text not null default '';
alter table nodes add column draining boolean not null default false;
alter table nodes add column drain_asked boolean not null default false;
alter table nodes add column sessions bigint not null default 0;

-- The dashboard reads what is under way and what has just ended, whatever the tables have grown to.
create index sessions_open_ids on sessions (id) where state <> 'ended';
create index stats_sessions_times on stats_sessions (series, at);

-- Records that are looked for because something is wrong with them.
create index cdrs_sip_status on cdrs (sip_status, id);
create index cdrs_one_way on cdrs (id) where one_way;
