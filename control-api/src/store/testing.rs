//! Every store test runs on both databases: SQLite in a temporary file always, PostgreSQL when `TRUNKLINE_TEST_POSTGRES_URL` names one.

use std::future::Future;
use std::io::Write;

use sqlx::{AssertSqlSafe, Connection, PgConnection};

use super::Db;

/// Names the PostgreSQL server of the tests; each test makes a schema of its own there and drops it.
pub(crate) const POSTGRES_URL: &str = "TRUNKLINE_TEST_POSTGRES_URL";

/// Runs `test` on a fresh SQLite file and in a fresh PostgreSQL schema.
pub(crate) fn check<F, Fut>(test: F)
where
    F: Fn(Db) -> Fut,
    Fut: Future<Output = ()>,
{
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let dir = tempfile::tempdir().unwrap();
        let db = Db::open(&format!("sqlite://{}", dir.path().join("test.db").display()))
            .await
            .unwrap();
        test(db.clone()).await;
        db.close().await;
        match std::env::var(POSTGRES_URL) {
            Ok(url) => on_postgres(&url, &test).await,
            Err(_) => {
                let said = format!("PostgreSQL half skipped: {POSTGRES_URL} is not set\n");
                std::io::stderr().write_all(said.as_bytes()).unwrap();
            }
        }
    });
}

async fn on_postgres<F, Fut>(url: &str, test: &F)
where
    F: Fn(Db) -> Fut,
    Fut: Future<Output = ()>,
{
    let schema = format!(
        "t_{}",
        uuid::Uuid::from_bytes(crate::privacy::random_bytes().unwrap()).simple()
    );
    let mut admin = PgConnection::connect(url).await.unwrap();
    sqlx::query(AssertSqlSafe(format!("create schema {schema}")))
        .execute(&mut admin)
        .await
        .unwrap();
    let separator = if url.contains('?') { '&' } else { '?' };
    let db = Db::open(&format!("{url}{separator}options[search_path]={schema}"))
        .await
        .unwrap();
    test(db.clone()).await;
    db.close().await;
    sqlx::query(AssertSqlSafe(format!("drop schema {schema} cascade")))
        .execute(&mut admin)
        .await
        .unwrap();
}
