-- Counters beside the rows they count, written in the transaction that ends a call or a session: statistics stay quick whatever the rows
-- grow to. Only what has ended is counted; what is under way is few and read from the rows.

-- series `all`: one row for each status and outcome. `minute`, `hour`, `day` (UTC): the same from `at` on, by the call's start.
-- `target`: the same for the target in `key`. `target_day`: for target and day.
create table stats_calls (
    campaign_id text not null,
    series text not null,
    key text not null,
    at bigint not null,
    status text not null,
    outcome text not null,
    calls bigint not null,
    talk_ms bigint not null,
    primary key (campaign_id, series, key, at, status, outcome)
);
create index stats_calls_times on stats_calls (series, at);
create index stats_calls_target_days on stats_calls (campaign_id, at) where series = 'target_day';

-- series `all`, `minute`, `hour`, `day` (by the time a session was queued), `step`: sessions that ended in the step of `key`.
-- `calls`: sessions with `at` completed calls, those without any left out.
create table stats_sessions (
    campaign_id text not null,
    series text not null,
    key text not null,
    at bigint not null,
    status text not null,
    sessions bigint not null,
    answered bigint not null,
    waited bigint not null,
    wait_ms bigint not null,
    primary key (campaign_id, series, key, at, status)
);

create table stats_refs (
    campaign_id text not null,
    ref text not null,
    sessions bigint not null,
    calls bigint not null,
    completed bigint not null,
    talked bigint not null,
    primary key (campaign_id, ref)
);
create index stats_refs_completed on stats_refs (campaign_id, completed);

create index sessions_under_way on sessions (campaign_id) where state <> 'ended';
