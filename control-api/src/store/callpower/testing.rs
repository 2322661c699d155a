//! A database in CallPower's schema, made by a test in a schema of its own and dropped with it. The columns are facts of CallPower 1.5.9.

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

/// Every table that is read, with its columns' types.
const SCHEMA: &str = r#"
create table campaign_campaign (id serial primary key, created_time timestamp, name varchar(255) not null unique,
  country_code varchar(100), campaign_type varchar(100), campaign_state varchar(100), campaign_subtype varchar(100),
  campaign_language varchar(100) default 'en', segment_by varchar(100), locate_by varchar(100), include_special varchar(100),
  target_ordering varchar(100), target_shuffle_chamber boolean default true, target_offices varchar(100),
  call_maximum smallint, allow_call_in boolean, allow_intl_calls boolean, prompt_schedule boolean, status_code smallint, embed json);
create table campaign_target (id serial primary key, key varchar(100), title varchar(100), name varchar(100) not null,
  district varchar(100), number varchar(23), location varchar(100));
create table campaign_target_office (id serial primary key, uid varchar(100), name varchar(100), address varchar(100),
  latlon varchar(100), type varchar(100), number varchar(23), target_id integer references campaign_target);
create table campaign_target_sets (id serial primary key, campaign_id integer references campaign_campaign,
  target_id integer references campaign_target, "order" integer);
create table campaign_phone (id serial primary key, twilio_sid varchar(34), twilio_app varchar(34), call_in_allowed boolean,
  call_in_campaign_id integer references campaign_campaign, number varchar(20));
create table campaign_phone_numbers (campaign_id integer references campaign_campaign, phone_id integer references campaign_phone);
create table campaign_recording (id serial primary key, key varchar(100) not null, file_storage varchar(255), text_to_speech text,
  version integer, description varchar(100), hidden boolean default false, unique (key, version));
create table campaign_audio_recordings (id serial primary key, campaign_id integer references campaign_campaign,
  recording_id integer references campaign_recording, selected boolean default false);
create table calls_session (id serial primary key, timestamp timestamptz, campaign_id integer references campaign_campaign,
  phone_hash varchar(64), location varchar(100), referral_code varchar(64), from_number varchar(16), twilio_id varchar(40),
  duration integer, status varchar(25), direction varchar(25) default 'outbound', queue_delay interval);
create table calls (id serial primary key, timestamp timestamptz, session_id integer references calls_session,
  campaign_id integer references campaign_campaign, target_id integer references campaign_target, call_id varchar(40),
  status varchar(25), duration integer);
create table schedule_call (id serial primary key, created_at timestamptz, subscribed boolean default true, time_to_call time,
  last_called timestamptz, num_calls integer default 0, campaign_id integer references campaign_campaign,
  phone_number varchar(20), job_id varchar(36));
create table admin_blocklist (id serial primary key, timestamp timestamptz, expires interval, phone_number varchar(20),
  phone_hash varchar(64), ip_address varchar(16), hits integer default 0);
create table user_user (id serial primary key, name varchar(100) not null unique, email varchar(100) not null unique,
  created_time timestamp, password varchar(300) not null, role_code smallint, status_code smallint);
create table sync_campaign (id serial primary key, job_id varchar(36), campaign_id integer references campaign_campaign);
"#;

/// Rows of every kind, odd ones among them.
const ROWS: &str = r##"
insert into campaign_campaign (id, created_time, name, country_code, campaign_type, campaign_subtype, campaign_language, segment_by,
    locate_by, target_ordering, target_offices, call_maximum, allow_call_in, prompt_schedule, status_code, embed) values
  (1, '2020-01-01 10:00', 'Save the library', 'US', 'custom', null, 'en', 'custom', '', 'in-order', '', 3, true, true, 2,
    '{"script": "<p>Please</p>", "redirect": "https://example.org/thanks", "form_sel": "#form"}'),
  (2, '2020-02-01 10:00', 'Congress by ZIP', 'US', 'congress', 'both', 'en', 'location', 'postal', 'upper-first', 'district', 0, false,
    false, 2, null),
  (3, '2020-03-01 10:00', 'Old one', 'US', 'local', null, 'es', 'custom', null, 'shuffle', null, null, null, null, 0, 'null'),
  (4, null, 'Odd one', null, null, null, null, null, null, null, null, null, null, null, null, null),
  (5, '2020-05-01 10:00', 'Europe', 'EU', 'parliament', 'mep', 'en', 'location', 'district', 'alphabetical', 'busy', 1, false, false,
   1, null),
  (6, '2020-06-01 10:00', 'Taken', 'UK', 'custom', '', 'en', 'custom', '', 'shuffle', '', null, false, false, 1, null);
