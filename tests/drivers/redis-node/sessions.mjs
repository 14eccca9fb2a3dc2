// What belongs to one client and to nobody else: its database and its name; coming back; and many at once.
import process from "node:process";
import { createClientPool } from "redis";
import { check, equal } from "./checks.mjs";
import { CLIENTS, eachWay, eventually, fresh, range, several } from "./clients.mjs";

const soon = { socket: { reconnectStrategy: 10 } };

eachWay("databases", async (connect) => {
  const ours = await several(3, connect, (db) => ({ at: { pathname: `/${db}` } }));
  const key = fresh("database");
  for (const [db, c] of ours.entries()) await c.set(key, `in ${db}`);
  for (const [db, c] of ours.entries()) equal(await c.get(key), `in ${db}`);
  for (const db of [1, 2, 0]) {
    await ours[0].select(db);
    equal(await ours[0].get(key), `in ${db}`);
  }
});

eachWay("names_and_numbers", async (connect) => {
  const ours = await several(CLIENTS, connect, (n) => ({ name: `name${n}` }));
  for (const [n, c] of ours.entries()) equal(await c.clientGetName(), `name${n}`);
  equal(new Set(await Promise.all(ours.map((c) => c.clientId()))).size, CLIENTS, "different numbers");
  equal((await ours[3].clientInfo()).name, "name3");
});

eachWay("reconnect", async (connect) => {
  const [c, key] = [await connect({ ...soon, at: { pathname: "/1" } }), fresh("kept")];
  await c.set(key, "v");
  for (let round = 0; round < 3; ++round) {
    const before = await c.clientId();
    const lost = new Promise((done) => c.once("reconnecting", done));
    equal(await c.sendCommand(["CLIENT", "KILL", "ID", String(before), "SKIPME", "no"]), 1);
    await lost;
    equal(await c.get(key), "v"); // in the same database
    equal((await c.clientId()) !== before, true, "another connection");
  }
});

eachWay("reconnect_of_a_subscriber", async (connect) => {
  const [c, subscriber, channel, heard] = [await connect(), await connect(soon), fresh("news"), []];
  const lost = new Promise((done) => subscriber.once("reconnecting", done));
  await subscriber.subscribe(channel, (text) => heard.push(text));
  // It asks for its own end in the only way that a subscriber has in both protocols.
  await subscriber.sendCommand(["QUIT"]);
  await lost;
  await eventually(async () => {
    await c.publish(channel, "again");
    return heard.length > 0;
  });
  equal(await c.ping(), "PONG");
});

eachWay("many_clients", async (connect) => {
  const [ours, prefix] = [await several(100, connect), fresh("load")];
  await Promise.all(
    ours.map(async (c, number) => {
      for (let turn = 0; turn < 30; ++turn) {
        const [key, value] = [`${prefix}:${number}`, `${number}:${turn}`];
        const asked = [c.set(key, value), c.echo(value), c.get(key)];
        equal(await Promise.all(asked), ["OK", value, value]);
        if (turn % 8 === 0) equal(await c.multi().get(key).exec(), [value]);
      }
    }),
  );
});

check("one_pool_of_connections", async () => {
  const pool = createClientPool({ url: process.env.REDIS_URL }, { minimum: 2, maximum: 10 });
  await pool.connect();
  const key = fresh("shared");
  await Promise.all(range(1000).map(() => pool.incr(key)));
  equal(await pool.get(key), "1000");
  await pool.close();
});
