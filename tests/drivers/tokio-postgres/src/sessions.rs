//! Transactions, cancel, notifications, session state, and pools.
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod};
use futures_util::SinkExt;
use futures_util::future::try_join_all;
use tokio::time::{sleep, timeout};
use tokio_postgres::{AsyncMessage, SimpleQueryMessage, error::SqlState};

use crate::checks::Outcome;
use crate::connect::{Connected, clients, config, connect, connect_with, fails, tls};

async fn show(c: &Connected, name: &str) -> Outcome<String> {
    Ok(c.query_one_scalar(&format!("show {name}"), &[]).await?)
}

/// The query takes 30 s unless it is cancelled, which a CancelRequest does after 300 ms.
async fn cancelled(c: &Connected) -> Outcome {
    let token = c.cancel_token();
    let request = tokio::spawn(async move {
        sleep(Duration::from_millis(300)).await;
        token.cancel_query(tls()).await
    });
    let started = Instant::now();
    fails(&SqlState::QUERY_CANCELED, c.query("select pg_sleep($1)", &[&30f64]).await);
    assert!(started.elapsed() < Duration::from_secs(10), "it was not cancelled, it ended");
    Ok(request.await??)
}

pub async fn cancel_a_running_query() -> Outcome {
    let ours = clients(2).await?;
    for _ in 0..3 {
        cancelled(&ours[0]).await?;
        assert_eq!(ours[1].query_one_scalar::<i32, _>("select 1", &[]).await?, 1);
        assert_eq!(ours[0].query_one_scalar::<i32, _>("select 2", &[]).await?, 2);
    }
    Ok(())
}

pub async fn cancel_a_waiting_client() -> Outcome {
    let mut holders = clients(2).await?;
    let third = connect().await?;
    let transactions = try_join_all(holders.iter_mut().map(|c| c.transaction())).await?;
    cancelled(&third).await?;
    for transaction in transactions {
        assert_eq!(transaction.query_one("select 3", &[]).await?.get::<_, i32>(0), 3);
        transaction.commit().await?;
    }
    assert_eq!(third.query_one_scalar::<i32, _>("select 5", &[]).await?, 5);
    Ok(())
}

pub async fn savepoints() -> Outcome {
    let mut ours = clients(2).await?;
    let other = ours.pop().expect("two clients");
    ours[0].batch_execute("drop table if exists saved; create table saved (id int primary key)").await?;
    let mut transaction = ours[0].transaction().await?;
    transaction.execute("insert into saved values ($1)", &[&1]).await?;
    for _ in 0..3 {
        let inner = transaction.savepoint("here").await?;
        inner.execute("insert into saved values ($1)", &[&2]).await?;
        let twice = inner.execute("insert into saved values ($1)", &[&1]).await;
        assert_eq!(fails(&SqlState::UNIQUE_VIOLATION, twice).constraint(), Some("saved_pkey"));
    } // dropped: the driver rolls back to the savepoint without waiting for the answer
    assert_eq!(other.query_one_scalar::<i64, _>("select count(*) from saved", &[]).await?, 0);
    transaction.execute("insert into saved values ($1)", &[&3]).await?;
    transaction.commit().await?;
    let rows: Vec<i32> = other.query_one_scalar("select array_agg(id order by id) from saved", &[]).await?;
    assert_eq!(rows, [1, 3]);
    Ok(())
}

pub async fn failed_transaction() -> Outcome {
    let mut ours = clients(2).await?;
    let other = ours.pop().expect("two clients");
    let c = &mut ours[0];
    let transaction = c.transaction().await?;
    fails(&SqlState::DIVISION_BY_ZERO, transaction.query("select 1 / $1::int4", &[&0]).await);
    fails(&SqlState::IN_FAILED_SQL_TRANSACTION, transaction.query("select 1", &[]).await);
    assert_eq!(other.query_one_scalar::<i32, _>("select 1", &[]).await?, 1);
    drop(transaction); // the driver sends ROLLBACK
    let raise = "do $$ begin raise exception 'oh' using hint = 'h', detail = 'd'; end $$";
    let raised = fails(&SqlState::RAISE_EXCEPTION, c.batch_execute(raise).await);
    assert_eq!((raised.message(), raised.hint(), raised.detail()), ("oh", Some("h"), Some("d")));
    c.batch_execute("do $$ begin raise notice 'hear me'; end $$").await?;
    match timeout(Duration::from_secs(20), c.heard.recv()).await? {
        Some(AsyncMessage::Notice(notice)) => assert_eq!(notice.message(), "hear me"),
        other => panic!("{other:?} is not the notice"),
    }
    fails(&SqlState::DIVISION_BY_ZERO, c.batch_execute("select 1; select 1 / 0; select 2").await);
    let messages = c.simple_query("select 1; select 2").await?;
    assert_eq!(messages.iter().filter(|m| matches!(m, SimpleQueryMessage::Row(_))).count(), 2);
    Ok(())
}

