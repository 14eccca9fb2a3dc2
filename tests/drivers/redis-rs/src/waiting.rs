//! What waits: blocking pops, and subscribers.
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use redis::AsyncCommands;
use redis::aio::MultiplexedConnection;

use crate::checks::Outcome;
use crate::connect::{CLIENTS, Way, eventually, fresh, is_blocked};

async fn id_of(c: &mut MultiplexedConnection) -> Outcome<i64> {
    Ok(redis::cmd("CLIENT").arg("ID").query_async(c).await?)
}

pub async fn blocking_pop(way: Way) -> Outcome {
    let (mut waiter, mut other) = (way.connect().await?, way.connect().await?);
    let (key, id) = (fresh("queue"), id_of(&mut waiter).await?);
    let keys = [fresh("empty"), key.clone()];
    let mut waits = waiter.clone();
    let popped = tokio::spawn(async move { waits.blpop::<_, (String, String)>(&keys, 20.0).await });
    eventually(|| is_blocked(&other, id)).await;
    other.rpush::<_, _, ()>(&key, "work").await?;
    assert_eq!(popped.await??, (key.clone(), "work".into()));
    let began = Instant::now();
    assert_eq!(waiter.blpop::<_, Option<(String, String)>>(&key, 0.2).await?, None);
    assert!(began.elapsed() >= Duration::from_millis(200), "waited as long as it said");
    Ok(())
}

pub async fn blocking_pops_of_many_clients(way: Way) -> Outcome {
    let (mut other, key) = (way.connect().await?, fresh("queue"));
    let mut waits = Vec::new();
    for _ in 0..CLIENTS {
        let (mut c, key) = (way.connect().await?, key.clone());
        waits.push(tokio::spawn(async move { c.brpop::<_, (String, usize)>(&key, 20.0).await }));
    }
    for n in 0..CLIENTS {
        other.lpush::<_, _, ()>(&key, n).await?;
        // Others are served while clients wait.
        assert_eq!(other.get::<_, Option<String>>(format!("{key}:none")).await?, None);
    }
    let mut popped = BTreeSet::new();
    for wait in waits {
        popped.insert(wait.await??.1);
    }
    assert_eq!(popped, (0..CLIENTS).collect());
    Ok(())
}

/// The connection goes while it waits: what comes later belongs to others.
pub async fn blocking_pop_given_up(way: Way) -> Outcome {
    let (mut waiter, mut other) = (way.connect().await?, way.connect().await?);
    let (key, id) = (fresh("queue"), id_of(&mut waiter).await?);
    let wanted = key.clone();
    let popped = tokio::spawn(async move { waiter.blpop::<_, (String, String)>(&wanted, 20.0).await });
    eventually(|| is_blocked(&other, id)).await;
    popped.abort();
    eventually(|| async { !is_blocked(&other, id).await }).await;
    other.rpush::<_, _, ()>(&key, "later").await?;
    assert_eq!(other.lpop::<_, String>(&key, None).await?, "later");
    Ok(())
}

/// Behind a gateway Redis counts the gateway's connections, of which one may serve many subscribers.
fn heard_by(count: usize, most: usize) {
    assert!((1..=most).contains(&count), "{count} for {most} subscribers");
}

pub async fn publish_subscribe(way: Way) -> Outcome {
    let (mut c, channel) = (way.connect().await?, fresh("news"));
    let mut subscribers = Vec::new();
    for _ in 0..CLIENTS {
        let mut each = way.client().get_async_pubsub().await?;
        each.subscribe(&channel).await?;
        subscribers.push(each);
    }
    heard_by(c.publish(&channel, "hello").await?, CLIENTS);
    for each in &mut subscribers {
        let said = each.on_message().next().await.ok_or("the end")?;
        assert_eq!((said.get_channel_name(), said.get_payload::<String>()?), (&*channel, "hello".into()));
    }
    for each in &mut subscribers[1..] {
        each.unsubscribe(&channel).await?;
    }
    heard_by(c.publish(&channel, "last").await?, CLIENTS);
    let said = subscribers[0].on_message().next().await.ok_or("the end")?;
    assert_eq!(said.get_payload::<String>()?, "last");
    Ok(())
}

pub async fn publish_subscribe_patterns(way: Way) -> Outcome {
    let (mut c, prefix) = (way.connect().await?, fresh("topic"));
    let (pattern, channel) = (format!("{prefix}:*"), format!("{prefix}:a"));
    let mut subscriber = way.client().get_async_pubsub().await?;
    subscriber.psubscribe(&pattern).await?;
    subscriber.subscribe(&channel).await?;
    assert_eq!(c.publish::<_, _, usize>(&channel, "both").await?, 2);
    let heard: Vec<redis::Msg> = subscriber.on_message().take(2).collect().await;
    let patterns: BTreeSet<_> =
        heard.iter().map(|said| said.get_pattern::<Option<String>>().unwrap()).collect();
    assert_eq!(patterns, BTreeSet::from([None, Some(pattern)]));
    Ok(())
}

pub async fn publish_subscribe_in_order(way: Way) -> Outcome {
    let (mut c, channel) = (way.connect().await?, fresh("news"));
    let mut subscriber = way.client().get_async_pubsub().await?;
    subscriber.subscribe(&channel).await?;
    let mut batch = redis::pipe();
    for n in 0..2000 {
        batch.publish(&channel, n).ignore();
    }
    batch.query_async::<()>(&mut c).await?;
    let heard: Vec<redis::Msg> = subscriber.on_message().take(2000).collect().await;
    for (n, said) in heard.iter().enumerate() {
        assert_eq!(said.get_payload::<usize>()?, n);
    }
    Ok(())
}
