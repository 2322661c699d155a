-- What a campaign was called in the system that it was brought from: forms on pages out there go on naming it so.
alter table campaigns add column legacy_id text;
create unique index campaigns_legacy on campaigns (legacy_id);
