// node-postgres: what an application may do with it, done through a pool of two server connections.
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { text as readAll } from "node:stream/consumers";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import copy from "pg-copy-streams";
import Cursor from "pg-cursor";
import { check, equal, fails, runAll } from "./checks.mjs";

const CLIENTS = 8; // more than there are server connections, so that clients must share
const ssl = { ca: readFileSync(process.env.PGSSLROOTCERT), rejectUnauthorized: true };

async function connect(options = {}) {
  const client = new pg.Client({ ssl, ...options });
  client.on("error", () => {}); // a line that is cut on purpose
  await client.connect();
  return client;
}

// Connects `count` clients, hands them to `use` and closes them whatever happens.
async function clients(count, use, options) {
  const ours = [];
  try {
    for (let n = 0; n < count; ++n) ours.push(await connect(options));
    await use(...ours);
  } finally {
    await Promise.allSettled(ours.map((client) => client.end()));
  }
}

const rows = async (client, text, values) => (await client.query({ text, values, rowMode: "array" })).rows;
const one = async (client, text, values) => (await rows(client, text, values))[0][0];

check("login", () =>
  clients(1, async (c) => {
    equal(c.connection.stream.encrypted, true, "TLS");
    equal(await one(c, "select current_user::text"), "app");
  }));

check("login_with_channel_binding", () =>
  clients(1, async (c) => equal(await one(c, "select 1"), 1), { enableChannelBinding: true }));

check("login_refused", async () => {
  await fails("28P01", connect({ password: "wrong" }));
  await fails("28P01", connect({ user: "nobody", password: "x" }));
  await fails("3D000", connect({ database: "nowhere" }));
  const verdict = await connect({ ssl: false }).catch((error) => error);
  equal(verdict instanceof Error, true, "refused without TLS");
});

check("statements_shared_by_clients", () =>
  clients(CLIENTS, async (...ours) => {
    for (let round = 0; round < 5; ++round)
      for (const [number, c] of ours.entries()) {
        await c.query("begin");
        const { rows } = await c.query({ name: "double", text: "select $1::int * 2 as two", values: [number] });
        equal(rows, [{ two: number * 2 }]);
        await c.query("commit");
      }
  }));

check("statements_of_one_name_differ", () =>
  clients(CLIENTS, async (...ours) => {
    for (let round = 0; round < 4; ++round)
      for (const [number, c] of ours.entries()) {
        const statement = { name: "ours", text: `select ${number} as n, $1::text as column_${number}`, values: ["x"] };
        equal((await c.query(statement)).rows, [{ n: number, [`column_${number}`]: "x" }]);
      }
  }));

check("statement_fails_to_parse", () =>
  clients(2, async (c, other) => {
    for (let round = 0; round < 3; ++round) {
      await fails("42P01", c.query({ name: "bad", text: "select * from missing_table where a = $1", values: [1] }));
      equal(await one(other, "select $1::int", [7]), 7);
      equal(await one(c, "select $1::int", [8]), 8);
    }
  }));

check("queries_queued_at_once", () =>
  clients(2, async (c, other) => {
    const ask = (client, n) => one(client, "select $1::int", [n]);
    const asked = [...Array(300).keys()].map((n) => ask(n % 3 ? c : other, n));
    equal(await Promise.all(asked), [...Array(300).keys()]);
  }));

check("pipeline", () =>
  clients(2, async (c, other) => {
    for (let round = 0; round < 3; ++round) {
      const asked = [...Array(500).keys()].map((n) => one(c, "select $1::int", [n]));
      const named = [...Array(100).keys()].map((n) =>
        other.query({ name: "plus", text: "select $1::int + 1 as n", values: [n] }));
      equal(await Promise.all(asked), [...Array(500).keys()]);
      equal((await Promise.all(named)).map(({ rows }) => rows[0].n), [...Array(100).keys()].map((n) => n + 1));
    }
  }, { pipeline: true }));

