// What waits: blocking pops, and subscribers.
import { equal } from "./checks.mjs";
import { CLIENTS, eachWay, eventually, fresh, isBlocked, range, several } from "./clients.mjs";

eachWay("blocking_pop", async (connect) => {
  const [name, key] = [fresh("waiter"), fresh("queue")];
  const [waiter, other] = [await connect({ name }), await connect()];
  const popped = waiter.blPop([fresh("empty"), key], 20);
  await eventually(() => isBlocked(other, name));
  await other.rPush(key, "work");
  equal({ ...(await popped) }, { key, element: "work" });
  const began = performance.now();
  equal(await waiter.blPop(key, 0.2), null);
  equal(performance.now() - began >= 190, true, "waited as long as it said");
});

eachWay("blocking_pops_of_many_clients", async (connect) => {
  const [other, key] = [await connect(), fresh("queue")];
  const waits = (await several(CLIENTS, connect)).map((c) => c.brPop(key, 20));
  for (const n of range(CLIENTS)) {
    await other.lPush(key, String(n));
    equal(await other.get(`${key}:none`), null); // others are served while clients wait
  }
  equal((await Promise.all(waits)).map(({ element }) => Number(element)).sort(), range(CLIENTS));
});

eachWay("blocking_read_of_a_stream", async (connect) => {
  const [name, key] = [fresh("reader"), fresh("stream")];
  const [reader, writer] = [await connect({ name }), await connect()];
  const read = reader.xRead({ key, id: "$" }, { BLOCK: 20_000 });
  await eventually(() => isBlocked(writer, name));
  const id = await writer.xAdd(key, "*", { field: "value" });
  const [{ messages }] = await read;
  equal([messages[0].id, { ...messages[0].message }], [id, { field: "value" }]);
});

// Behind a gateway Redis counts the gateway's connections, of which one may serve many subscribers.
const heardBy = (count, most) => equal([count, count >= 1 && count <= most], [count, true]);

eachWay("publish_subscribe", async (connect) => {
  const [c, channel, heard] = [await connect(), fresh("news"), []];
  const subscribers = await several(CLIENTS, connect);
  const listener = (text, from) => heard.push([from, text]);
  for (const each of subscribers) await each.subscribe(channel, listener);
  heardBy(await c.publish(channel, "hello"), CLIENTS);
  await eventually(() => heard.length === CLIENTS);
  equal(heard, Array(CLIENTS).fill([channel, "hello"]));
  for (const each of subscribers.slice(1)) await each.unsubscribe(channel);
  equal(await subscribers[1].get(fresh("none")), null); // back to commands
  heardBy(await c.publish(channel, "last"), CLIENTS);
  await eventually(() => heard.length === CLIENTS + 1);
});

eachWay("publish_subscribe_patterns", async (connect) => {
  const [c, subscriber] = await several(2, connect);
  const [prefix, heard] = [fresh("topic"), []];
  await subscriber.pSubscribe(`${prefix}:*`, (text, from) => heard.push(`pattern ${from} ${text}`));
  await subscriber.subscribe(`${prefix}:a`, (text, from) => heard.push(`channel ${from} ${text}`));
  equal(await c.publish(`${prefix}:a`, "both"), 2);
  await eventually(() => heard.length === 2);
  equal(heard.sort(), [`channel ${prefix}:a both`, `pattern ${prefix}:a both`]);
  equal((await subscriber.ping()).toUpperCase(), "PONG");
});

eachWay("publish_subscribe_sharded", async (connect) => {
  const [c, subscriber] = await several(2, connect);
  const [channel, heard] = [fresh("shard"), []];
  await subscriber.sSubscribe(channel, (text) => heard.push(text));
  equal(await c.sPublish(channel, "hello"), 1);
  await eventually(() => heard.length === 1);
});

eachWay("publish_subscribe_in_order", async (connect) => {
  const [c, subscriber] = await several(2, connect);
  const [channel, heard] = [fresh("news"), []];
  await subscriber.subscribe(channel, (text) => heard.push(Number(text)));
  await Promise.all(range(2000).map((n) => c.publish(channel, String(n))));
  await eventually(() => heard.length === 2000);
  equal(heard, range(2000));
});
