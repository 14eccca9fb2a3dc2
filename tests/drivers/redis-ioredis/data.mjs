// Commands of every type of value, pipelines, scripts, and values that are large or anything but text.
import { randomBytes } from "node:crypto";
import { equal, fails } from "./checks.mjs";
import { eachWay, fresh, range } from "./clients.mjs";

eachWay("login", async (clients) => {
  equal(await clients().call("ACL", "WHOAMI"), "app");
});

eachWay("login_refused", async (clients) => {
  for (const wrong of [{ password: "wrong" }, { username: "nobody" }]) {
    const c = clients({ at: wrong, lazyConnect: true, retryStrategy: null });
    const said = new Promise((done) => c.on("error", done));
    await c.connect().catch(() => {});
    equal((await said).message.split(" ")[0], "WRONGPASS", "its error");
  }
});

eachWay("commands", async (clients) => {
  const c = clients();
  let key = fresh("string");
  equal(await c.set(key, "v", "EX", 100), "OK");
  equal(await c.get(key), "v");
  equal(await c.set(key, "w", "NX"), null);
  equal(await c.get(fresh("none")), null);
  equal(await c.incrby(fresh("number"), 41), 41);
  key = fresh("hash");
  equal(await c.hset(key, { a: 1, b: 2 }), 2);
  equal(await c.hgetall(key), { a: "1", b: "2" });
  key = fresh("list");
  equal(await c.rpush(key, "a", "b", "c"), 3);
  equal(await c.lrange(key, 0, -1), ["a", "b", "c"]);
  key = fresh("set");
  equal(await c.sadd(key, "a", "b"), 2);
  equal((await c.smembers(key)).sort(), ["a", "b"]);
  key = fresh("sorted");
  equal(await c.zadd(key, 1.5, "a", 2, "b"), 2);
  equal(await c.zscore(key, "a"), "1.5");
  await fails("WRONGTYPE", c.get(key));
});

eachWay("streams", async (clients) => {
  const [c, key, ids] = [clients(), fresh("stream"), []];
  for (const n of range(3)) ids.push(await c.xadd(key, "*", "n", n));
  await c.xgroup("CREATE", key, "workers", "0");
  const [[, taken]] = await c.xreadgroup("GROUP", "workers", "one", "COUNT", 2, "STREAMS", key, ">");
  equal(
    taken.map(([id]) => id),
    ids.slice(0, 2),
  );
  equal(await c.xack(key, "workers", ...ids.slice(0, 2)), 2);
  equal((await c.xpending(key, "workers"))[0], 0);
});

eachWay("pipeline", async (clients) => {
  const [c, other] = [clients(), clients()];
  for (let round = 0; round < 3; ++round) {
    const [key, batch] = [fresh("pipeline"), c.pipeline()];
    for (const n of range(500)) batch.set(`${key}:${n}`, n).get(`${key}:${n}`);
    equal(
      await batch.exec(),
      range(500).flatMap((n) => [
        [null, "OK"],
        [null, String(n)],
      ]),
    );
    equal(await other.mget(range(500).map((n) => `${key}:${n}`)), range(500).map(String));
  }
});

eachWay("pipeline_with_an_error_in_the_middle", async (clients) => {
  const [c, key] = [clients(), fresh("error")];
  const [done, failed, got] = await c.pipeline().set(key, "v").lpush(key, "x").get(key).exec();
  equal([done[1], failed[0].message.split(" ")[0], got[1]], ["OK", "WRONGTYPE", "v"]);
});

eachWay("pipelines_made_by_the_driver", async (clients) => {
  const [c, key] = [clients({ enableAutoPipelining: true }), fresh("auto")];
  await Promise.all(range(300).map((n) => c.hset(key, n, n)));
  equal(await Promise.all(range(300).map((n) => c.hget(key, n))), range(300).map(String));
});

eachWay("scripts", async (clients) => {
  const [c, other, key] = [clients(), clients(), fresh("script")];
  await c.script("FLUSH");
  for (const client of [c, other])
    client.defineCommand("add", {
      numberOfKeys: 1,
      lua: "return redis.call('incrby', KEYS[1], ARGV[1])",
    });
  equal(await c.add(key, 2), 2); // EVALSHA, NOSCRIPT, EVAL
  equal(await other.add(key, 3), 5);
  const [first, second] = await c.pipeline().add(key, 1).add(key, 1).exec();
  equal([first[1], second[1]], [6, 7]);
  await fails("NOSCRIPT", c.evalsha("f".repeat(40), 0));
  equal(await c.eval("return {1, 'two', {3}}", 0), [1, "two", [3]]);
  await fails("ERR mine", c.eval("return redis.error_reply('mine')", 0));
});

eachWay("scan", async (clients) => {
  const [c, prefix, found] = [clients(), fresh("scanned"), new Set()];
  await c.mset(range(1000).flatMap((n) => [`${prefix}:${n}`, n]));
  for await (const keys of c.scanStream({ match: `${prefix}:*`, count: 100 }))
    for (const key of keys) found.add(key);
  equal(found.size, 1000);
});

eachWay("large_values", async (clients) => {
  const [c, other] = [clients(), clients()];
  for (const size of [65_536, 1_000_000, 20_000_000]) {
    const [key, value] = [fresh("large"), randomBytes(size)];
    equal(await c.set(key, value), "OK");
    equal((await other.getBuffer(key)).equals(value), true, `${size} bytes as they were`);
    await c.del(key);
  }
});

eachWay("binary_keys", async (clients) => {
  const c = clients();
  for (const text of ["", "\0", "\r\n", "$3\r\nfoo\r\n", " ".repeat(1000), "\xff\xfe"]) {
    const [key, value] = [Buffer.from(text, "latin1"), Buffer.from(text, "utf16le")];
    equal(await c.set(key, value), "OK");
    equal((await c.getBuffer(key)).equals(value), true, "as it was");
    equal(await c.del(key), 1);
  }
});

eachWay("many_arguments", async (clients) => {
  const [c, prefix] = [clients(), fresh("many")];
  const keys = range(10_000).map((n) => `${prefix}:${n}`);
  equal(await c.mset(keys.flatMap((key) => [key, key])), "OK");
  equal(await c.mget(keys), keys);
  equal(await c.del(keys), 10_000);
});
