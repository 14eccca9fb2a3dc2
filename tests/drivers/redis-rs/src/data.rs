//! Commands of every type of value, pipelines, scripts, and values that are large or anything but text.
use std::collections::{HashMap, HashSet};

use redis::streams::{StreamPendingReply, StreamReadOptions, StreamReadReply};
use redis::{AsyncCommands, ExistenceCheck, RedisResult, Script, SetExpiry, SetOptions, Value};

use crate::checks::Outcome;
use crate::connect::{Way, fails, fresh, patient};

pub async fn login(way: Way) -> Outcome {
    let user: String = redis::cmd("ACL").arg("WHOAMI").query_async(&mut way.connect().await?).await?;
    assert_eq!(user, "app");
    Ok(())
}

pub async fn login_refused(way: Way) -> Outcome {
    for wrong in ["//app:wrong@", "//nobody:app-secret@"] {
        let client = way.client_of(|url| format!("redis:{wrong}{}", url.split('@').nth(1).unwrap()));
        fails("", client.get_multiplexed_async_connection().await);
    }
    Ok(())
}

pub async fn commands(way: Way) -> Outcome {
    let mut c = way.connect().await?;
    let key = fresh("string");
    let options = SetOptions::default().with_expiration(SetExpiry::EX(100));
    assert_eq!(c.set_options::<_, _, String>(&key, "v", options).await?, "OK");
    assert_eq!(c.get::<_, String>(&key).await?, "v");
    let options = SetOptions::default().conditional_set(ExistenceCheck::NX);
    assert_eq!(c.set_options::<_, _, Option<String>>(&key, "w", options).await?, None);
    assert_eq!(c.get::<_, Option<String>>(fresh("none")).await?, None);
    assert_eq!(c.incr::<_, _, i64>(fresh("number"), 41).await?, 41);
    let key = fresh("hash");
    c.hset_multiple::<_, _, _, ()>(&key, &[("a", 1), ("b", 2)]).await?;
    let all: HashMap<String, i64> = c.hgetall(&key).await?;
    assert_eq!(all, HashMap::from([("a".into(), 1), ("b".into(), 2)]));
    let key = fresh("list");
    assert_eq!(c.rpush::<_, _, i64>(&key, &["a", "b", "c"]).await?, 3);
    assert_eq!(c.lrange::<_, Vec<String>>(&key, 0, -1).await?, ["a", "b", "c"]);
    fails("WRONGTYPE", c.get::<_, String>(&key).await);
    let key = fresh("set");
    assert_eq!(c.sadd::<_, _, i64>(&key, &["a", "b"]).await?, 2);
    assert_eq!(c.smembers::<_, HashSet<String>>(&key).await?.len(), 2);
    let key = fresh("sorted");
    assert_eq!(c.zadd::<_, _, _, i64>(&key, "a", 1.5).await?, 1);
    assert_eq!(c.zscore::<_, _, f64>(&key, "a").await?, 1.5);
    Ok(())
}

pub async fn streams(way: Way) -> Outcome {
    let mut c = way.connect().await?;
    let key = fresh("stream");
    let mut ids: Vec<String> = Vec::new();
    for n in 0..3 {
        ids.push(c.xadd(&key, "*", &[("n", n)]).await?);
    }
    c.xgroup_create::<_, _, _, ()>(&key, "workers", "0").await?;
    let options = StreamReadOptions::default().group("workers", "one").count(2);
    let read: StreamReadReply = c.xread_options(&[&key], &[">"], &options).await?;
    let entries: Vec<_> = read.keys[0].ids.iter().map(|entry| entry.id.clone()).collect();
    assert_eq!(entries, ids[..2]);
    assert_eq!(c.xack::<_, _, _, i64>(&key, "workers", &ids[..2]).await?, 2);
    let pending: StreamPendingReply = c.xpending(&key, "workers").await?;
    assert_eq!(pending.count(), 0);
    Ok(())
}

pub async fn pipeline(way: Way) -> Outcome {
    let (mut c, mut other) = (way.connect().await?, way.connect().await?);
    for _ in 0..3 {
        let key = fresh("pipeline");
        let mut batch = redis::pipe();
        for n in 0..500 {
            batch.set(format!("{key}:{n}"), n).ignore().get(format!("{key}:{n}"));
        }
        let got: Vec<i32> = batch.query_async(&mut c).await?;
        assert_eq!(got, Vec::from_iter(0..500));
        let keys: Vec<String> = (0..500).map(|n| format!("{key}:{n}")).collect();
        assert_eq!(other.mget::<_, Vec<i32>>(keys).await?, got);
    }
    Ok(())
}

