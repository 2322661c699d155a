-- Places and who holds office in them. A division is named by its Open Civic Data id, so a country is rows and not code.
-- `source` says which import a row came from: the next import of the same source takes away what is gone.

create table divisions (
    id text primary key,
    country text not null,
    name text not null,
    -- The name as it is searched for: lower case, one space between words, no leading zeros.
    name_key text not null,
    lat double precision,
    lon double precision,
    source text not null
);
create index divisions_name on divisions (country, name_key);
create index divisions_source on divisions (source);

create table postal_codes (
    country text not null,
    code text not null,
    division_id text not null,
    source text not null,
    primary key (country, code, division_id, source)
);
create index postal_codes_source on postal_codes (source);
create index postal_codes_division on postal_codes (division_id);

-- The person and their numbers stand in targets and offices, like everybody else who is called.
create table officials (
    target_id text primary key references targets (id) on delete cascade,
    country text not null,
    division_id text not null,
    -- The campaign type that calls them: congress, state, executive, parliament, …
    role text not null,
    chamber text not null,
    party text not null,
    source text not null
);
create index officials_place on officials (division_id, role);
create index officials_role on officials (country, role);
create index officials_source on officials (source);
