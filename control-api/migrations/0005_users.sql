-- People who log in, what they may see, where they are logged in, and who changed what.

create table users (
    id text primary key,
    name text not null unique,
    email text not null,
    role text not null,
    enabled boolean not null,
    -- PHC string of argon2id.
    password text not null,
    password_once boolean not null,
    created_at bigint not null,
    updated_at bigint not null,
    last_login_at bigint
);

-- Campaigns of those who are confined to some. The owner is a user or an API key.
create table grants (
    owner text not null,
    campaign_id text not null references campaigns (id) on delete cascade,
    primary key (owner, campaign_id)
);
create index grants_campaign on grants (campaign_id);

-- Targets that somebody confined made: theirs alone. All others are a directory for everybody.
create table target_makers (
    target_id text primary key references targets (id) on delete cascade,
    owner text not null
);

alter table api_keys add column confined boolean not null default false;

create table user_sessions (
    id text primary key,
    hash text not null unique,
    user_id text not null references users (id) on delete cascade,
    created_at bigint not null,
    expires_at bigint not null
);
create index user_sessions_user on user_sessions (user_id, id);
create index user_sessions_expiry on user_sessions (expires_at);

-- No foreign keys: what happened stays told when those it tells of are gone.
create table audit (
    id text primary key,
    at bigint not null,
    actor_kind text not null,
    actor_id text not null,
    actor text not null,
    action text not null,
    noun text not null,
    noun_id text,
    before text not null,
    after text not null,
    done boolean not null
);
create index audit_at on audit (at);
create index audit_noun on audit (noun, noun_id, id);
create index audit_actor on audit (actor_id, id);
