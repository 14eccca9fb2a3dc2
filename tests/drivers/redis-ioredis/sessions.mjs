// What belongs to one client and to nobody else: its database and its name; coming back; and many at once.
import { once } from "node:events";
import { equal } from "./checks.mjs";
import { CLIENTS, eachWay, eventually, fresh, range } from "./clients.mjs";

eachWay("databases", async (clients) => {
  const [ours, key] = [range(3).map((db) => clients({ at: { pathname: `/${db}` } })), fresh("database")];
  for (const [db, c] of ours.entries()) await c.set(key, `in ${db}`);
  for (const [db, c] of ours.entries()) equal(await c.get(key), `in ${db}`);
  for (const db of [1, 2, 0]) {
    equal(await ours[0].select(db), "OK");
    equal(await ours[0].get(key), `in ${db}`);
  }
});

eachWay("names_and_numbers", async (clients) => {
  const ours = range(CLIENTS).map((n) => clients({ connectionName: `name${n}` }));
  for (const [n, c] of ours.entries()) equal(await c.client("GETNAME"), `name${n}`);
  equal(new Set(await Promise.all(ours.map((c) => c.client("ID")))).size, CLIENTS, "different numbers");
});

eachWay("reconnect", async (clients) => {
  const [c, key] = [clients({ retryStrategy: () => 10, at: { pathname: "/1" } }), fresh("kept")];
  await c.set(key, "v");
  for (let round = 0; round < 3; ++round) {
    const before = await c.client("ID");
    const lost = once(c, "close");
    equal(await c.client("KILL", "ID", before, "SKIPME", "no"), 1);
    await lost;
    equal(await c.get(key), "v"); // in the same database
    equal((await c.client("ID")) !== before, true, "another connection");
  }
});

eachWay("reconnect_of_a_subscriber", async (clients) => {
  const [c, channel, heard] = [clients(), fresh("news"), []];
  const subscriber = clients({ retryStrategy: () => 10 });
  subscriber.on("message", (...message) => heard.push(message));
  await subscriber.subscribe(channel);
  subscriber.stream.destroy();
  await eventually(async () => {
    await c.publish(channel, "again");
    return heard.length > 0;
  });
  equal(heard[0], [channel, "again"]);
});

eachWay("reconnect_while_waiting", async (clients) => {
  const [waiter, other, key] = [clients({ retryStrategy: () => 10 }), clients(), fresh("queue")];
  const id = await waiter.client("ID");
  const popped = waiter.blpop(key, 20);
  await eventually(async () => new RegExp(`^id=${id} .*flags=b`, "m").test(await other.client("LIST")));
  waiter.stream.destroy(); // the driver asks again on its next connection
  await eventually(async () => !new RegExp(`^id=${id} `, "m").test(await other.client("LIST")));
  await other.rpush(key, "work");
  equal(await popped, [key, "work"]);
});

eachWay("many_clients", async (clients) => {
  const [ours, prefix] = [range(100).map(() => clients()), fresh("load")];
  await Promise.all(
    ours.map(async (c, number) => {
      for (let turn = 0; turn < 30; ++turn) {
        const [key, value] = [`${prefix}:${number}`, `${number}:${turn}`];
        const asked = [c.set(key, value), c.echo(value), c.get(key)];
        equal(await Promise.all(asked), ["OK", value, value]);
        if (turn % 8 === 0) equal(await c.multi().get(key).exec(), [[null, value]]);
      }
    }),
  );
});
