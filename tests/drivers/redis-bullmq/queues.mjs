// What one does with queues.
import net from "node:net";
import process from "node:process";
import { setTimeout as pause } from "node:timers/promises";
import { FlowProducer, Queue, QueueEvents, Worker } from "bullmq";
import { Redis } from "ioredis";
import { check, equal } from "./checks.mjs";

const connection = { url: process.env.REDIS_URL, maxRetriesPerRequest: null, retryStrategy: () => 10 };
// All sockets of this program.
const lines = new Set();
const { createConnection } = net;
net.createConnection = (...how) => {
  const line = createConnection(...how);
  lines.add(line);
  return line.once("close", () => lines.delete(line));
};

const range = (count) => [...Array(count).keys()];

async function eventually(condition, patience = 30_000) {
  for (const giveUp = Date.now() + patience; !(await condition()); await pause(10))
    if (Date.now() > giveUp) throw new Error(`it did not come true: ${condition}`);
}

// A queue of the check's name, and what makes workers for it. All of it is closed afterwards.
function checkQueue(name, run) {
  check(name, async () => {
    const ours = [];
    const keep = (made) => ours.at(ours.push(made) - 1);
    const queue = keep(new Queue(name, { connection }));
    const work = (process, options) => keep(new Worker(name, process, { connection, ...options }));
    try {
      await run({ queue, work, keep });
    } finally {
      await Promise.all(ours.reverse().map((each) => each.close()));
    }
  });
}

checkQueue("jobs", async ({ queue, work }) => {
  const done = [];
  work(async (job) => done.push(job.data.n), { concurrency: 5 });
  await queue.addBulk(range(200).map((n) => ({ name: "add", data: { n } })));
  await eventually(() => done.length === 200);
  equal(
    done.sort((a, b) => a - b),
    range(200),
  );
  await eventually(async () => (await queue.getJobCounts("completed")).completed === 200);
});

checkQueue("jobs_of_many_workers", async ({ queue, work }) => {
  const done = [];
  for (const worker of range(6)) work(async (job) => done.push([worker, job.data.n]), { concurrency: 3 });
  await Promise.all(range(300).map((n) => queue.add("one", { n })));
  await eventually(() => done.length >= 300);
  equal(new Set(done.map(([, n]) => n)).size, 300, "each once");
  equal(done.length, 300);
});

checkQueue("jobs_that_wait", async ({ queue, work, keep }) => {
  const events = keep(new QueueEvents(queue.name, { connection }));
  await events.waitUntilReady();
  work(async (job) => job.data.n * 2);
  const began = Date.now();
  const later = await queue.add("later", { n: 1 }, { delay: 500 });
  const now = await queue.add("now", { n: 21 });
  equal(await now.waitUntilFinished(events), 42);
  equal(await later.waitUntilFinished(events), 2);
  equal(Date.now() - began >= 500, true, "after its delay");
});

checkQueue("jobs_that_fail", async ({ queue, work, keep }) => {
  const events = keep(new QueueEvents(queue.name, { connection }));
  await events.waitUntilReady();
  work(async (job) => {
    if (job.attemptsMade < 2) throw new Error("not yet");
    return job.attemptsMade;
  });
  const third = await queue.add("third", {}, { attempts: 3, backoff: { type: "fixed", delay: 20 } });
  equal(await third.waitUntilFinished(events), 2);
  const never = await queue.add("never", {}, { attempts: 1 });
  const why = await never.waitUntilFinished(events).catch((error) => error.message);
  equal(why, "not yet");
  equal((await queue.getJobCounts("failed")).failed, 1);
});

checkQueue("jobs_of_priority", async ({ queue, work }) => {
  await queue.add("last", {}, { priority: 10 });
  await queue.add("second", {}, { priority: 2 });
  await queue.add("first", {}, { priority: 1 });
  const done = [];
  work(async (job) => done.push(job.name), { concurrency: 1 });
  await eventually(() => done.length === 3);
  equal(done, ["first", "second", "last"]);
});

checkQueue("jobs_that_repeat", async ({ queue, work }) => {
  const done = [];
  work(async (job) => done.push(job.name));
  await queue.upsertJobScheduler("again", { every: 100 }, { name: "tick" });
  await eventually(() => done.length >= 3);
  await queue.removeJobScheduler("again");
});

checkQueue("flows", async ({ queue, work, keep }) => {
  work(async (job) => {
    const children = Object.values(await job.getChildrenValues());
    return children.length ? children.reduce((a, b) => a + b) : job.data.n;
  });
  const events = keep(new QueueEvents(queue.name, { connection }));
  await events.waitUntilReady();
  const producer = keep(new FlowProducer({ connection }));
  const children = range(10).map((n) => ({ name: "child", queueName: queue.name, data: { n } }));
  const { job } = await producer.add({ name: "sum", queueName: queue.name, children });
  equal(await job.waitUntilFinished(events), 45);
});

checkQueue("pause_and_drain", async ({ queue, work }) => {
  const done = [];
  const worker = work(async (job) => done.push(job.name));
  await worker.waitUntilReady();
  await queue.pause();
  await queue.add("held", {});
  await pause(200);
  equal(done, []);
  await queue.resume();
  await eventually(() => done.length === 1);
  await queue.obliterate({ force: true });
  equal(await queue.getJobCountByTypes("completed", "waiting"), 0);
});

// The worker waits in BZPOPMIN when its connections are lost; it must find new work afterwards.
checkQueue("reconnect", async ({ queue, work }) => {
  const done = [];
  const worker = work(async (job) => done.push(job.name));
  worker.on("error", () => {}); // what it says of lines that are cut on purpose
  queue.on("error", () => {});
  await queue.add("before", {});
  await eventually(() => done.length === 1);
  for (const line of lines) line.destroy();
  await queue.add("after", {});
  await eventually(() => done.length === 2);
  equal(done, ["before", "after"]);
});

check("scripts_after_a_flush", async () => {
  const [name, admin] = ["scripts_after_a_flush", new Redis(process.env.REDIS_URL)];
  const queue = new Queue(name, { connection });
  await queue.add("first", {});
  await admin.script("FLUSH"); // NOSCRIPT, which the driver or the gateway repairs
  await queue.add("second", {});
  equal(await queue.getWaitingCount(), 2);
  await queue.close();
  admin.disconnect();
});
