//! Prepared statements and pipelining. The driver names its statements s0, s1, ... over the whole process.
use futures_util::future::{join_all, try_join_all};
use tokio_postgres::{error::SqlState, types::Type};

use crate::checks::Outcome;
use crate::connect::{CLIENTS, clients, fails};

pub async fn shared_by_clients() -> Outcome {
    let mut ours = clients(CLIENTS).await?;
    let mut prepared = Vec::new();
    for c in &ours {
        prepared.push(c.prepare("select $1::int4 * 2").await?);
    }
    for _ in 0..5 {
        for (number, c) in ours.iter_mut().enumerate() {
            let transaction = c.transaction().await?;
            let twice: i32 = transaction.query_one(&prepared[number], &[&(number as i32)]).await?.get(0);
            assert_eq!(twice, number as i32 * 2);
            transaction.commit().await?;
        }
    }
    Ok(())
}

/// SQL's own PREPARE would collide here; the protocol's statements must not.
pub async fn of_one_name_differ() -> Outcome {
    let ours = clients(CLIENTS).await?;
    for _ in 0..4 {
        for (number, c) in ours.iter().enumerate() {
            let statement = c.prepare(&format!("select $1::text as column_{number}, {number}::int4")).await?;
            assert_eq!(statement.columns()[0].name(), format!("column_{number}"));
            let row = c.query_one(&statement, &[&"x"]).await?;
            assert_eq!((row.get::<_, &str>(0), row.get::<_, i32>(1)), ("x", number as i32));
        }
    }
    Ok(())
}

/// Dropping a statement sends Close; the same text lives on at other clients.
pub async fn closed_while_others_use_them() -> Outcome {
    let ours = clients(2).await?;
    let kept = ours[1].prepare("select $1::int4 + 5").await?;
    for _ in 0..50 {
        let dropped = ours[0].prepare("select $1::int4 + 5").await?;
        assert_eq!(ours[0].query_one_scalar::<i32, _>(&dropped, &[&1]).await?, 6);
        drop(dropped);
        assert_eq!(ours[1].query_one_scalar::<i32, _>(&kept, &[&2]).await?, 7);
    }
    Ok(())
}

pub async fn fails_to_parse() -> Outcome {
    let ours = clients(2).await?;
    for _ in 0..3 {
        let missing = ours[0].query("select * from missing_table where a = $1", &[&1]).await;
        fails(&SqlState::UNDEFINED_TABLE, missing);
        assert_eq!(ours[1].query_one_scalar::<i32, _>("select $1::int4", &[&7]).await?, 7);
        assert_eq!(ours[0].query_one_scalar::<i32, _>("select $1::int4", &[&8]).await?, 8);
    }
    Ok(())
}

pub async fn unnamed() -> Outcome {
    let ours = clients(CLIENTS).await?;
    for n in 0..20i32 {
        for (number, c) in ours.iter().enumerate() {
            let sql = format!("select $1 * {number}");
            let row = c.query_typed_one(&sql, &[(&n, Type::INT4)]).await?;
            assert_eq!(row.get::<_, i32>(0), n * number as i32);
        }
    }
    Ok(())
}

/// Requests that are polled together leave together, each with a Sync of its own.
pub async fn pipeline() -> Outcome {
    let ours = clients(2).await?;
    let plus = [ours[0].prepare("select $1::int4 + 1").await?, ours[1].prepare("select $1::int4 + 2").await?];
    for _ in 0..3 {
        let numbers: Vec<i32> = (0..500).collect();
        for (c, (statement, more)) in ours.iter().zip(plus.iter().zip(1..)) {
            let parameters: Vec<[&(dyn tokio_postgres::types::ToSql + Sync); 1]> =
                numbers.iter().map(|n| [n as &(dyn tokio_postgres::types::ToSql + Sync)]).collect();
            let asked = parameters.iter().map(|one| c.query_one_scalar::<i32, _>(statement, one));
            let expected: Vec<i32> = numbers.iter().map(|n| n + more).collect();
            assert_eq!(try_join_all(asked).await?, expected);
        }
    }
    Ok(())
}

pub async fn pipeline_with_errors() -> Outcome {
    let ours = clients(2).await?;
    let c = &ours[0];
    let divide = c.prepare("select 100 / $1::int4").await?;
    let divisors: Vec<i32> = (0..100).map(|n| n % 10).collect();
    for _ in 0..3 {
        let asked = divisors.iter().map(|divisor| async { c.query_one(&divide, &[divisor]).await });
        for (outcome, divisor) in join_all(asked).await.into_iter().zip(&divisors) {
            match divisor {
                0 => drop(fails(&SqlState::DIVISION_BY_ZERO, outcome)),
                _ => assert_eq!(outcome?.get::<_, i32>(0), 100 / divisor),
            }
        }
        assert_eq!(ours[1].query_one_scalar::<i32, _>("select 3", &[]).await?, 3);
    }
    Ok(())
}
