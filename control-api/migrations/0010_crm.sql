-- What a campaign tells a CRM, and when. What is to be told are jobs of the kind `crm`: lane is the campaign, key the session.

-- `next_run_at` is when what is gathered now falls due: the end of each session takes it from here, in its own transaction.
-- `hold_until` and `failures` say how long nothing is sent because the CRM is away.
create table crm (
    campaign_id text primary key references campaigns (id) on delete cascade,
    kind text not null,
    schedule text not null,
    hour bigint not null,
    time_zone text not null,
    url text not null,
    options text not null,
    username text not null,
    secret_enc text,
    send_phone boolean not null,
    paused boolean not null,
    next_run_at bigint not null,
    last_run_at bigint,
    last_sent_at bigint,
    sent bigint not null,
    failures bigint not null,
    hold_until bigint not null,
    error text not null,
    created_at bigint not null,
    updated_at bigint not null
);
create index crm_runs on crm (next_run_at) where schedule <> 'immediate';

-- Sessions of a campaign in the order in which they ended, for its CSV file.
create index sessions_ended on sessions (campaign_id, ended_at, id) where ended_at is not null;
