// COPY, rows in portions, large values and types.
import { randomBytes } from "node:crypto";
import { text as readAll } from "node:stream/consumers";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import copy from "pg-copy-streams";
import Cursor from "pg-cursor";
import { check, equal, fails } from "./checks.mjs";
import { clients, rows, one } from "./clients.mjs";

check("copy_in_and_out", () =>
  clients(2, async (c, other) => {
    await c.query("drop table if exists copied; create table copied (id int, t text)");
    const lines = [...Array(20000).keys()].map((n) => `${n}\trow ${n} ü\n`);
    await pipeline(Readable.from(lines), c.query(copy.from("copy copied from stdin")));
    equal(await one(other, "select count(*)::int from copied"), 20000);
    const out = await readAll(other.query(copy.to("copy (select * from copied order by id) to stdout")));
    equal(out === lines.join(""), true, "what came out is what went in");
    equal(await one(other, "select 1"), 1);
  }),
);

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
  }),
);

check("rows_in_portions", () =>
  clients(2, async (c, other) => {
    // In a transaction, and outside of one: the driver keeps its portal open by Flush instead of Sync.
    for (const [begin, end] of [
      ["begin", "commit"],
      ["select 1", "select 1"],
    ]) {
      await c.query(begin);
      const cursor = c.query(new Cursor("select generate_series(1, $1::int) as n", [5000]));
      for (let seen = 0; seen < 5000; seen += 100) {
        equal(
          (await cursor.read(100)).map(({ n }) => n),
          [...Array(100).keys()].map((n) => n + seen + 1),
        );
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
  }),
);

check("large_values", () =>
  clients(2, async (...ours) => {
    const text = "0123456789abcdef".repeat(1 << 19);
    const data = randomBytes(4 << 20);
    for (const c of [...ours, ...ours]) {
      equal(
        (await one(c, "select $1::text || 'x'", [text])) === text + "x",
        true,
        "8 MiB came back unchanged",
      );
      equal((await one(c, "select $1::bytea", [data])).equals(data), true, "4 MiB came back unchanged");
    }
    equal(
      (await rows(ours[0], "select i, repeat('x', 100) from generate_series(1, 100000) i")).length,
      100000,
    );
  }),
);

check("types", () =>
  clients(2, async (c, other) => {
    const moment = new Date("2026-02-03T04:05:06.789Z");
    const values = [
      ["numeric", "-12345678901234567890.123456789"],
      ["int8", "9223372036854775807"],
      ["float8", 1.5e300],
      ["bool", true],
      ["int4", null],
      ["text", "naïve ☃ 𝄞"],
      ["timestamptz", moment],
      [
        "int4[]",
        [
          [1, 2],
          [3, null],
        ],
      ],
      ["text[]", ["a", 'b"c', "NULL", null]],
      ["jsonb", { a: [1, 2.5, null, { ü: "\n" }] }],
      [
        "uuid",
        randomBytes(16)
          .toString("hex")
          .replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-"),
      ],
    ];
    for (const each of [c, other, c])
      for (const [cast, value] of values) equal(await one(each, `select $1::${cast}`, [value]), value, cast);
    const bytes = Buffer.from([0, 255, 92, 120]);
    equal((await one(c, "select $1::bytea", [bytes])).equals(bytes), true, "bytea");
  }),
);
