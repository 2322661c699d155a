-- The first schema, one text for SQLite and PostgreSQL: text, bigint, boolean and double precision only.
-- Ids are UUID text (version 7, so they sort by time), times are milliseconds since 1970 UTC, lists are JSON text.
-- Phone numbers are kept as a keyed reference (…_hash), encrypted (…_enc) and as the last two digits; never in the clear.

create table campaigns (
    id text primary key,
    name text not null unique,
    status text not null,
    country text not null,
    kind text not null,
    segment_by text not null,
    locate_by text not null,
    language text not null,
    settings text not null,
    created_at bigint not null,
    updated_at bigint not null,
    launched_at bigint,
    archived_at bigint
);

create table targets (
    id text primary key,
    key text not null unique,
    title text not null,
    name text not null,
    district text not null,
    location text not null,
    phone text,
    extension text not null,
    data text not null,
    created_at bigint not null,
    updated_at bigint not null
);

create table offices (
    target_id text not null references targets (id) on delete cascade,
    uid text not null,
    position bigint not null,
    name text not null,
    kind text not null,
    address text not null,
    lat double precision,
    lon double precision,
    phone text,
    extension text not null,
    hours text not null,
    time_zone text not null,
    primary key (target_id, uid)
);

create table campaign_targets (
    campaign_id text not null references campaigns (id) on delete cascade,
    position bigint not null,
    target_id text not null references targets (id),
    primary key (campaign_id, position),
    unique (campaign_id, target_id)
);
create index campaign_targets_target on campaign_targets (target_id);

create table trunks (
    id text primary key,
    name text not null unique,
    host text not null,
    port bigint,
    transport text not null,
    allow_list text not null,
    username text not null,
    password_enc text,
    register boolean not null,
    codecs text not null,
    dtmf text not null,
    srtp text not null,
    learn_source boolean not null,
    max_channels bigint not null,
    max_cps bigint not null,
    number_format text not null,
    tech_prefix text not null,
    caller_id text,
    enabled boolean not null,
    created_at bigint not null,
    updated_at bigint not null
);

create table numbers (
    id text primary key,
    e164 text not null unique,
    trunk_id text not null references trunks (id),
    campaign_id text references campaigns (id),
    created_at bigint not null
);
create index numbers_trunk on numbers (trunk_id);
create index numbers_campaign on numbers (campaign_id);

create table routes (
    id text primary key,
    name text not null unique,
    prefixes text not null,
    campaign_id text references campaigns (id) on delete cascade,
    stop_codes text not null,
    created_at bigint not null,
    updated_at bigint not null
);

create table route_trunks (
    route_id text not null references routes (id) on delete cascade,
    position bigint not null,
    trunk_id text not null references trunks (id),
    priority bigint not null,
    weight bigint not null,
    primary key (route_id, position)
);
create index route_trunks_trunk on route_trunks (trunk_id);

-- campaign_id is empty for the installation's own prompts, so that versions stay unique without a null.
create table prompts (
    id text primary key,
    campaign_id text not null,
    key text not null,
    language text not null,
    version bigint not null,
    text text,
    audio_hash text,
    duration_ms bigint,
    description text not null,
    hidden boolean not null,
    created_at bigint not null,
    unique (campaign_id, key, version)
);

create table prompt_selections (
    campaign_id text not null,
    key text not null,
    language text not null,
    prompt_id text not null references prompts (id) on delete cascade,
    primary key (campaign_id, key, language)
);

create table sessions (
    id text primary key,
    campaign_id text not null references campaigns (id),
    direction text not null,
    state text not null,
    status text not null,
    step text not null,
    phone_hash text not null,
    phone_enc text,
    phone_last2 text not null,
    country text not null,
    ref text not null,
    location text not null,
    caller_id text,
    record boolean not null,
    targets text not null,
    node text,
    lease_until bigint not null,
    not_before_at bigint not null,
    attempts bigint not null,
    queued_at bigint not null,
    started_at bigint,
    answered_at bigint,
    ended_at bigint,
    queue_delay_ms bigint,
    duration_ms bigint
);
create index sessions_queue on sessions (queued_at, id) where state = 'queued' or state = 'claimed';
create index sessions_open on sessions (node) where state <> 'ended';
create index sessions_campaign on sessions (campaign_id, queued_at);
create index sessions_phone on sessions (phone_hash, queued_at);

create table calls (
    id text primary key,
    session_id text not null references sessions (id),
    campaign_id text not null references campaigns (id),
    target_key text not null,
    target_index bigint not null,
    office_uid text not null,
    caller_id_reason text not null,
    status text not null,
    outcome text,
    started_at bigint not null,
    ended_at bigint,
    duration_ms bigint
);
create index calls_started on calls (started_at, id);
create index calls_session on calls (session_id);
create index calls_campaign on calls (campaign_id, started_at);
create index calls_target on calls (campaign_id, target_key);

-- No foreign keys: a record is kept whatever became of the rows around it.
create table cdrs (
    id text primary key,
    session_id text not null,
    call_id text,
    side text not null,
    direction text not null,
    trunk text not null,
    node text not null,
    from_ref text not null,
    to_ref text not null,
    sip_call_id text not null,
    created_at bigint not null,
    ringing_at bigint,
    answered_at bigint,
    ended_at bigint not null,
    duration_ms bigint not null,
    billable_ms bigint not null,
    pdd_ms bigint,
    sip_status bigint,
    q850_cause bigint,
    cause text not null,
    ended_by text not null,
    codec text,
    rtp_rx_packets bigint not null,
    rtp_tx_packets bigint not null,
    rtp_lost bigint not null,
    jitter_ms double precision not null,
    mos double precision,
    one_way boolean not null,
    digits text not null
);
create index cdrs_created on cdrs (created_at, id);
create index cdrs_session on cdrs (session_id);
create index cdrs_trunk on cdrs (trunk, created_at);

create table api_keys (
    id text primary key,
    name text not null,
    hash text not null unique,
    scopes text not null,
    created_at bigint not null,
    expires_at bigint,
    revoked_at bigint,
    last_used_at bigint
);

create table blocklist (
    id text primary key,
    phone_hash text,
    network text,
    prefix text,
    reason text not null,
    expires_at bigint,
    hits bigint not null,
    created_at bigint not null
);
create index blocklist_phone on blocklist (phone_hash);

-- One row a counted key: taking a row makes two nodes count one after the other.
create table rate_keys (
    key text primary key,
    touched_at bigint not null
);
create index rate_keys_touched on rate_keys (touched_at);

create table rate_events (
    id text primary key,
    key text not null references rate_keys (key) on delete cascade,
    at bigint not null
);
create index rate_events_key on rate_events (key, at);

create table idempotency_keys (
    key text not null,
    owner text not null,
    request_hash text not null,
    status bigint,
    body text,
    created_at bigint not null,
    primary key (owner, key)
);
create index idempotency_created on idempotency_keys (created_at);

create table settings (
    key text primary key,
    value text not null,
    updated_at bigint not null
);

create table events (
    id text primary key,
    at bigint not null,
    kind text not null,
    session_id text,
    data text not null
);
create index events_session on events (session_id, id);
create index events_at on events (at);

create table nodes (
    id text primary key,
    started_at bigint not null,
    seen_at bigint not null
);