check("pipeline_with_an_error_in_the_middle", () =>
  clients(2, async (c, other) => {
    for (let round = 0; round < 3; ++round) {
      const [before, broken, after] = await Promise.allSettled([
        one(c, "select 'before'"), one(c, "select 1 / $1::int", [0]), one(c, "select 'after'"),
      ]);
      equal([before.value, broken.reason?.code, after.value], ["before", "22012", "after"]);
      const transaction = ["begin", "select 1 / 0", "select 1", "rollback", "select 2"].map((sql) => c.query(sql));
      const codes = (await Promise.allSettled(transaction)).map(({ reason }) => reason?.code ?? "fine");
      equal(codes, ["fine", "22012", "25P02", "fine", "fine"]);
      equal(await one(other, "select 3"), 3);
    }
  }, { pipeline: true }));

check("copy_in_and_out", () =>
  clients(2, async (c, other) => {
    await c.query("drop table if exists copied; create table copied (id int, t text)");
    const lines = [...Array(20000).keys()].map((n) => `${n}\trow ${n} ü\n`);
    await pipeline(Readable.from(lines), c.query(copy.from("copy copied from stdin")));
    equal(await one(other, "select count(*)::int from copied"), 20000);
    const out = await readAll(other.query(copy.to("copy (select * from copied order by id) to stdout")));
    equal(out === lines.join(""), true, "what came out is what went in");
    equal(await one(other, "select 1"), 1);
  }));

check("copy_that_fails", () =>
  clients(1, async (c) => {
    await c.query("drop table if exists copied_not; create table copied_not (id int primary key)");
    const send = (lines) => pipeline(Readable.from(lines), c.query(copy.from("copy copied_not from stdin")));
    await fails("22P02", send(["1\n", "not a number\n".repeat(100000)]));
    await fails("23505", send(["1\n1\n"]));
    const gives_up = async function* () {
      yield "1\n";
      throw new Error("changed my mind");
    };
    const verdict = await send(gives_up()).catch((error) => error.message);
    equal(verdict, "changed my mind");
    equal(await one(c, "select count(*)::int from copied_not"), 0);
  }));

async function cancelled(client, sql) {
  const query = new pg.Query(sql);
  const outcome = new Promise((done) => query.once("error", done).once("end", () => done({})));
  client.query(query);
  await sleep(300);
  // The driver sends its CancelRequest in plain text, as libpq did before version 17.
  const canceller = new pg.Client({ ssl });
  canceller.connection.on("error", () => {});
  canceller.cancel(client, query);
  equal((await outcome).code, "57014", "SQLSTATE of what was cancelled");
}

check("cancel_a_running_query", () =>
  clients(2, async (c, other) => {
    for (let round = 0; round < 3; ++round) {
      await cancelled(c, "select pg_sleep(30)");
      equal(await one(other, "select 1"), 1);
      equal(await one(c, "select 2"), 2);
    }
  }));

check("cancel_a_waiting_client", () =>
  clients(3, async (first, second, third) => {
    await Promise.all([first.query("begin"), second.query("begin")]);
    await cancelled(third, "select pg_sleep(30)");
    equal([await one(first, "select 3"), await one(second, "select 4")], [3, 4]);
    await Promise.all([first.query("commit"), second.query("commit")]);
    equal(await one(third, "select 5"), 5);
  }));

check("savepoints", () =>
  clients(2, async (c, other) => {
    await c.query("drop table if exists saved; create table saved (id int primary key)");
    await c.query("begin");
    await c.query("insert into saved values ($1)", [1]);
    for (let round = 0; round < 3; ++round) {
      await c.query("savepoint here");
      await c.query("insert into saved values ($1)", [2]);
      const error = await fails("23505", c.query("insert into saved values ($1)", [1]));
      equal(error.constraint, "saved_pkey");
      await c.query("rollback to savepoint here");
    }
    equal(await one(other, "select count(*)::int from saved"), 0);
    await c.query("insert into saved values ($1)", [3]);
    await c.query("commit");
    equal(await one(other, "select array_agg(id order by id) from saved"), [1, 3]);
  }));

