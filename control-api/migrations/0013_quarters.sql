-- Calls and sessions by quarters of an hour, series `quarter`, so that days of time zones half an hour off are not put together of
-- minutes.

insert into stats_calls (campaign_id, series, key, at, status, outcome, calls, talk_ms)
select campaign_id, 'quarter', key, at / 900000 * 900000, status, outcome, sum(calls), sum(talk_ms)
from stats_calls where series = 'minute' group by campaign_id, key, at / 900000 * 900000, status, outcome;

insert into stats_sessions (campaign_id, series, key, at, status, sessions, answered, waited, wait_ms)
select campaign_id, 'quarter', key, at / 900000 * 900000, status, sum(sessions), sum(answered), sum(waited), sum(wait_ms)
from stats_sessions where series = 'minute' group by campaign_id, key, at / 900000 * 900000, status;
