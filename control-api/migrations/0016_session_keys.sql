-- Targets that were asked for when a session was started, kept until the caller has keyed a location.
alter table sessions add column target_keys text not null default '[]';
