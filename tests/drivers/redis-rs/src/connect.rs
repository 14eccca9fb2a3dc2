//! Clients of REDIS_URL, and what every check needs.
use std::env;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, RedisError};

use crate::checks::Outcome;

pub const CLIENTS: usize = 8;

#[derive(Clone, Copy)]
pub enum Way {
    Resp3,
    Resp2,
}

impl Way {
    /// A client for REDIS_URL, with `change` made to it.
    pub fn client_of(self, change: impl Fn(String) -> String) -> Client {
        let url = change(env::var("REDIS_URL").expect("REDIS_URL"));
        let protocol = if matches!(self, Way::Resp3) { "?protocol=resp3" } else { "?protocol=resp2" };
        Client::open(url + protocol).expect("a URL")
    }

    pub fn client(self) -> Client {
        self.client_of(|url| url)
    }

    pub fn client_in(self, database: usize) -> Client {
        self.client_of(|url| format!("{}/{database}", url.trim_end_matches("/0")))
    }

    /// A connection that waits for its replies as long as they take.
    pub async fn connect(self) -> Outcome<MultiplexedConnection> {
        patient(&self.client()).await
    }
}

pub async fn patient(client: &Client) -> Outcome<MultiplexedConnection> {
    let config = AsyncConnectionConfig::new().set_response_timeout(None);
    Ok(client.get_multiplexed_async_connection_with_config(&config).await?)
}

/// A key that no other check uses.
pub fn fresh(name: &str) -> String {
    static NUMBERS: AtomicU32 = AtomicU32::new(0);
    format!("{name}:{}", NUMBERS.fetch_add(1, Ordering::Relaxed))
}

/// The error with this code, which was due.
pub fn fails<T>(code: &str, outcome: Result<T, RedisError>) {
    let error = outcome.err().unwrap_or_else(|| panic!("no error, {code} was due"));
    assert!(error.code() == Some(code) || error.to_string().contains(code), "{error}: {code} was due");
}

pub async fn eventually<F: Future<Output = bool>>(condition: impl Fn() -> F) {
    for _ in 0..4000 {
        if condition().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("it did not come true");
}

/// Whether the client with that number waits in a blocking command.
pub async fn is_blocked(asks: &MultiplexedConnection, id: i64) -> bool {
    let list: String = redis::cmd("CLIENT").arg("LIST").query_async(&mut asks.clone()).await.unwrap();
    let line = list.lines().find(|line| line.starts_with(&format!("id={id} ")));
    line.and_then(|line| line.split(" flags=").nth(1)?.split(' ').next())
        .is_some_and(|flags| flags.contains('b'))
}
