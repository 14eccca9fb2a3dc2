//! COPY, portals, large values and types.
use std::pin::pin;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use futures_util::{SinkExt, TryStreamExt};
use serde_json::{Value, json};
use tokio_postgres::{error::SqlState, types::FromSqlOwned, types::ToSql};

use crate::checks::Outcome;
use crate::connect::{Connected, clients, fails};

pub async fn copy_in_and_out() -> Outcome {
    let ours = clients(2).await?;
    ours[0].batch_execute("drop table if exists copied; create table copied (id int, t text)").await?;
    let lines: Vec<String> = (0..20000).map(|n| format!("{n}\trow {n} ü\n")).collect();
    let mut sink = pin!(ours[0].copy_in::<_, Bytes>("copy copied from stdin").await?);
    for line in &lines {
        sink.feed(Bytes::from(line.clone())).await?;
    }
    assert_eq!(sink.finish().await?, 20000);
    let out = ours[1].copy_out("copy (select * from copied order by id) to stdout").await?;
    let came: Vec<Bytes> = out.try_collect().await?;
    assert!(came.concat() == lines.concat().as_bytes(), "what came out is not what went in");
    Ok(())
}

async fn send(c: &Connected, text: &str) -> Result<u64, tokio_postgres::Error> {
    let mut sink = pin!(c.copy_in::<_, Bytes>("copy copied_not from stdin").await?);
    sink.send(Bytes::from(text.to_string())).await?;
    sink.finish().await
}

pub async fn copy_that_fails() -> Outcome {
    let ours = clients(2).await?;
    let c = &ours[0];
    c.batch_execute("drop table if exists copied_not; create table copied_not (id int primary key)").await?;
    let nonsense = "not a number\n".repeat(100000);
    fails(&SqlState::INVALID_TEXT_REPRESENTATION, send(c, &format!("1\n{nonsense}")).await);
    fails(&SqlState::UNIQUE_VIOLATION, send(c, "1\n1\n").await);
    {
        let mut sink = pin!(c.copy_in::<_, Bytes>("copy copied_not from stdin").await?);
        sink.send(Bytes::from("1\n")).await?;
    } // dropped before it is finished: the driver sends CopyFail
    drop(c.copy_out("copy (select generate_series(1, 100000)) to stdout").await?);
    assert_eq!(c.query_one_scalar::<i64, _>("select count(*) from copied_not", &[]).await?, 0);
    Ok(())
}

pub async fn rows_in_portions() -> Outcome {
    let mut ours = clients(2).await?;
    let other = ours.pop().expect("two clients");
    let c = &mut ours[0];
    let transaction = c.transaction().await?;
    let statement = transaction.prepare("select generate_series(1, $1::int4)").await?;
    let portals =
        [transaction.bind(&statement, &[&5000]).await?, transaction.bind(&statement, &[&5000]).await?];
    for seen in (0..5000).step_by(100) {
        for portal in &portals {
            let rows = transaction.query_portal(portal, 100).await?;
            assert_eq!(rows.len(), 100);
            assert_eq!(rows[99].get::<_, i32>(0), seen + 100);
        }
        if seen % 1000 == 0 {
            assert_eq!(other.query_one_scalar::<i32, _>("select $1::int4", &[&seen]).await?, seen);
        }
    }
    assert_eq!(transaction.query_portal(&portals[0], 0).await?.len(), 0, "rows after the last");
    transaction.commit().await?;
    assert_eq!(c.query_one_scalar::<i32, _>("select 1", &[]).await?, 1);
    Ok(())
}

pub async fn large_values() -> Outcome {
    let ours = clients(2).await?;
    let text = "0123456789abcdef".repeat(1 << 19);
    let data: Vec<u8> = (0..4u32 << 20).map(|n| (n.wrapping_mul(2654435761) >> 24) as u8).collect();
    for c in ours.iter().chain(&ours) {
        let more: String = c.query_one_scalar("select $1::text || 'x'", &[&text]).await?;
        assert!(more.strip_suffix('x') == Some(&text), "8 MiB came back changed");
        assert!(
            c.query_one_scalar::<Vec<u8>, _>("select $1::bytea", &[&data]).await? == data,
            "4 MiB came back changed"
        );
    }
    let rows = ours[0].query("select i, repeat('x', 100) from generate_series(1, 100000) i", &[]).await?;
    assert_eq!(rows.len(), 100000);
    Ok(())
}

async fn same<T>(c: &Connected, cast: &str, value: T) -> Outcome
where
    T: FromSqlOwned + ToSql + Sync + PartialEq + std::fmt::Debug,
{
    let got: T = c.query_one_scalar(&format!("select $1::{cast}"), &[&value]).await?;
    assert_eq!(got, value, "{cast}");
    Ok(())
}

pub async fn types() -> Outcome {
    let ours = clients(2).await?;
    for c in [&ours[0], &ours[1], &ours[0]] {
        same(c, "int8", i64::MAX).await?;
        same(c, "float8", 1.5e300).await?;
        same(c, "bool", true).await?;
        same(c, "int4", None::<i32>).await?;
        same(c, "text", "naïve ☃ 𝄞".to_string()).await?;
        same(c, "bytea", vec![0u8, 255, b'\\', b'x']).await?;
        same(c, "timestamptz", SystemTime::UNIX_EPOCH + Duration::from_micros(1_770_091_506_789_012)).await?;
        same(c, "int4[]", vec![Some(1), None, Some(3)]).await?;
        same(c, "text[]", vec![Some("b\"c".to_string()), Some("NULL".into()), None]).await?;
        same::<Value>(c, "jsonb", json!({"a": [1, 2.5, null, {"ü": "\n"}]})).await?;
        let numeric = "-12345678901234567890.123456789";
        assert_eq!(
            c.query_one_scalar::<String, _>("select $1::text::numeric::text", &[&numeric]).await?,
            numeric
        );
    }
    Ok(())
}

/// Unknown types make the driver ask the catalogue with statements of its own before it goes on.
pub async fn types_of_ones_own() -> Outcome {
    let ours = clients(2).await?;
    ours[0].batch_execute("drop type if exists mood; create type mood as enum ('sad', 'ok')").await?;
    for c in &ours {
        let row = c.query_one("select 'ok'::mood, array['sad']::mood[]", &[]).await?;
        assert_eq!(row.columns()[0].type_().name(), "mood");
        assert_eq!(row.columns()[1].type_().name(), "_mood");
    }
    Ok(())
}
