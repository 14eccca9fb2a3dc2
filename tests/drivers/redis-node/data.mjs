// Commands of every type of value, pipelines, scripts, and values that are large or anything but text.
import { randomBytes } from "node:crypto";
import { defineScript } from "redis";
import { equal, fails } from "./checks.mjs";
import { bytes, eachWay, eventually, fresh, range, several } from "./clients.mjs";

eachWay("login", async (connect) => {
  equal(await (await connect()).aclWhoAmI(), "app");
});

eachWay("login_refused", async (connect) => {
  for (const wrong of [{ password: "wrong" }, { username: "nobody" }])
    await fails("WRONGPASS", connect({ at: wrong, socket: { reconnectStrategy: false } }));
});

eachWay("commands", async (connect) => {
  const c = await connect();
  let key = fresh("string");
  equal(await c.set(key, "v", { EX: 100 }), "OK");
  equal(await c.get(key), "v");
  equal(await c.set(key, "w", { NX: true }), null);
  equal(await c.get(fresh("none")), null);
  equal(await c.incrBy(fresh("number"), 41), 41);
  key = fresh("hash");
  equal(await c.hSet(key, { a: 1, b: 2 }), 2);
  equal({ ...(await c.hGetAll(key)) }, { a: "1", b: "2" });
  key = fresh("list");
  equal(await c.rPush(key, ["a", "b", "c"]), 3);
  equal(await c.lRange(key, 0, -1), ["a", "b", "c"]);
  key = fresh("set");
  equal(await c.sAdd(key, ["a", "b"]), 2);
  equal([...(await c.sMembers(key))].sort(), ["a", "b"]);
  key = fresh("sorted");
  equal(await c.zAdd(key, { score: 1.5, value: "a" }), 1);
  equal(await c.zRangeWithScores(key, 0, -1), [{ value: "a", score: 1.5 }]);
  await fails("WRONGTYPE", c.get(key));
});

eachWay("streams", async (connect) => {
  const [c, key, ids] = [await connect(), fresh("stream"), []];
  for (const n of range(3)) ids.push(await c.xAdd(key, "*", { n: String(n) }));
  await c.xGroupCreate(key, "workers", "0");
  const [{ messages }] = await c.xReadGroup("workers", "one", { key, id: ">" }, { COUNT: 2 });
  equal(
    messages.map(({ id }) => id),
    ids.slice(0, 2),
  );
  equal(await c.xAck(key, "workers", ids.slice(0, 2)), 2);
  equal((await c.xPending(key, "workers")).pending, 0);
});

eachWay("pipeline", async (connect) => {
  const [c, other] = await several(2, connect);
  for (let round = 0; round < 3; ++round) {
    const [key, batch] = [fresh("pipeline"), c.multi()];
    for (const n of range(500)) batch.set(`${key}:${n}`, String(n)).get(`${key}:${n}`);
    equal(
      await batch.execAsPipeline(),
      range(500).flatMap((n) => ["OK", String(n)]),
    );
    equal(await other.mGet(range(500).map((n) => `${key}:${n}`)), range(500).map(String));
  }
});

eachWay("pipelines_made_by_the_driver", async (connect) => {
  const [c, key] = [await connect(), fresh("auto")];
  await Promise.all(range(300).map((n) => c.hSet(key, String(n), n)));
  equal(await Promise.all(range(300).map((n) => c.hGet(key, String(n)))), range(300).map(String));
});

eachWay("pipeline_with_an_error_in_the_middle", async (connect) => {
  const [c, key] = [await connect(), fresh("error")];
  const asked = [c.set(key, "v"), c.lPush(key, "x"), c.get(key)];
  const [done, failed, got] = await Promise.allSettled(asked);
  equal([done.value, failed.reason?.message.split(" ")[0], got.value], ["OK", "WRONGTYPE", "v"]);
});

eachWay("scripts", async (connect) => {
  const add = defineScript({
    SCRIPT: "return redis.call('incrby', KEYS[1], ARGV[1])",
    NUMBER_OF_KEYS: 1,
    parseCommand(parser, key, number) {
      parser.pushKey(key);
      parser.push(String(number));
    },
  });
  const [c, other] = await several(2, connect, () => ({ scripts: { add } }));
  const key = fresh("script");
  await c.scriptFlush();
  equal(await c.add(key, 2), 2); // EVALSHA, NOSCRIPT, EVAL
  equal(await other.add(key, 3), 5);
  equal(await other.multi().add(key, 1).add(key, 1).exec(), [6, 7]);
  await fails("NOSCRIPT", c.evalSha("f".repeat(40)));
  equal(await c.eval("return {1, 'two', {3}}"), [1, "two", [3]]);
  await fails("ERR mine", c.eval("return redis.error_reply('mine')"));
});

eachWay("functions", async (connect) => {
  const c = await connect();
  const body = "redis.register_function('twice', function(keys, args) return args[1] * 2 end)";
  equal(await c.functionLoad(`#!lua name=ours\n${body}`, { REPLACE: true }), "ours");
  equal(await c.fCall("twice", { arguments: ["21"] }), 42);
});

eachWay("scan", async (connect) => {
  const [c, prefix, found] = [await connect(), fresh("scanned"), new Set()];
  await c.mSet(range(1000).map((n) => [`${prefix}:${n}`, String(n)]));
  for await (const keys of c.scanIterator({ MATCH: `${prefix}:*`, COUNT: 100 }))
    for (const key of keys) found.add(key);
  equal(found.size, 1000);
});

eachWay("large_values", async (connect) => {
  const [c, other] = (await several(2, connect)).map(bytes);
  for (const size of [65_536, 1_000_000, 20_000_000]) {
    const [key, value] = [fresh("large"), randomBytes(size)];
    await c.set(key, value);
    equal((await other.get(key)).equals(value), true, `${size} bytes as they were`);
    await c.del(key);
  }
});

eachWay("binary_keys", async (connect) => {
  const c = bytes(await connect());
  for (const text of ["", "\0", "\r\n", "$3\r\nfoo\r\n", " ".repeat(1000), "\xff\xfe"]) {
    const [key, value] = [Buffer.from(text, "latin1"), Buffer.from(text, "utf16le")];
    await c.set(key, value);
    equal((await c.get(key)).equals(value), true, "as it was");
    equal(await c.del(key), 1);
  }
});

eachWay("many_arguments", async (connect) => {
  const [c, prefix] = [await connect(), fresh("many")];
  const keys = range(10_000).map((n) => `${prefix}:${n}`);
  equal(await c.mSet(keys.map((key) => [key, key])), "OK");
  equal(await c.mGet(keys), keys);
  equal(await c.del(keys), 10_000);
});

eachWay("tracking", async (connect, RESP) => {
  if (RESP === 2) return; // the driver's cache wants pushes
  const [cached, other] = [await connect({ clientSideCache: { ttl: 0, maxEntries: 0 } }), await connect()];
  const key = fresh("cached");
  for (const value of ["first", "second", "third"]) {
    await other.set(key, value);
    await eventually(async () => (await cached.get(key)) === value);
  }
});
