//! kamjit's database layer against a real MariaDB.
#![allow(missing_docs)]

use kamjit_db::{Condition, Database, ErrorKind, Insert, InsertMode, Op, Options, Value};
use kamjit_tests::mariadb::MariaDb;
use std::task::Poll;
use std::time::Duration;

fn on_runtime<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("runtime").block_on(future)
}

#[test]
fn mysql_reads_writes_and_survives_a_restart() {
    let mut server = MariaDb::start();
    server.sql("CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(20) UNIQUE, q FLOAT, at DATETIME, n INT)");
    let options = Options { timeout: Duration::from_secs(5), ..Options::default() };
    let db = Database::new(&server.url(), options).expect("URL");
    on_runtime(async {
        let row = [
            ("name", Value::text("o'brien")),
            ("q", Value::Double(0.5)),
            ("at", Value::Time(1_790_000_000)),
            ("n", Value::Null),
        ];
        assert_eq!(db.insert("t", &row).await.expect("row").last_id, 1);
        assert_eq!(db.insert("t", &row).await.expect_err("twice").kind, ErrorKind::Duplicate);
        let again = Op::Insert(Insert { table: "t", values: &row, mode: InsertMode::Update, key: &["name"] });
        db.run(&again).await.expect("row");
        let columns = ["name", "q", "at", "n"];
        let conditions = [Condition::eq("name", "o'brien"), Condition::eq("n", Value::Null)];
        let found = db.select("t", &columns, &conditions).await.expect("rows");
        let expected: Vec<Value> = row.iter().map(|(_, value)| value.clone()).collect();
        assert_eq!((found.rows, found.columns.len()), (vec![expected], 4));
        // The text protocol gives the same values.
        let found = db.raw("SELECT name, q, at, n FROM t").await.expect("rows");
        assert_eq!(found.rows.first().and_then(|row| row.get(2)), Some(&Value::Time(1_790_000_000)));
        let missing = db.select("nowhere", &["x"], &[]).await.expect_err("no table");
        assert_eq!(missing.kind, ErrorKind::Schema);

        server.kill();
        let error = db.select("t", &["id"], &[]).await.expect_err("dead");
        assert!(error.is_down(), "{error}");
        assert!(!error.to_string().contains("kamailiorw"), "{error}");
        server.run();
        // At most a second later connections are tried again.
        let deadline = tokio::time::Instant::now() + Duration::from_secs(30);
        while db.select("t", &["id"], &[]).await.is_err() {
            assert!(tokio::time::Instant::now() < deadline, "the connection does not come back");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
}

#[test]
fn mysql_says_why_a_login_is_refused() {
    let server = MariaDb::start();
    let url = server.url().replace("kamailiorw", "wrong-secret");
    let db = Database::new(&url, Options::default()).expect("URL");
    let error = on_runtime(db.raw("SELECT 1")).expect_err("refused");
    let text = error.to_string();
    assert!(text.contains("Access denied") && text.contains("127.0.0.1"), "{text}");
    assert!(!text.contains("wrong-secret"), "{text}");
}

#[test]
fn a_slow_query_holds_up_no_other() {
    let server = MariaDb::start();
    let db = Database::new(&server.url(), Options::default()).expect("URL");
    on_runtime(async {
        let mut slow = Box::pin(db.raw("SELECT SLEEP(60)"));
        let mut is_done =
            async || std::future::poll_fn(|cx| Poll::Ready(slow.as_mut().poll(cx).is_ready())).await;
        // Until the server itself says that the slow query runs.
        loop {
            assert!(!is_done().await, "the slow query ended");
            let seen =
                db.raw("SELECT COUNT(*) FROM information_schema.processlist WHERE info = 'SELECT SLEEP(60)'");
            let seen = seen.await.expect("list").first().and_then(|row| row.first()?.to_int());
            if seen == Some(1) {
                break;
            }
        }
        for _ in 0..40 {
            db.raw("SELECT 1").await.expect("an answer beside the slow one");
        }
        assert!(!is_done().await, "the slow query ended");
    });
}
