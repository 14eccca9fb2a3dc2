// Cancel, savepoints, failures, and clients that leave in the middle.
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import copy from "pg-copy-streams";
import Cursor from "pg-cursor";
import { check, equal, fails } from "./checks.mjs";
import { ssl, connect, clients, one } from "./clients.mjs";

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
  }),
);

check("cancel_a_waiting_client", () =>
  clients(3, async (first, second, third) => {
    await Promise.all([first.query("begin"), second.query("begin")]);
    await cancelled(third, "select pg_sleep(30)");
    equal([await one(first, "select 3"), await one(second, "select 4")], [3, 4]);
    await Promise.all([first.query("commit"), second.query("commit")]);
    equal(await one(third, "select 5"), 5);
  }),
);

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
  }),
);

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
    equal(
      several.map(({ rows }) => rows),
      [[{ a: 1 }], [{ b: 2 }]],
    );
    equal((await c.query("")).rows, [], "an empty query");
  }),
);

check("leaving_in_mid_transaction", () =>
  clients(1, async (watcher) => {
    await watcher.query(
      "drop table if exists left_behind; create table left_behind (id int primary key, n int)",
    );
    await watcher.query("insert into left_behind values (1, 0)");
    const ways = {
      in_transaction: async () => {},
      in_query: async (c) => c.query("select pg_sleep(60)").catch(() => {}),
      in_portal: async (c) => c.query(new Cursor("select generate_series(1, 100000)")).read(3),
      in_copy: async (c) =>
        c
          .query(copy.from("copy left_behind from stdin"))
          .on("error", () => {})
          .write("2\t0\n3\t"),
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
  }),
);