pub async fn notifications() -> Outcome {
    let mut listener = connect().await?;
    let sender = connect().await?;
    listener.batch_execute("listen news").await?;
    for n in 0..3 {
        sender.execute("select pg_notify('news', $1)", &[&format!("number {n}")]).await?;
    }
    for n in 0..3 {
        match timeout(Duration::from_secs(20), listener.heard.recv()).await? {
            Some(AsyncMessage::Notification(heard)) => {
                assert_eq!((heard.channel(), heard.payload()), ("news", format!("number {n}").as_str()));
            }
            other => panic!("{other:?} is not a notification"),
        }
    }
    listener.batch_execute("unlisten *").await?;
    sender.batch_execute("notify news, 'to nobody'").await?;
    assert_eq!(listener.query_one_scalar::<i32, _>("select 1", &[]).await?, 1);
    assert!(listener.heard.try_recv().is_err(), "heard after UNLISTEN");
    Ok(())
}

pub async fn parameters_follow_the_client() -> Outcome {
    let zones = ["Asia/Tokyo", "America/Lima", "Africa/Cairo", "UTC"];
    let styles = ["ISO", "German", "SQL", "Postgres"];
    let dates = ["2026-03-01", "01.03.2026", "03/01/2026", "03-01-2026"];
    let mut ours = Vec::new();
    for number in 0..4 {
        let c = connect_with(config().application_name(format!("client {number}"))).await?;
        c.execute("select set_config('TimeZone', $1, false)", &[&zones[number]]).await?;
        c.batch_execute(&format!("set datestyle = {}", styles[number])).await?;
        ours.push(c);
    }
    for _ in 0..3 {
        for (number, c) in ours.iter().enumerate() {
            c.batch_execute("begin").await?;
            assert_eq!(show(c, "application_name").await?, format!("client {number}"));
            assert_eq!(show(c, "timezone").await?, zones[number]);
            let date: String = c.query_one_scalar("select date '2026-03-01' || ''", &[]).await?;
            assert_eq!(date, dates[number]);
            c.batch_execute("set local application_name = 'for now'; commit").await?;
        }
    }
    assert_eq!(show(&connect().await?, "application_name").await?, "", "inherited");
    Ok(())
}

pub async fn parameters_after_reset() -> Outcome {
    let c = connect_with(config().application_name("mine")).await?;
    let other = connect().await?;
    for reset in ["reset application_name", "reset all"] {
        c.batch_execute("set application_name = 'changed'").await?;
        c.batch_execute(reset).await?;
        assert_eq!(show(&other, "application_name").await?, "", "the other's after {reset}");
        assert_eq!(show(&c, "application_name").await?, "mine", "after {reset}");
    }
    Ok(())
}

pub async fn pins() -> Outcome {
    let mut ours = clients(2).await?;
    let other = ours.pop().expect("two clients");
    let c = ours.pop().expect("one more");
    c.batch_execute("create temporary table mine (a int)").await?;
    c.execute("insert into mine values ($1)", &[&1]).await?;
    for _ in 0..5 {
        assert!(
            other.query_one_scalar::<bool, _>("select to_regclass('mine') is null", &[]).await?,
            "others see it"
        );
        assert_eq!(c.query_one_scalar::<i64, _>("select count(*) from mine", &[]).await?, 1);
    }
    c.execute("select pg_advisory_lock($1)", &[&42i64]).await?;
    let locked = "select pg_try_advisory_lock(42)";
    assert!(!other.query_one_scalar::<bool, _>(locked, &[]).await?, "somebody else could lock");
    c.close().await;
    for _ in 0..2 {
        let next = connect().await?;
        // Waits until PostgreSQL has let go of it.
        next.execute("select pg_advisory_xact_lock(42)", &[]).await?;
        next.batch_execute("create temporary table mine (a int)").await?;
        next.close().await;
    }
    Ok(())
}

