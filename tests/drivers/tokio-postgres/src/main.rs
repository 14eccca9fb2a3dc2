//! tokio-postgres: what an application may do with it, done through a pool of two server connections.
mod checks;
mod connect;
mod data;
mod sessions;
mod statements;

use checks::{Check, Outcome, run_all};
use connect::{config, connect, connect_with, fails};
use futures_util::FutureExt;
use tokio_postgres::{NoTls, config::ChannelBinding, config::SslMode, error::SqlState};

async fn login() -> Outcome {
    let c = connect().await?;
    assert_eq!(c.query_one_scalar::<String, _>("select current_user::text", &[]).await?, "app");
    c.check_connection().await?;
    Ok(())
}

async fn login_with_channel_binding() -> Outcome {
    let c = connect_with(config().channel_binding(ChannelBinding::Require)).await?;
    assert_eq!(c.query_one_scalar::<i32, _>("select 1", &[]).await?, 1);
    Ok(())
}

async fn login_refused() -> Outcome {
    fails(&SqlState::INVALID_PASSWORD, connect_with(config().password("wrong")).await);
    fails(&SqlState::INVALID_PASSWORD, connect_with(config().user("nobody")).await);
    fails(&SqlState::INVALID_CATALOG_NAME, connect_with(config().dbname("nowhere")).await);
    assert!(config().ssl_mode(SslMode::Disable).connect(NoTls).await.is_err(), "let in without TLS");
    Ok(())
}

#[tokio::main]
async fn main() {
    println!("# tokio-postgres {}", std::env::var("DRIVER_VERSION").unwrap_or_default());
    let checks: Vec<Check> = vec![
        ("login", login().boxed()),
        ("login_with_channel_binding", login_with_channel_binding().boxed()),
        ("login_refused", login_refused().boxed()),
        ("statements_shared_by_clients", statements::shared_by_clients().boxed()),
        ("statements_of_one_name_differ", statements::of_one_name_differ().boxed()),
        ("statements_closed_while_others_use_them", statements::closed_while_others_use_them().boxed()),
        ("statement_fails_to_parse", statements::fails_to_parse().boxed()),
        ("unnamed_statement_in_one_round_trip", statements::unnamed().boxed()),
        ("pipeline", statements::pipeline().boxed()),
        ("pipeline_with_errors_in_the_middle", statements::pipeline_with_errors().boxed()),
        ("copy_in_and_out", data::copy_in_and_out().boxed()),
        ("copy_that_fails", data::copy_that_fails().boxed()),
        ("rows_in_portions", data::rows_in_portions().boxed()),
        ("large_values", data::large_values().boxed()),
        ("types", data::types().boxed()),
        ("types_of_ones_own", data::types_of_ones_own().boxed()),
        ("cancel_a_running_query", sessions::cancel_a_running_query().boxed()),
        ("cancel_a_waiting_client", sessions::cancel_a_waiting_client().boxed()),
        ("savepoints", sessions::savepoints().boxed()),
        ("failed_transaction", sessions::failed_transaction().boxed()),
        ("notifications", sessions::notifications().boxed()),
        ("parameters_follow_the_client", sessions::parameters_follow_the_client().boxed()),
        ("parameters_after_reset", sessions::parameters_after_reset().boxed()),
        ("pins", sessions::pins().boxed()),
        ("leaving_in_mid_transaction", sessions::leaving_in_mid_transaction().boxed()),
        ("pool_under_load", sessions::pool_under_load().boxed()),
    ];
    run_all(checks).await
}
