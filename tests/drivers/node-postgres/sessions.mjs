// What a session remembers, and the driver's pool under load.
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { check, equal, fails } from "./checks.mjs";
import { ssl, clients, rows, one } from "./clients.mjs";

check("notifications", () =>
  clients(2, async (listener, sender) => {
    const heard = [];
    listener.on("notification", ({ channel, payload }) => heard.push([channel, payload]));
    await listener.query("listen news");
    for (let n = 0; n < 3; ++n) await sender.query("select pg_notify('news', $1)", [`number ${n}`]);
    for (let patience = 0; heard.length < 3 && patience < 200; ++patience) await sleep(100);
    equal(
      heard,
      [0, 1, 2].map((n) => ["news", `number ${n}`]),
    );
    await listener.query("unlisten *");
    await sender.query("notify news, 'to nobody'");
    equal(await one(listener, "select 1"), 1);
    equal(heard.length, 3, "notifications");
  }),
);

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
  await clients(
    2,
    async (mine, other) => {
      equal(await one(mine, "show application_name"), "mine");
      await mine.query("begin; set local application_name = 'for now'");
      equal(await one(other, "show application_name"), "mine");
      await mine.query("commit");
      equal(await one(mine, "show application_name"), "mine");
    },
    { application_name: "mine" },
  );
});

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
        const asked = {
          name: "reply",
          text: "select $1 || ' for ' || $2 as t, $3::int as n",
          values: ["reply", number, -number],
        };
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