#[derive(Clone, Copy, Debug)]
enum Leaving {
    InTransaction,
    InQuery,
    InFailedTransaction,
    InCopy,
}

async fn leave(how: Leaving) -> Outcome {
    let c = connect().await?;
    c.batch_execute("begin").await?;
    c.execute("update left_behind set n = n + $1", &[&1]).await?;
    match how {
        Leaving::InTransaction => {}
        Leaving::InQuery => {
            let _ = timeout(Duration::from_millis(200), c.batch_execute("select pg_sleep(60)")).await;
        }
        Leaving::InFailedTransaction => drop(c.batch_execute("select 1 / 0").await),
        Leaving::InCopy => {
            let mut sink = Box::pin(c.copy_in::<_, Bytes>("copy left_behind from stdin").await?);
            sink.send(Bytes::from("2\t0\n3\t")).await?;
            c.hang_up().await;
            return Ok(());
        }
    }
    c.hang_up().await;
    Ok(())
}

pub async fn leaving_in_mid_transaction() -> Outcome {
    let watcher = connect().await?;
    let table = "drop table if exists left_behind; create table left_behind (id int primary key, n int);
                 insert into left_behind values (1, 0)";
    watcher.batch_execute(table).await?;
    for how in [Leaving::InTransaction, Leaving::InQuery, Leaving::InFailedTransaction, Leaving::InCopy] {
        leave(how).await?;
        let one_more = connect().await?;
        for each in [&watcher, &one_more] {
            each.batch_execute("begin; set local lock_timeout = '20s'").await?;
            let n: i32 =
                each.query_one_scalar("select n from left_behind where id = 1 for update", &[]).await?;
            assert_eq!(n, 0, "what was left behind {how:?}");
            assert_eq!(each.query_one_scalar::<i64, _>("select count(*) from left_behind", &[]).await?, 1);
            each.batch_execute("commit").await?;
        }
    }
    Ok(())
}

async fn transact(pool: &Pool, number: i32) -> Outcome {
    let mut c = pool.get().await?;
    let reply = c.prepare_cached("select $1 || ' for ' || $2, $3::int4").await?;
    let row = c.query_one(&reply, &[&"reply", &number.to_string(), &-number]).await?;
    assert_eq!((row.get::<_, String>(0), row.get::<_, i32>(1)), (format!("reply for {number}"), -number));
    let transaction = c.transaction().await?;
    let update =
        transaction.prepare_cached("update counters set n = n + 1 where id = $1 returning id").await?;
    assert_eq!(transaction.query_one(&update, &[&(number % 100)]).await?.get::<_, i32>(0), number % 100);
    transaction.commit().await?;
    if number % 50 == 49 {
        fails(&SqlState::DIVISION_BY_ZERO, c.query("select 1 / $1::int4", &[&0]).await);
    }
    Ok(())
}

/// 20 pooled connections, 4000 short transactions; every reply must be the one to its own request.
pub async fn pool_under_load() -> Outcome {
    // Clean: every connection that comes back is reset with RESET ALL, UNLISTEN *, DISCARD TEMP and more.
    let manager = ManagerConfig { recycling_method: RecyclingMethod::Clean };
    let pool = Pool::builder(Manager::from_config(config(), tls(), manager)).max_size(20).build()?;
    let table = "drop table if exists counters; create table counters (id int primary key, n int);
                 insert into counters select i, 0 from generate_series(0, 99) i";
    pool.get().await?.batch_execute(table).await?;
    let next = Arc::new(AtomicI32::new(0));
    let workers = (0..40).map(|_| {
        let (pool, next) = (pool.clone(), next.clone());
        tokio::spawn(async move {
            loop {
                match next.fetch_add(1, Ordering::Relaxed) {
                    number if number < 4000 => transact(&pool, number).await?,
                    _ => return Outcome::Ok(()),
                }
            }
        })
    });
    for outcome in try_join_all(workers).await? {
        outcome?;
    }
    let row = pool.get().await?.query_one("select min(n), max(n), sum(n) from counters", &[]).await?;
    assert_eq!((row.get::<_, i32>(0), row.get::<_, i32>(1), row.get::<_, i64>(2)), (40, 40, 4000));
    Ok(())
}
