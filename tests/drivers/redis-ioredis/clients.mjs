// Clients of REDIS_URL, and what every check needs.
import process from "node:process";
import { setTimeout as pause } from "node:timers/promises";
import { Redis } from "ioredis";
import { check } from "./checks.mjs";

export const CLIENTS = 8;

// REDIS_URL with another `username`, `password` or `pathname`: /1 is a database.
const address = (other = {}) => Object.assign(new URL(process.env.REDIS_URL), other).href;

let numbers = 0;
// A key that no other check uses.
export const fresh = (name) => `${name}:${++numbers}`;

function connect({ at = {}, ...options }) {
  const client = new Redis(address(at), options);
  client.on("error", () => {}); // a line that is cut on purpose
  return client;
}

// A check that is made in RESP3, which is this driver's default, and as NAME_resp2 in RESP2. It gets a function that
// makes clients, which are gone afterwards.
export function eachWay(name, run) {
  for (const protocol of [3, 2]) {
    check(protocol === 3 ? name : `${name}_resp2`, async () => {
      const ours = [];
      try {
        await run((options) => ours.at(ours.push(connect({ protocol, ...options })) - 1));
      } finally {
        for (const client of ours) client.disconnect();
      }
    });
  }
}

export async function eventually(condition, patience = 20_000) {
  for (const giveUp = Date.now() + patience; !(await condition()); await pause(5))
    if (Date.now() > giveUp) throw new Error(`it did not come true: ${condition}`);
}

// Whether a client of that name waits in a blocking command.
export const isBlocked = async (client, name) =>
  (await client.client("LIST"))
    .split("\n")
    .some((line) => line.includes(` name=${name} `) && /flags=\w*b/.test(line));

export const range = (count) => [...Array(count).keys()];
