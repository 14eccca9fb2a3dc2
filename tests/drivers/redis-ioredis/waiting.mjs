// What waits: blocking pops, and subscribers.
import { once } from "node:events";
import { equal } from "./checks.mjs";
import { CLIENTS, eachWay, eventually, fresh, isBlocked, range } from "./clients.mjs";

eachWay("blocking_pop", async (clients) => {
  const [name, key] = [fresh("waiter"), fresh("queue")];
  const [waiter, other] = [clients({ connectionName: name }), clients()];
  const popped = waiter.blpop(fresh("empty"), key, 20);
  await eventually(() => isBlocked(other, name));
  await other.rpush(key, "work");
  equal(await popped, [key, "work"]);
  const began = performance.now();
  equal(await waiter.blpop(key, 0.2), null);
  equal(performance.now() - began >= 190, true, "waited as long as it said");
});

eachWay("blocking_pops_of_many_clients", async (clients) => {
  const [other, key] = [clients(), fresh("queue")];
  const waits = range(CLIENTS).map(() => clients().brpop(key, 20));
  for (const n of range(CLIENTS)) {
    await other.lpush(key, n);
    equal(await other.get(`${key}:none`), null); // others are served while clients wait
  }
  equal((await Promise.all(waits)).map(([, n]) => Number(n)).sort(), range(CLIENTS));
});

eachWay("blocking_read_of_a_stream", async (clients) => {
  const [name, key] = [fresh("reader"), fresh("stream")];
  const [reader, writer] = [clients({ connectionName: name }), clients()];
  const read = reader.xread("BLOCK", 20_000, "STREAMS", key, "$");
  await eventually(() => isBlocked(writer, name));
  const id = await writer.xadd(key, "*", "field", "value");
  equal(await read, [[key, [[id, ["field", "value"]]]]]);
});

// Behind a gateway Redis counts the gateway's connections, of which one may serve many subscribers.
const heardBy = (count, most) => equal([count, count >= 1 && count <= most], [count, true]);

eachWay("publish_subscribe", async (clients) => {
  const [c, channel, heard] = [clients(), fresh("news"), []];
  const subscribers = range(CLIENTS).map(() => clients());
  for (const each of subscribers) {
    each.on("message", (from, text) => heard.push([from, text]));
    equal(await each.subscribe(channel), 1);
  }
  heardBy(await c.publish(channel, "hello"), CLIENTS);
  await eventually(() => heard.length === CLIENTS);
  equal(heard, Array(CLIENTS).fill([channel, "hello"]));
  for (const each of subscribers.slice(1)) equal(await each.unsubscribe(channel), 0);
  equal(await subscribers[1].ping(), "PONG");
  const last = once(subscribers[0], "message");
  heardBy(await c.publish(channel, "last"), CLIENTS);
  equal(await last, [channel, "last"]);
});

eachWay("publish_subscribe_patterns", async (clients) => {
  const [c, subscriber, prefix, heard] = [clients(), clients(), fresh("topic"), []];
  subscriber.on("message", (...message) => heard.push(message));
  subscriber.on("pmessage", (...message) => heard.push(message));
  equal(await subscriber.psubscribe(`${prefix}:*`), 1);
  equal(await subscriber.subscribe(`${prefix}:a`), 2);
  equal(await c.publish(`${prefix}:a`, "both"), 2);
  await eventually(() => heard.length === 2);
  equal(heard.sort(), [
    [`${prefix}:*`, `${prefix}:a`, "both"],
    [`${prefix}:a`, "both"],
  ]);
});

eachWay("publish_subscribe_in_order", async (clients) => {
  const [c, subscriber, channel, heard] = [clients(), clients(), fresh("news"), []];
  subscriber.on("message", (_, text) => heard.push(Number(text)));
  await subscriber.subscribe(channel);
  await Promise.all(range(2000).map((n) => c.publish(channel, n)));
  await eventually(() => heard.length === 2000);
  equal(heard, range(2000));
});
