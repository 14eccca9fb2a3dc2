//! Runs a driver's checks one after another and says how each went. Shared by the drivers in Rust.
use std::{env, error::Error, process::exit, time::Duration};

use futures_util::future::BoxFuture;

/// For one check; what hangs longer has failed, and no later check could be trusted.
const PATIENCE: Duration = Duration::from_secs(60);

pub type Outcome<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;
pub type Check = (&'static str, BoxFuture<'static, Outcome>);

async fn verdict(check: BoxFuture<'static, Outcome>) -> Result<(), String> {
    match tokio::time::timeout(PATIENCE, tokio::spawn(check)).await {
        Err(_) => Err(format!("nothing came back for {} s", PATIENCE.as_secs())),
        Ok(Ok(Ok(()))) => Ok(()),
        Ok(Ok(Err(error))) => Err(match error.source() {
            Some(cause) => format!("{error}: {cause}"),
            None => error.to_string(),
        }),
        Ok(Err(panicked)) => {
            let why = panicked.into_panic();
            let text = why.downcast_ref::<String>().map(String::as_str);
            Err(text.or(why.downcast_ref::<&str>().copied()).unwrap_or("it panicked").to_string())
        }
    }
}

/// Runs what CHECKS asks for (everything by default) and ends the program.
pub async fn run_all(checks: Vec<Check>) -> ! {
    let only = env::var("CHECKS").ok();
    let wanted = |name: &str| only.as_ref().is_none_or(|list| list.split(',').any(|each| each == name));
    let (mut ran, mut held) = (0, true);
    for (name, check) in checks.into_iter().filter(|(name, _)| wanted(name)) {
        ran += 1;
        match verdict(check).await {
            Ok(()) => println!("ok {name}"),
            Err(why) => {
                held = false;
                println!("not ok {name}: {}", why.split_whitespace().collect::<Vec<_>>().join(" "));
                if why.starts_with("nothing came back") {
                    break;
                }
            }
        }
    }
    exit(if ran > 0 && held { 0 } else { 1 })
}
