//! Transactions, what belongs to one client and to nobody else, coming back, and many at once.
use std::collections::HashSet;
use std::time::Duration;

use futures_util::future::try_join_all;
use redis::aio::{ConnectionManager, ConnectionManagerConfig, MultiplexedConnection};
use redis::{AsyncCommands, RedisResult, Value};

use crate::checks::Outcome;
use crate::connect::{CLIENTS, Way, eventually, fails, fresh, patient};

pub async fn transaction(way: Way) -> Outcome {
    let (mut c, mut other) = (way.connect().await?, way.connect().await?);
    for _ in 0..3 {
        let key = fresh("transaction");
        let replies: (String, i64, i64) =
            redis::pipe().atomic().set(&key, 1).incr(&key, 1).get(&key).query_async(&mut c).await?;
        assert_eq!(replies, ("OK".into(), 2, 2));
        assert_eq!(other.get::<_, i64>(&key).await?, 2);
    }
    Ok(())
}

pub async fn transaction_with_an_error(way: Way) -> Outcome {
    let (mut c, key) = (way.connect().await?, fresh("transaction"));
    let replies: RedisResult<Vec<Value>> =
        redis::pipe().atomic().set(&key, "v").incr(&key, 1).query_async(&mut c).await;
    fails("not an integer", replies);
    let replies: RedisResult<Vec<Value>> =
        redis::pipe().atomic().set(&key, "w").cmd("NOSUCHCOMMAND").query_async(&mut c).await;
    assert!(replies.is_err(), "refused");
    assert_eq!(c.get::<_, String>(&key).await?, "v");
    Ok(())
}

/// Whether it was this client who set the key.
async fn set_watched(
    c: &mut MultiplexedConnection,
    key: &str,
    meddler: Option<&mut MultiplexedConnection>,
) -> Outcome<bool> {
    redis::cmd("WATCH").arg(key).query_async::<()>(c).await?;
    let before: Option<i64> = c.get(key).await?;
    if let Some(other) = meddler {
        other.set::<_, _, ()>(key, 1000).await?;
    }
    let now = before.unwrap_or(0) + 1;
    let done: Option<(String,)> = redis::pipe().atomic().set(key, now).query_async(c).await?;
    Ok(done.is_some())
}

pub async fn watch(way: Way) -> Outcome {
    let (mut c, mut other) = (way.connect().await?, way.connect().await?);
    for meddled in [true, false, true] {
        let key = fresh("watched");
        let done = set_watched(&mut c, &key, meddled.then_some(&mut other)).await?;
        assert_eq!(done, !meddled);
        assert_eq!(c.get::<_, i64>(&key).await?, if meddled { 1000 } else { 1 });
    }
    Ok(())
}

pub async fn watch_by_many(way: Way) -> Outcome {
    let key = fresh("counted");
    let count = async || -> Outcome {
        let mut c = way.connect().await?;
        for _ in 0..25 {
            while !set_watched(&mut c, &key, None).await? {}
        }
        Ok(())
    };
    try_join_all((0..4).map(|_| count())).await?;
    assert_eq!(way.connect().await?.get::<_, i64>(&key).await?, 100);
    Ok(())
}

pub async fn databases(way: Way) -> Outcome {
    let key = fresh("database");
    let mut all = Vec::new();
    for n in 0..3 {
        all.push(patient(&way.client_in(n)).await?);
        all[n].set::<_, _, ()>(&key, n).await?;
    }
    for (n, c) in all.iter_mut().enumerate() {
        assert_eq!(c.get::<_, usize>(&key).await?, n);
    }
    for n in [1_usize, 2, 0] {
        redis::cmd("SELECT").arg(n).query_async::<()>(&mut all[0]).await?;
        assert_eq!(all[0].get::<_, usize>(&key).await?, n, "after SELECT");
    }
    Ok(())
}

pub async fn names_and_numbers(way: Way) -> Outcome {
    let (mut all, mut ids) = (Vec::new(), HashSet::new());
    for n in 0..CLIENTS {
        all.push(way.connect().await?);
        redis::cmd("CLIENT").arg("SETNAME").arg(format!("name{n}")).query_async::<()>(&mut all[n]).await?;
    }
    for (n, c) in all.iter_mut().enumerate() {
        let name: String = redis::cmd("CLIENT").arg("GETNAME").query_async(c).await?;
        assert_eq!(name, format!("name{n}"));
        ids.insert(redis::cmd("CLIENT").arg("ID").query_async::<i64>(c).await?);
    }
    assert_eq!(ids.len(), CLIENTS, "different numbers");
    Ok(())
}

pub async fn reconnect(way: Way) -> Outcome {
    let config = ConnectionManagerConfig::new().set_min_delay(Duration::from_millis(10));
    let mut c = ConnectionManager::new_with_config(way.client_in(1), config).await?;
    let key = fresh("kept");
    c.set::<_, _, ()>(&key, "v").await?;
    for _ in 0..3 {
        let before: i64 = redis::cmd("CLIENT").arg("ID").query_async(&mut c).await?;
        let mut kill = redis::cmd("CLIENT");
        kill.arg("KILL").arg("ID").arg(before).arg("SKIPME").arg("no");
        assert_eq!(kill.query_async::<i64>(&mut c).await?, 1);
        let value = || async { c.clone().get::<_, String>(&key).await.is_ok_and(|value| value == "v") };
        eventually(value).await; // in the same database
        let after: i64 = redis::cmd("CLIENT").arg("ID").query_async(&mut c).await?;
        assert_ne!(after, before, "another connection");
    }
    Ok(())
}

pub async fn many_clients(way: Way) -> Outcome {
    let prefix = fresh("load");
    let work = async |number: usize| -> Outcome {
        let mut c = way.connect().await?;
        let key = format!("{prefix}:{number}");
        for turn in 0..40 {
            let value = format!("{number}:{turn}");
            let mut batch = redis::pipe();
            if turn % 8 == 0 {
                batch.atomic();
            }
            batch.set(&key, &value).ignore().get(&key).cmd("ECHO").arg(&value);
            let got: (String, String) = batch.query_async(&mut c).await?;
            assert_eq!(got, (value.clone(), value));
        }
        Ok(())
    };
    try_join_all((0..100).map(work)).await?;
    Ok(())
}

/// Connections of this driver are shared by tasks, which multiplex themselves on them.
pub async fn one_connection_of_many_tasks(way: Way) -> Outcome {
    let (c, key) = (way.connect().await?, fresh("shared"));
    let tasks: Vec<_> = (0..50)
        .map(|n| {
            let (mut c, key) = (c.clone(), format!("{key}:{n}"));
            tokio::spawn(async move {
                for turn in 0..20 {
                    c.set::<_, _, ()>(&key, turn).await.unwrap();
                    assert_eq!(c.get::<_, i32>(&key).await.unwrap(), turn);
                }
            })
        })
        .collect();
    try_join_all(tasks).await?;
    Ok(())
}
