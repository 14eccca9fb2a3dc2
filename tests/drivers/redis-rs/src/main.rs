//! redis-rs: what an application may do with it, in RESP3 and in RESP2.
mod checks;
mod connect;
mod data;
mod sessions;
mod waiting;

use checks::{Check, run_all};
use connect::Way;
use futures_util::FutureExt;

/// Each check is made in RESP3, and as NAME_resp2 in RESP2.
macro_rules! each_way {
    ($($module:ident::$name:ident),* $(,)?) => {
        vec![$(
            (stringify!($name), $module::$name(Way::Resp3).boxed()),
            (concat!(stringify!($name), "_resp2"), $module::$name(Way::Resp2).boxed()),
        )*]
    };
}

#[tokio::main]
async fn main() {
    println!("# redis-rs {}", std::env::var("DRIVER_VERSION").unwrap_or_default());
    let checks: Vec<Check> = each_way![
        data::login,
        data::login_refused,
        data::commands,
        data::streams,
        data::pipeline,
        data::pipeline_with_an_error_in_the_middle,
        data::scripts,
        data::scan,
        data::large_values,
        data::binary_keys,
        data::many_arguments,
        sessions::transaction,
        sessions::transaction_with_an_error,
        sessions::watch,
        sessions::watch_by_many,
        waiting::blocking_pop,
        waiting::blocking_pops_of_many_clients,
        waiting::blocking_pop_given_up,
        waiting::publish_subscribe,
        waiting::publish_subscribe_patterns,
        waiting::publish_subscribe_in_order,
        sessions::databases,
        sessions::names_and_numbers,
        sessions::reconnect,
        sessions::many_clients,
        sessions::one_connection_of_many_tasks,
    ];
    run_all(checks).await
}
