-- Calls that are under way, which no counter holds: few, and found without reading the others.
create index calls_open on calls (campaign_id) where ended_at is null;
