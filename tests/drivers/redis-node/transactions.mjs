// MULTI, EXEC, DISCARD and WATCH.
import { WatchError } from "redis";
import { equal, fails } from "./checks.mjs";
import { eachWay, fresh, range, several } from "./clients.mjs";

eachWay("transaction", async (connect) => {
  const [c, other] = await several(2, connect);
  for (let round = 0; round < 3; ++round) {
    const key = fresh("transaction");
    equal(await c.multi().set(key, "1").incr(key).get(key).exec(), ["OK", 2, "2"]);
    equal(await other.get(key), "2");
  }
});

eachWay("transaction_with_an_error", async (connect) => {
  const [c, key] = [await connect(), fresh("transaction")];
  const { replies } = await fails("1 commands failed", c.multi().set(key, "v").incr(key).exec());
  equal(replies[0], "OK");
  equal(replies[1].message, "ERR value is not an integer or out of range");
  await fails("ERR unknown command", c.multi().set(key, "w").addCommand(["NOSUCHCOMMAND"]).exec());
  equal(await c.get(key), "v");
});

eachWay("transaction_discarded", async (connect) => {
  const [c, key] = [await connect(), fresh("transaction")];
  equal(await c.sendCommand(["MULTI"]), "OK");
  equal(await c.sendCommand(["SET", key, "v"]), "QUEUED");
  equal(await c.sendCommand(["DISCARD"]), "OK");
  equal(await c.get(key), null);
  await fails("ERR EXEC without MULTI", c.sendCommand(["EXEC"]));
});

// Whether it was this client who set the key.
async function setWatched(c, key, value, meanwhile = () => {}) {
  await c.watch(key);
  const before = await c.get(key);
  await meanwhile();
  try {
    equal(await c.multi().set(key, value(before)).exec(), ["OK"]);
    return true;
  } catch (error) {
    if (!(error instanceof WatchError)) throw error;
    return false;
  }
}

eachWay("watch", async (connect) => {
  const [c, other] = await several(2, connect);
  for (const meddled of [true, false, true]) {
    const key = fresh("watched");
    const meddle = () => meddled && other.set(key, "theirs");
    equal(await setWatched(c, key, () => "ours", meddle), !meddled);
    equal(await c.get(key), meddled ? "theirs" : "ours");
  }
});

eachWay("watch_by_many", async (connect) => {
  const key = fresh("counted");
  const addOne = (c) => setWatched(c, key, (before) => String(Number(before) + 1));
  const ours = await several(4, connect);
  await Promise.all(
    ours.map(async (c) => {
      for (const _ of range(25)) while (!(await addOne(c)));
    }),
  );
  equal(await ours[0].get(key), "100");
});
