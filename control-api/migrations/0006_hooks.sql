-- Work to be done at least once (webhooks, CRM), and who is told of what.

-- `kind`, `lane` and `key` name one piece of work for ever, so that asking for it twice is asking once. A lane is one receiver:
-- lanes do not wait for each other. A claim moves `due_at` to the end of its lease; who dies leaves a job that is due again.
create table jobs (
    kind text not null,
    lane text not null,
    key text not null,
    state text not null,
    due_at bigint not null,
    attempts bigint not null,
    status bigint,
    error text not null,
    created_at bigint not null,
    updated_at bigint not null,
    primary key (kind, lane, key)
);
create index jobs_due on jobs (kind, due_at) where state = 'waiting';
create index jobs_lane on jobs (kind, lane, state, key);
create index jobs_over on jobs (updated_at) where state <> 'waiting';

create table webhooks (
    id text primary key,
    url text not null,
    events text not null,
    campaign_id text references campaigns (id) on delete cascade,
    secret_enc text not null,
    enabled boolean not null,
    created_at bigint not null,
    updated_at bigint not null
);

-- The same events, one a row, to be matched where the event is written.
create table webhook_events (
    webhook_id text not null references webhooks (id) on delete cascade,
    pattern text not null,
    primary key (webhook_id, pattern)
);
create index webhook_events_pattern on webhook_events (pattern);