insert into campaign_target (id, key, title, name, district, number, location) values
  (10, 'us:bioguide:S000148', 'Senator', 'Before', 'NY', '+12025550110', 'DC'),
  (11, 'us:bioguide:S000148', 'Senator', 'Ada O''Rourke', 'NY', '+12025550111', 'DC'),
  (12, null, null, 'Nobody''s key', null, '+12025550112;ext=34', null),
  (13, 'custom:mayor', 'Mayor', 'The Mayor', null, null, null),
  (14, 'custom:nonsense', '', 'Nonsense', null, 'none', null);
insert into campaign_target_office (id, uid, name, address, latlon, type, number, target_id) values
  (1, 'S000148-albany', 'Albany', '1 Main St', 'POINT(42.6, -73.7)', 'district', '+15185550111', 11),
  (2, null, null, null, 'nowhere', null, null, 11),
  (3, 'S000148-old', 'Old', null, null, 'district', '+15185550112', 10),
  (4, 'lost', null, null, null, null, '+15185550113', null);
insert into campaign_target_sets (campaign_id, target_id, "order") values (1, 13, 2), (1, 12, 1), (1, 11, null), (1, 10, 3), (null, 10, 0),
  (2, 11, 0);
insert into campaign_phone (id, call_in_allowed, call_in_campaign_id, number) values
  (20, true, 1, '+12025550100'), (21, false, null, '+12025550101'), (22, false, null, '+12025550100'), (23, false, null, 'x');
insert into campaign_phone_numbers values (1, 20), (1, 21), (2, 21), (2, 20);
insert into campaign_recording (id, key, version, file_storage, text_to_speech, description, hidden) values
  (30, 'msg_intro', 1, null, 'The first words.', 'first', true), (31, 'msg_intro', 2, null, 'The second words.', null, null),
  (32, 'msg_intro', 3, 'audio/intro.wav', '', null, false), (33, 'msg_target_intro', 1, null, 'Now {{nickname}}', null, false),
  (34, 'msg_nothing', 1, null, 'x', null, false), (35, 'msg_goodbye', 1, 'audio/gone.mp3', null, null, false),
  (36, 'msg_goodbye', 2, null, 'Unused', null, false), (37, 'msg_goodbye', 3, null, null, null, false);
insert into campaign_audio_recordings (id, campaign_id, recording_id, selected) values
  (1, 1, 30, false), (2, 1, 31, true), (3, 3, 31, true), (4, 3, 32, false), (5, 4, 30, false), (6, 4, 32, true), (7, 1, 33, true),
  (8, 1, 34, true), (9, 1, 35, true), (10, 1, 37, true), (11, null, 36, true);
insert into schedule_call (id, created_at, subscribed, time_to_call, last_called, campaign_id, phone_number) values
  (40, '2025-11-01Z', true, '15:30', '2026-03-10 15:30Z', 1, '+13125550123'), (41, '2025-11-02Z', true, '16:30', null, 1, '+13125550123'),
  (42, '2025-11-03Z', false, '16:30', null, 1, '+13125550124'), (43, '2025-11-04Z', true, '16:30', null, null, '+13125550125'),
  (44, '2025-11-05Z', true, null, null, 1, 'secret'), (45, null, null, null, null, 2, '+14155550123');
insert into admin_blocklist (id, timestamp, expires, phone_number, phone_hash, ip_address, hits) values
  (50, '2026-01-01Z', null, '+12025550166', null, null, 4), (51, '2026-03-11Z', '30 days', null, null, '192.0.2.7', null),
  (52, '2026-01-01Z', null, null, repeat('ab', 32), null, 1), (53, '2026-01-01Z', '1 day', '+12025550167', null, null, 1),
  (54, '2026-01-01Z', null, null, null, '', 0);
insert into user_user (id, name, email, created_time, password, role_code, status_code) values
  (60, 'ada', 'ada@example.org', '2020-01-01', 'x', 0, 2), (61, 'pat', 'pat@example.org', null, 'x', 2, 0),
  (62, 'bob', 'bob@example.org', '2020-01-01', 'x', 1, 2);
