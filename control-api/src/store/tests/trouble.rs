//! Databases that cannot be opened, are locked, or have another schema.

use std::path::Path;

use sqlx::{Connection, PgConnection, SqliteConnection};

use super::super::testing::{POSTGRES_URL, check};
use super::super::{Db, Inspection, OpenError, StoreError, campaigns, inspect, settings};
use super::rows::campaign;

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
        .block_on(work)
}

fn url(path: &Path) -> String {
    format!("sqlite://{}", path.display())
}

#[test]
fn an_open_database_answers() {
    check(|db| async move {
        db.ping().await.unwrap();
        db.close().await;
        assert!(matches!(db.ping().await, Err(StoreError::Busy(_))));
    });
}

#[test]
fn a_file_locked_from_outside_is_busy_and_comes_back() {
    block_on(async {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("t.db");
        let db = Db::open(&url(&path)).await.unwrap();
        let mut outside = SqliteConnection::connect(&url(&path)).await.unwrap();
        sqlx::query("begin exclusive")
            .execute(&mut outside)
            .await
            .unwrap();
        let written = campaigns::create(&db, &campaign(1, "a")).await;
        assert!(matches!(written, Err(StoreError::Busy(_))), "{written:?}");
        sqlx::query("rollback").execute(&mut outside).await.unwrap();
        campaigns::create(&db, &campaign(1, "a")).await.unwrap();
    });
}

#[test]
fn a_full_disk_is_busy_and_comes_back() {
    block_on(async {
        let dir = tempfile::tempdir().unwrap();
        let db = Db::open(&url(&dir.path().join("t.db"))).await.unwrap();
        let Db::Sqlite(sqlite) = &db else {
            unreachable!("it is a file")
        };
        // The file may not grow: what SQLite says then is what it says of a full disk.
        sqlx::query("pragma max_page_count = 1")
            .execute(&sqlite.write)
            .await
            .unwrap();
        let big = settings::set(&db, "big", &"x".repeat(1_000_000), 1).await;
        assert!(matches!(big, Err(StoreError::Busy(_))), "{big:?}");
        sqlx::query("pragma max_page_count = 1000000")
            .execute(&sqlite.write)
            .await
            .unwrap();
        settings::set(&db, "big", &"x".repeat(1_000_000), 1)
            .await
            .unwrap();
    });
}

#[test]
fn connections_that_the_server_ends_are_made_anew() {
    check(|db| async move {
        let Db::Postgres(pool) = &db else { return };
        let (first, second) = (pool.acquire().await.unwrap(), pool.acquire().await.unwrap());
        drop((first, second));
        // Only this test's own, told by their schema: others run beside it.
        let end = "select count(pg_terminate_backend(pid)) from pg_stat_activity \
                   where pid <> pg_backend_pid() and application_name = $1";
        let name: String =
            sqlx::query_scalar("select set_config('application_name', current_schema(), false)")
                .fetch_one(pool)
                .await
                .unwrap();
        let mut admin = PgConnection::connect(&std::env::var(POSTGRES_URL).unwrap())
            .await
            .unwrap();
        let ended: i64 = sqlx::query_scalar(end)
            .bind(&name)
            .fetch_one(&mut admin)
            .await
            .unwrap();
        assert_eq!(ended, 1);
        for n in 0..5 {
            let answer = settings::set(&db, "a", &n.to_string(), 1).await;
            assert!(matches!(answer, Ok(()) | Err(StoreError::Busy(_))), "{answer:?}");
        }
        settings::set(&db, "a", "end", 1).await.unwrap();
    });
}

#[test]
fn what_cannot_be_opened_says_what_to_do() {
    block_on(async {
        let dir = tempfile::tempdir().unwrap();
        let missing = dir.path().join("no/such/folder/t.db");
        let garbage = dir.path().join("garbage.db");
        std::fs::write(
            &garbage,
            "this is no database, whatever its name says, and long enough to be read".repeat(20),
        )
        .unwrap();
        let mut lines = Vec::new();
        for bad in [
            url(&missing),
            url(&garbage),
            url(dir.path()),
            "mysql://root:secret@db/x".to_owned(),
            "sqlite::memory:".to_owned(),
            "nonsense".to_owned(),
            "postgres://me:secret@127.0.0.1:1/x".to_owned(),
        ] {
            let said = Db::open(&bad).await.map(drop).unwrap_err().to_string();
            lines.push(said.replace(&dir.path().display().to_string(), "DIR"));
        }
        let expected = [
            "cannot use database file DIR/no/such/folder/t.db: unable to open database file; check the path and its permissions ([database] url)",
            "cannot use database file DIR/garbage.db: file is not a database; check the path and its permissions ([database] url)",
            "cannot use database file DIR: unable to open database file; check the path and its permissions ([database] url)",
            "database url \"mysql://root:%E2%80%A6@db/x\" is not understood: use sqlite://FILE or postgres://USER:PASSWORD@HOST/NAME ([database] url)",
            "database url \"sqlite::memory:\" is not understood: use sqlite://FILE or postgres://USER:PASSWORD@HOST/NAME ([database] url)",
            "database url \"nonsense\" is not understood: use sqlite://FILE or postgres://USER:PASSWORD@HOST/NAME ([database] url)",
            "cannot connect to PostgreSQL at 127.0.0.1:1/x: Connection refused (os error 111); check that it runs and the address, user and password ([database] url)",
        ];
        assert_eq!(lines.join("\n"), expected.join("\n"));
    });
}

#[test]
fn a_newer_schema_is_refused() {
    block_on(async {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("t.db");
        let db = Db::open(&url(&path)).await.unwrap();
        let newer = "insert into _sqlx_migrations (version, description, success, checksum, execution_time) values (99999, 'x', true, x'01', 0)";
        crate::store::on_write!(&db, |c| sqlx::query(newer).execute(c).await.map(drop)).unwrap();
        db.close().await;
        assert!(matches!(
            Db::open(&url(&path)).await,
            Err(OpenError::Schema { .. })
        ));
    });
}

#[test]
fn programs_that_start_at_once_agree_on_one_schema() {
    block_on(async {
        let dir = tempfile::tempdir().unwrap();
        for round in 0..5 {
            let place = url(&dir.path().join(format!("{round}.db")));
            let opens: Vec<_> = (0..4)
                .map(|_| {
                    let place = place.clone();
                    tokio::spawn(async move { Db::open(&place).await.unwrap().close().await })
                })
                .collect();
            for open in opens {
                open.await.unwrap();
            }
        }
    });
}

#[test]
fn looking_changes_nothing() {
    block_on(async {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("t.db");
        let seen = inspect(&url(&path)).await.unwrap();
        let place = path.display().to_string();
        assert_eq!(
            seen,
            Inspection {
                engine: "sqlite",
                place,
                schema: None,
                newest: seen.newest
            }
        );
        assert!(!path.exists());
        Db::open(&url(&path)).await.unwrap().close().await;
        let seen = inspect(&url(&path)).await.unwrap();
        assert_eq!(seen.schema, Some(seen.newest));
        if let Ok(url) = std::env::var(POSTGRES_URL) {
            let seen = inspect(&url).await.unwrap();
            assert_eq!(seen.engine, "postgres");
        }
    });
}