check("failed_transaction", () =>
  clients(2, async (c, other) => {
    await c.query("begin isolation level serializable");
    await fails("22012", c.query("select 1 / $1::int", [0]));
    await fails("25P02", c.query("select 1"));
    equal(await one(other, "select 1"), 1);
    equal((await c.query("commit")).command, "ROLLBACK");
    const said = [];
    c.on("notice", ({ message }) => said.push(message));
    await c.query("do $$ begin raise notice 'hear me'; end $$");
    equal(said, ["hear me"], "notices");
    const raise = "do $$ begin raise exception 'oh' using hint = 'h', detail = 'd'; end $$";
    const error = await fails("P0001", c.query(raise));
    equal([error.message, error.hint, error.detail], ["oh", "h", "d"]);
    await fails("22012", c.query("select 1; select 1 / 0; select 2"));
    const several = await c.query("select 1 as a; select 2 as b");
    equal(several.map(({ rows }) => rows), [[{ a: 1 }], [{ b: 2 }]]);
    equal((await c.query("")).rows, [], "an empty query");
  }));

check("notifications", () =>
  clients(2, async (listener, sender) => {
    const heard = [];
    listener.on("notification", ({ channel, payload }) => heard.push([channel, payload]));
    await listener.query("listen news");
    for (let n = 0; n < 3; ++n) await sender.query("select pg_notify('news', $1)", [`number ${n}`]);
    for (let patience = 0; heard.length < 3 && patience < 200; ++patience) await sleep(100);
    equal(heard, [0, 1, 2].map((n) => ["news", `number ${n}`]));
    await listener.query("unlisten *");
    await sender.query("notify news, 'to nobody'");
    equal(await one(listener, "select 1"), 1);
    equal(heard.length, 3, "notifications");
  }));

check("parameters_follow_the_client", async () => {
  const zones = ["Asia/Tokyo", "America/Lima", "Africa/Cairo", "UTC"];
  const dates = ["2026-03-01", "01.03.2026", "03/01/2026", "03-01-2026"];
  await clients(4, async (...ours) => {
    for (const [number, c] of ours.entries()) {
      await c.query(`set application_name = 'client ${number}'`);
      await c.query("select set_config('TimeZone', $1, false)", [zones[number]]);
      await c.query(`set datestyle = ${["ISO", "German", "SQL", "Postgres"][number]}`);
    }
    for (let round = 0; round < 3; ++round)
      for (const [number, c] of ours.entries()) {
        await c.query("begin");
        equal(await one(c, "show application_name"), `client ${number}`);
        equal(await one(c, "show timezone"), zones[number]);
        equal(await one(c, "select date '2026-03-01' || ''"), dates[number]);
        await c.query("commit");
      }
  });
  await clients(2, async (mine, other) => {
    equal(await one(mine, "show application_name"), "mine");
    await mine.query("begin; set local application_name = 'for now'");
    equal(await one(other, "show application_name"), "mine");
    await mine.query("commit");
    equal(await one(mine, "show application_name"), "mine");
  }, { application_name: "mine" });
});

check("rows_in_portions", () =>
  clients(2, async (c, other) => {
    // In a transaction, and outside of one: the driver keeps its portal open by asking for Flush instead of Sync.
    for (const [begin, end] of [["begin", "commit"], ["select 1", "select 1"]]) {
      await c.query(begin);
      const cursor = c.query(new Cursor("select generate_series(1, $1::int) as n", [5000]));
      for (let seen = 0; seen < 5000; seen += 100) {
        equal((await cursor.read(100)).map(({ n }) => n), [...Array(100).keys()].map((n) => n + seen + 1));
        if (seen % 1000 === 0) equal(await one(other, "select $1::int", [seen]), seen);
      }
      await cursor.close();
      await c.query(end);
    }
    const left = c.query(new Cursor("select generate_series(1, 100000) as n"));
    equal((await left.read(3)).length, 3);
    await left.close(); // with most rows unread
    equal(await one(c, "select 1"), 1);
    equal(await one(other, "select 1"), 1);
  }));

check("large_values", () =>
  clients(2, async (...ours) => {
    const text = "0123456789abcdef".repeat(1 << 19);
    const data = randomBytes(4 << 20);
    for (const c of [...ours, ...ours]) {
      equal((await one(c, "select $1::text || 'x'", [text])) === text + "x", true, "8 MiB came back unchanged");
      equal((await one(c, "select $1::bytea", [data])).equals(data), true, "4 MiB came back unchanged");
    }
    equal((await rows(ours[0], "select i, repeat('x', 100) from generate_series(1, 100000) i")).length, 100000);
  }));

