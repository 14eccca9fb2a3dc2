//! Connections as the environment asks for them: libpq's variables, TLS that verifies the server.
use std::ops::{Deref, DerefMut};

use futures_util::{StreamExt, stream::poll_fn};
use openssl::ssl::{SslConnector, SslMethod};
use postgres_openssl::MakeTlsConnector;
use tokio::{sync::mpsc, task::JoinHandle};
use tokio_postgres::error::{DbError, SqlState};
use tokio_postgres::{AsyncMessage, Client, Config, Error, config::SslMode};

pub const CLIENTS: usize = 8; // more than there are server connections, so that clients must share

/// A client together with the task that reads its socket.
pub struct Connected {
    client: Client,
    line: JoinHandle<()>,
    pub heard: mpsc::UnboundedReceiver<AsyncMessage>,
}

impl Deref for Connected {
    type Target = Client;
    fn deref(&self) -> &Client {
        &self.client
    }
}

impl DerefMut for Connected {
    fn deref_mut(&mut self) -> &mut Client {
        &mut self.client
    }
}

impl Connected {
    /// Cuts the line without a goodbye, as a crashed client does.
    pub async fn hang_up(self) {
        self.line.abort();
        let _ = self.line.await;
    }

    /// Says goodbye and waits until the line is closed.
    pub async fn close(self) {
        drop(self.client);
        let _ = self.line.await;
    }
}

fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set"))
}

pub fn config() -> Config {
    let mut config = Config::new();
    config
        .host(variable("PGHOST"))
        .port(variable("PGPORT").parse().expect("PGPORT is a number"))
        .user(variable("PGUSER"))
        .password(variable("PGPASSWORD"))
        .dbname(variable("PGDATABASE"))
        .ssl_mode(SslMode::Require);
    config
}

pub fn tls() -> MakeTlsConnector {
    let mut builder = SslConnector::builder(SslMethod::tls()).expect("OpenSSL works");
    builder.set_ca_file(variable("PGSSLROOTCERT")).expect("the CA's certificate can be read");
    MakeTlsConnector::new(builder.build())
}

pub async fn connect_with(config: &Config) -> Result<Connected, Error> {
    let (client, mut connection) = config.connect(tls()).await?;
    let (tell, heard) = mpsc::unbounded_channel();
    let line = tokio::spawn(async move {
        let mut messages = poll_fn(move |context| connection.poll_message(context));
        while let Some(Ok(message)) = messages.next().await {
            let _ = tell.send(message);
        }
    });
    Ok(Connected { client, line, heard })
}

pub async fn connect() -> Result<Connected, Error> {
    connect_with(&config()).await
}

pub async fn clients(count: usize) -> Result<Vec<Connected>, Error> {
    let mut ours = Vec::new();
    for _ in 0..count {
        ours.push(connect().await?);
    }
    Ok(ours)
}

/// The error that was due; everything else is a failure of the check.
pub fn fails<T>(state: &SqlState, outcome: Result<T, tokio_postgres::Error>) -> DbError {
    let error = outcome.err().unwrap_or_else(|| panic!("no error, {} was due", state.code()));
    let said = error.as_db_error().unwrap_or_else(|| panic!("{error}: {} was due", state.code()));
    assert_eq!(said.code().code(), state.code(), "SQLSTATE of {said}");
    said.clone()
}
