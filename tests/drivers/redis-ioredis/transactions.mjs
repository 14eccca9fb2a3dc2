// MULTI, EXEC, DISCARD and WATCH.
import { equal, fails } from "./checks.mjs";
import { eachWay, fresh, range } from "./clients.mjs";

eachWay("transaction", async (clients) => {
  const [c, other] = [clients(), clients()];
  for (let round = 0; round < 3; ++round) {
    const key = fresh("transaction");
    equal(
      (await c.multi().set(key, 1).incr(key).get(key).exec()).map(([, reply]) => reply),
      ["OK", 2, "2"],
    );
    equal(await other.get(key), "2");
  }
});

eachWay("transaction_with_an_error", async (clients) => {
  const [c, key] = [clients(), fresh("transaction")];
  const [done, failed] = await c.multi().set(key, "v").incr(key).exec();
  equal(done, [null, "OK"]);
  equal(failed[0].message, "ERR value is not an integer or out of range");
  await fails("EXECABORT", c.multi().set(key, "w").call("NOSUCHCOMMAND").exec());
  equal(await c.get(key), "v");
});

eachWay("transaction_discarded", async (clients) => {
  const [c, key] = [clients(), fresh("transaction")];
  await c.multi({ pipeline: false });
  equal(await c.set(key, "v"), "QUEUED");
  equal(await c.discard(), "OK");
  equal(await c.get(key), null);
  await fails("ERR EXEC without MULTI", c.call("EXEC"));
});

eachWay("watch", async (clients) => {
  const [c, other] = [clients(), clients()];
  for (const meddled of [true, false, true]) {
    const key = fresh("watched");
    await c.watch(key);
    equal(await c.get(key), null);
    if (meddled) await other.set(key, "theirs");
    const outcome = await c.multi().set(key, "ours").exec();
    equal(outcome, meddled ? null : [[null, "OK"]]);
    equal(await c.get(key), meddled ? "theirs" : "ours");
  }
});

eachWay("watch_by_many", async (clients) => {
  const key = fresh("counted");
  const addOne = async (c) => {
    await c.watch(key);
    const now = Number(await c.get(key));
    if (
      !(await c
        .multi()
        .set(key, now + 1)
        .exec())
    )
      await addOne(c);
  };
  await Promise.all(
    range(4).map(async () => {
      const c = clients();
      for (let turn = 0; turn < 25; ++turn) await addOne(c);
    }),
  );
  equal(await clients().get(key), "100");
});
