// Prepared statements, which share a name chosen by the user, queues and pipelines.
import { check, equal, fails } from "./checks.mjs";
import { CLIENTS, clients, one } from "./clients.mjs";

check("statements_shared_by_clients", () =>
  clients(CLIENTS, async (...ours) => {
    for (let round = 0; round < 5; ++round)
      for (const [number, c] of ours.entries()) {
        await c.query("begin");
        const { rows } = await c.query({
          name: "double",
          text: "select $1::int * 2 as two",
          values: [number],
        });
        equal(rows, [{ two: number * 2 }]);
        await c.query("commit");
      }
  }),
);

check("statements_of_one_name_differ", () =>
  clients(CLIENTS, async (...ours) => {
    for (let round = 0; round < 4; ++round)
      for (const [number, c] of ours.entries()) {
        const statement = {
          name: "ours",
          text: `select ${number} as n, $1::text as column_${number}`,
          values: ["x"],
        };
        equal((await c.query(statement)).rows, [{ n: number, [`column_${number}`]: "x" }]);
      }
  }),
);

check("statement_fails_to_parse", () =>
  clients(2, async (c, other) => {
    for (let round = 0; round < 3; ++round) {
      await fails(
        "42P01",
        c.query({ name: "bad", text: "select * from missing_table where a = $1", values: [1] }),
      );
      equal(await one(other, "select $1::int", [7]), 7);
      equal(await one(c, "select $1::int", [8]), 8);
    }
  }),
);

check("queries_queued_at_once", () =>
  clients(2, async (c, other) => {
    const ask = (client, n) => one(client, "select $1::int", [n]);
    const asked = [...Array(300).keys()].map((n) => ask(n % 3 ? c : other, n));
    equal(await Promise.all(asked), [...Array(300).keys()]);
  }),
);

check("pipeline", () =>
  clients(
    2,
    async (c, other) => {
      for (let round = 0; round < 3; ++round) {
        const asked = [...Array(500).keys()].map((n) => one(c, "select $1::int", [n]));
        const named = [...Array(100).keys()].map((n) =>
          other.query({ name: "plus", text: "select $1::int + 1 as n", values: [n] }),
        );
        equal(await Promise.all(asked), [...Array(500).keys()]);
        equal(
          (await Promise.all(named)).map(({ rows }) => rows[0].n),
          [...Array(100).keys()].map((n) => n + 1),
        );
      }
    },
    { pipeline: true },
  ),
);

check("pipeline_with_an_error_in_the_middle", () =>
  clients(
    2,
    async (c, other) => {
      for (let round = 0; round < 3; ++round) {
        const [before, broken, after] = await Promise.allSettled([
          one(c, "select 'before'"),
          one(c, "select 1 / $1::int", [0]),
          one(c, "select 'after'"),
        ]);
        equal([before.value, broken.reason?.code, after.value], ["before", "22012", "after"]);
        const transaction = ["begin", "select 1 / 0", "select 1", "rollback", "select 2"].map((sql) =>
          c.query(sql),
        );
        const codes = (await Promise.allSettled(transaction)).map(({ reason }) => reason?.code ?? "fine");
        equal(codes, ["fine", "22012", "25P02", "fine", "fine"]);
        equal(await one(other, "select 3"), 3);
      }
    },
    { pipeline: true },
  ),
);