check("types", () =>
  clients(2, async (c, other) => {
    const moment = new Date("2026-02-03T04:05:06.789Z");
    const values = [
      ["numeric", "-12345678901234567890.123456789"], ["int8", "9223372036854775807"], ["float8", 1.5e300],
      ["bool", true], ["int4", null], ["text", "naïve ☃ 𝄞"], ["timestamptz", moment], ["int4[]", [[1, 2], [3, null]]],
      ["text[]", ["a", 'b"c', "NULL", null]], ["jsonb", { a: [1, 2.5, null, { ü: "\n" }] }], ["uuid", randomBytes(16)
        .toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-")],
    ];
    for (const each of [c, other, c])
      for (const [cast, value] of values) equal(await one(each, `select $1::${cast}`, [value]), value, cast);
    const bytes = Buffer.from([0, 255, 92, 120]);
    equal((await one(c, "select $1::bytea", [bytes])).equals(bytes), true, "bytea");
  }));

check("pins", async () => {
  await clients(2, async (c, other) => {
    await c.query("create temporary table mine (a int)");
    await c.query("insert into mine values ($1)", [1]);
    for (let round = 0; round < 5; ++round) {
      equal(await one(other, "select to_regclass('mine') is null"), true, "invisible to others");
      equal(await one(c, "select count(*)::int from mine"), 1);
    }
    await c.query("select pg_advisory_lock($1)", [42]);
    equal(await one(other, "select pg_try_advisory_lock(42)"), false, "somebody else could lock");
  });
  for (let round = 0; round < 2; ++round)
    await clients(1, async (next) => {
      await next.query("select pg_advisory_xact_lock(42)"); // waits until PostgreSQL has let go of it
      await next.query("create temporary table mine (a int)");
    });
});

check("leaving_in_mid_transaction", () =>
  clients(1, async (watcher) => {
    await watcher.query("drop table if exists left_behind; create table left_behind (id int primary key, n int)");
    await watcher.query("insert into left_behind values (1, 0)");
    const ways = {
      in_transaction: async () => {},
      in_query: async (c) => c.query("select pg_sleep(60)").catch(() => {}),
      in_portal: async (c) => c.query(new Cursor("select generate_series(1, 100000)")).read(3),
      in_copy: async (c) => c.query(copy.from("copy left_behind from stdin")).on("error", () => {}).write("2\t0\n3\t"),
    };
    for (const [name, leave] of Object.entries(ways)) {
      const c = await connect();
      await c.query("begin");
      await c.query("update left_behind set n = n + $1", [1]);
      leave(c);
      await sleep(200);
      c.connection.stream.destroy();
      await clients(1, async (one_more) => {
        for (const each of [watcher, one_more]) {
          await each.query("begin; set local lock_timeout = '20s'");
          const found = await one(each, "select n from left_behind where id = 1 for update");
          equal(found, 0, `what was left behind ${name}`);
          equal(await one(each, "select count(*)::int from left_behind"), 1);
          await each.query("commit");
        }
      });
    }
  }));

// 20 pooled connections, 4000 short transactions; every reply must be the one to its own request.
check("pool_under_load", async () => {
  const pool = new pg.Pool({ ssl, max: 20 });
  await pool.query("drop table if exists counters; create table counters (id int primary key, n int)");
  await pool.query("insert into counters select i, 0 from generate_series(0, 99) i");
  let next = 0;
  const work = async () => {
    for (let number = next++; number < 4000; number = next++) {
      const c = await pool.connect();
      try {
        const asked = { name: "reply", text: "select $1 || ' for ' || $2 as t, $3::int as n", values: ["reply", number, -number] };
        equal((await c.query(asked)).rows, [{ t: `reply for ${number}`, n: -number }]);
        await c.query("begin");
        const sql = "update counters set n = n + 1 where id = $1 returning id";
        equal(await one(c, sql, [number % 100]), number % 100);
        await c.query("commit");
        if (number % 50 === 49) await fails("22012", c.query("select 1 / $1::int", [0]));
      } finally {
        c.release();
      }
    }
  };
  await Promise.all([...Array(40)].map(work));
  equal((await rows(pool, "select min(n), max(n), sum(n)::int from counters"))[0], [40, 40, 4000]);
  await pool.end();
});

const version = createRequire(import.meta.url)("pg/package.json").version;
console.log(`# node-postgres ${version}, Node ${process.version}`);
await runAll();
