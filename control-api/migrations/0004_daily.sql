-- Daily callers, consent, opt-outs, and a key of its own for every campaign (CAMPAIGNS.md 6 and 9).

-- What a campaign's numbers are referred to and encrypted with, itself encrypted under the installation's key.
-- Destroyed: `wrapped` is gone, and with it every number of the campaign.
create table campaign_keys (
    campaign_id text primary key references campaigns (id) on delete cascade,
    wrapped text,
    created_at bigint not null,
    destroyed_at bigint
);

-- One subscription to daily calls. The number stands here only while we must call again.
create table schedules (
    id text primary key,
    campaign_id text not null references campaigns (id),
    phone_hash text not null,
    phone_enc text,
    phone_last2 text not null,
    country text not null,
    location text not null,
    ref text not null,
    time_zone text not null,
    minute_of_day bigint not null,
    end_on text,
    status text not null,
    next_at bigint not null,
    last_called_on text,
    last_session_id text,
    lease_until bigint not null,
    created_at bigint not null,
    updated_at bigint not null,
    ended_at bigint,
    ended_why text
);
create unique index schedules_standing on schedules (campaign_id, phone_hash) where status <> 'ended';
create index schedules_due on schedules (next_at) where status = 'active';
create index schedules_session on schedules (last_session_id);

-- Who agreed to what, when and how; kept after the subscription has ended.
create table consents (
    id text primary key,
    schedule_id text not null references schedules (id) on delete cascade,
    at bigint not null,
    given boolean not null,
    how text not null,
    source text not null,
    version text not null,
    text text not null
);
create index consents_schedule on consents (schedule_id, id);

-- Who asked never to be called daily, in any campaign. Keyed by the installation, because it must be honoured after any campaign.
create table optouts (
    id text primary key,
    phone_hash text not null unique,
    how text not null,
    created_at bigint not null
);

-- Which time zone the numbers under a prefix are in, where the built-in table is not enough.
create table zone_prefixes (
    prefix text primary key,
    time_zone text not null
);