insert into sync_campaign (job_id, campaign_id) values ('j', 1);
insert into calls_session (id, timestamp, campaign_id, phone_hash, location, referral_code, from_number, duration, status, direction,
    queue_delay) values
  (1, '2026-03-01 12:00Z', 1, repeat('cd', 32), '12180', 'newsletter', '+12025550100', 60, 'completed', 'outbound', '2.5 seconds'),
  (2, '2026-03-01 13:00Z', 1, null, null, null, null, null, 'failed', null, null),
  (3, '2026-03-01 14:00Z', null, null, null, null, null, 1, 'completed', 'outbound', null),
  (4, '2026-03-01 15:00Z', 2, null, '42223', 'newsletter', null, 9, 'completed', 'inbound', null),
  (5, '2026-03-11 14:30Z', 1, null, null, null, null, null, 'in-progress', 'outbound', null),
  (6, null, 1, null, null, '', null, 3, 'initiated', 'outbound', null);
insert into calls (id, timestamp, session_id, campaign_id, target_id, status, duration) values
  (1, '2026-03-01 12:00:10Z', 1, 1, 11, 'completed', 30), (2, '2026-03-01 12:01Z', 1, 1, 10, 'completed', 20),
  (3, '2026-03-01 12:02Z', 1, 1, 12, 'busy', 0), (4, '2026-03-01 12:03Z', 1, 1, null, 'no-answer', null),
  (5, '2026-03-01 12:04Z', null, 1, 13, 'completed', 5), (6, '2026-03-01 14:00Z', 3, null, 13, 'completed', 5),
  (7, '2026-03-01 14:01Z', 3, 1, 13, 'failed', 5), (8, '2026-03-11 14:31Z', 5, 1, 13, 'in-progress', null),
  (9, null, 6, 1, 13, null, null), (10, '2026-03-01 15:01Z', 4, 2, 11, 'completed', 8);
"##;

/// Many: sessions of two campaigns over two weeks, and up to three calls of each.
const MANY: &str = r#"
insert into calls_session (id, timestamp, campaign_id, status, duration, referral_code, queue_delay)
  select n, timestamptz '2026-02-10Z' + n * interval '7 minutes', 1 + n % 2, case when n % 5 = 0 then 'no-answer' else 'completed' end,
    n % 90, case n % 3 when 0 then 'page' when 1 then 'mail' end, case when n % 4 = 0 then n % 9 * interval '1 second' end
  from generate_series(1001, 3400) n;
insert into calls (id, timestamp, session_id, campaign_id, target_id, status, duration)
  select m, timestamptz '2026-02-10Z' + s * interval '7 minutes' + m % 3 * interval '40 seconds', s, 1 + s % 2, 10 + m % 4,
    (array['completed', 'completed', 'busy', 'failed', 'no-answer', 'canceled'])[1 + m % 6], m % 60
  from (select m, 1001 + (m * 7) % 2400 as s from generate_series(1001, 6600) m) made;
"#;

/// What an installation of some years ago did not have.
const OLDER: &str = r#"
alter table campaign_target rename key to uid;
alter table campaign_target drop location;
alter table campaign_campaign drop campaign_language, drop target_shuffle_chamber, drop allow_intl_calls, drop include_special;
alter table campaign_target_office drop latlon, drop type;
alter table calls drop session_id;
drop table calls_session, schedule_call, admin_blocklist, sync_campaign;
alter table user_user rename to "user";
"#;

/// A database of CallPower.
pub(crate) struct CallPower {
    /// Its address.
    pub(crate) url: String,
    schema: String,
    connection: PgConnection,
}

impl CallPower {
    /// With rows of every kind, on the server at `server`.
    pub(crate) async fn make(server: &str) -> CallPower {
        let mut made = CallPower::empty(server).await;
        for sql in [SCHEMA, ROWS] {
            made.connection.execute(sql).await.unwrap();
        }
        made
    }