pub async fn pipeline_with_an_error_in_the_middle(way: Way) -> Outcome {
    let mut c = way.connect().await?;
    let key = fresh("error");
    let asked: RedisResult<Vec<Value>> =
        redis::pipe().set(&key, "v").lpush(&key, "x").get(&key).query_async(&mut c).await;
    fails("WRONGTYPE", asked);
    assert_eq!(c.get::<_, String>(&key).await?, "v");
    Ok(())
}

pub async fn scripts(way: Way) -> Outcome {
    let (mut c, mut other) = (way.connect().await?, way.connect().await?);
    let key = fresh("script");
    redis::cmd("SCRIPT").arg("FLUSH").query_async::<()>(&mut c).await?;
    let add = Script::new("return redis.call('incrby', KEYS[1], ARGV[1])");
    let added: i64 = add.key(&key).arg(2).invoke_async(&mut c).await?; // EVALSHA, NOSCRIPT, SCRIPT LOAD
    assert_eq!(added, 2);
    let evalsha = redis::cmd("EVALSHA").arg(add.get_hash()).arg(1).arg(&key).arg(3).to_owned();
    assert_eq!(evalsha.query_async::<i64>(&mut other).await?, 5);
    let unknown = redis::cmd("EVALSHA").arg("f".repeat(40)).arg(0).to_owned();
    assert!(unknown.query_async::<Value>(&mut c).await.is_err(), "an unknown script");
    let lua = redis::cmd("EVAL").arg("return redis.error_reply('mine')").arg(0).to_owned();
    fails("mine", lua.query_async::<Value>(&mut c).await);
    Ok(())
}

pub async fn scan(way: Way) -> Outcome {
    let mut c = way.connect().await?;
    let prefix = fresh("scanned");
    let pairs: Vec<(String, i32)> = (0..1000).map(|n| (format!("{prefix}:{n}"), n)).collect();
    c.mset::<_, _, ()>(&pairs).await?;
    let mut found = HashSet::new();
    let mut keys = c.scan_match::<_, String>(format!("{prefix}:*")).await?;
    while let Some(key) = keys.next_item().await {
        found.insert(key?);
    }
    assert_eq!(found.len(), 1000);
    Ok(())
}

pub async fn large_values(way: Way) -> Outcome {
    let (mut c, mut other) = (way.connect().await?, way.connect().await?);
    for size in [65_536_usize, 1_000_000, 20_000_000] {
        let key = fresh("large");
        let value: Vec<u8> = (0..size).map(|at| (at * at / 7) as u8).collect();
        c.set::<_, _, ()>(&key, &value).await?;
        assert!(other.get::<_, Vec<u8>>(&key).await? == value, "{size} bytes as they were");
        c.del::<_, ()>(&key).await?;
    }
    Ok(())
}

pub async fn binary_keys(way: Way) -> Outcome {
    let mut c = patient(&way.client()).await?;
    let all: Vec<u8> = (0..=255).collect();
    for key in [b"".as_slice(), b"\0", b"\r\n", b"$3\r\nfoo\r\n", &all, &[b' '; 1000]] {
        let value: Vec<u8> = key.iter().rev().copied().collect();
        c.set::<_, _, ()>(key, &value).await?;
        assert_eq!(c.get::<_, Vec<u8>>(key).await?, value);
        assert_eq!(c.del::<_, i64>(key).await?, 1);
    }
    Ok(())
}

pub async fn many_arguments(way: Way) -> Outcome {
    let mut c = way.connect().await?;
    let prefix = fresh("many");
    let keys: Vec<String> = (0..10_000).map(|n| format!("{prefix}:{n}")).collect();
    let pairs: Vec<(&String, &String)> = keys.iter().map(|key| (key, key)).collect();
    c.mset::<_, _, ()>(&pairs).await?;
    assert_eq!(c.mget::<_, Vec<String>>(&keys).await?, keys);
    assert_eq!(c.del::<_, i64>(&keys).await?, 10_000);
    Ok(())
}
