-- What was said on each leg (gateway/src/leg/trace.rs), as JSON. No numbers, no bodies; gone with the session's other traces of a caller.
create table traces (
    leg_id text primary key,
    session_id text not null,
    trace text not null
);
create index traces_session on traces (session_id);
