// Clients of REDIS_URL, and what every check needs.
import process from "node:process";
import { setTimeout as pause } from "node:timers/promises";
import { RESP_TYPES, createClient } from "redis";
import { check } from "./checks.mjs";

export const CLIENTS = 8;

let numbers = 0;
// A key that no other check uses.
export const fresh = (name) => `${name}:${++numbers}`;

// `at`: REDIS_URL with another `username`, `password` or `pathname`: /1 is a database.
function made({ at = {}, ...options }) {
  const url = Object.assign(new URL(process.env.REDIS_URL), at).href;
  const client = createClient({ url, ...options });
  client.on("error", () => {}); // a line that is cut on purpose
  return client;
}

// A check that is made in RESP3, which is this driver's default, and as NAME_resp2 in RESP2. It gets a function that
// connects clients, which are gone afterwards.
export function eachWay(name, run) {
  for (const RESP of [3, 2]) {
    check(RESP === 3 ? name : `${name}_resp2`, async () => {
      const ours = [];
      try {
        await run((options) => ours.at(ours.push(made({ RESP, ...options })) - 1).connect(), RESP);
      } finally {
        for (const client of ours) if (client.isOpen) client.destroy();
      }
    });
  }
}

// So many clients at once.
export const several = (count, connect, options) =>
  Promise.all(range(count).map((n) => connect(options?.(n))));

// The same client, with strings as Buffers.
export const bytes = (client) => client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });

export async function eventually(condition, patience = 20_000) {
  for (const giveUp = Date.now() + patience; !(await condition()); await pause(5))
    if (Date.now() > giveUp) throw new Error(`it did not come true: ${condition}`);
}

// Whether a client of that name waits in a blocking command.
export const isBlocked = async (client, name) =>
  (await client.clientList()).some((each) => each.name === name && each.flags.includes("b"));

export const range = (count) => [...Array(count).keys()];
