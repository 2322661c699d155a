-- Sessions whose caller's number is still kept: what the retention job looks through (CAMPAIGNS.md 9).
create index sessions_kept on sessions (campaign_id, ended_at) where phone_enc is not null;
