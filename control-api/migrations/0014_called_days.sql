-- Whether a number was called today under an earlier subscription is asked whenever one is made.
create index schedules_number on schedules (campaign_id, phone_hash);