    /// With no table at all.
    pub(crate) async fn empty(server: &str) -> CallPower {
        let random = crate::privacy::random_bytes().unwrap();
        let schema = format!("callpower_{}", uuid::Uuid::from_bytes(random).simple());
        let mut connection = PgConnection::connect(server).await.unwrap();
        let sql = format!("create schema {schema}; set search_path = {schema}");
        connection.execute(AssertSqlSafe(sql)).await.unwrap();
        let separator = if server.contains('?') { '&' } else { '?' };
        CallPower {
            url: format!("{server}{separator}options[search_path]={schema}"),
            schema,
            connection,
        }
    }

    /// Adds thousands of sessions and calls.
    pub(crate) async fn fill(&mut self) {
        self.connection.execute(MANY).await.unwrap();
    }

    /// Takes away what older versions do not have.
    pub(crate) async fn age(&mut self) {
        self.connection.execute(OLDER).await.unwrap();
    }

    /// One more call of campaign 1, in its first session.
    pub(crate) async fn call(&mut self) {
        let sql = "insert into calls (id, timestamp, session_id, campaign_id, target_id, status, duration) \
                   values (9999, '2026-03-02Z', 1, 1, 11, 'completed', 7)";
        self.connection.execute(sql).await.unwrap();
    }

    /// Calls of a campaign by status, counted there; what is under way is left out.
    pub(crate) async fn by_status(&mut self, campaign: i32) -> Vec<(String, i64)> {
        let sql = "select coalesce(status, 'unknown')::text, count(*) from calls where campaign_id = $1 and id <> 8 \
                   group by 1 order by 1";
        sqlx::query_as(sql)
            .bind(campaign)
            .fetch_all(&mut self.connection)
            .await
            .unwrap()
    }

    /// Completed calls of a campaign by day.
    pub(crate) async fn by_day(&mut self, campaign: i32) -> Vec<(i64, i64)> {
        let sql = "select (extract(epoch from date_trunc('day', timestamp at time zone 'UTC')) * 1000)::bigint, count(*) \
                   from calls where campaign_id = $1 and status = 'completed' group by 1 order by 1";
        sqlx::query_as(sql)
            .bind(campaign)
            .fetch_all(&mut self.connection)
            .await
            .unwrap()
    }

    /// Calls of a campaign by the target's key and status.
    pub(crate) async fn by_target(&mut self, campaign: i32) -> Vec<(String, String, i64)> {
        let sql = "select coalesce(t.key, 'custom:callpower-' || t.id)::text, coalesce(c.status, 'unknown')::text, count(*) \
                   from calls c join campaign_target t on t.id = c.target_id where c.campaign_id = $1 and c.id <> 8 \
                   group by 1, 2 order by 1, 2";
        sqlx::query_as(sql)
            .bind(campaign)
            .fetch_all(&mut self.connection)
            .await
            .unwrap()
    }

    /// How many sessions of a campaign had how many completed calls.
    pub(crate) async fn per_session(&mut self, campaign: i32) -> Vec<(i64, i64)> {
        let sql = "select n, count(*) from (select count(*) as n from calls where campaign_id = $1 and status = 'completed' \
                   group by coalesce(session_id, -id)) made group by n order by n";
        sqlx::query_as(sql)
            .bind(campaign)
            .fetch_all(&mut self.connection)
            .await
            .unwrap()
    }

    /// Sessions of a campaign, those that are over, and the sum of their waits in milliseconds.
    pub(crate) async fn sessions(&mut self, campaign: i32) -> (i64, i64) {
        let sql = "select count(*), coalesce(sum(extract(epoch from queue_delay) * 1000), 0)::bigint from calls_session \
                   where campaign_id = $1 and id <> 5";
        sqlx::query_as(sql)
            .bind(campaign)
            .fetch_one(&mut self.connection)
            .await
            .unwrap()
    }

    /// Codes of a campaign with two completed calls or more.
    pub(crate) async fn codes(&mut self, campaign: i32) -> Vec<(String, i64)> {
        let sql = "select s.referral_code::text, count(*) from calls c join calls_session s on s.id = c.session_id \
                   where c.campaign_id = $1 and c.status = 'completed' and s.referral_code <> '' group by 1 \
                   having count(*) >= 2 order by 1";
        sqlx::query_as(sql)
            .bind(campaign)
            .fetch_all(&mut self.connection)
            .await
            .unwrap()
    }

    /// Drops it.
    pub(crate) async fn drop(mut self) {
        let sql = format!("drop schema {} cascade", self.schema);
        self.connection.execute(AssertSqlSafe(sql)).await.unwrap();
    }
}
