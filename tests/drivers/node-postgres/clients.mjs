// Connections as libpq's environment variables ask for them, and what every check needs.
import { readFileSync } from "node:fs";
import pg from "pg";

export const CLIENTS = 8; // more than there are server connections, so that clients must share
export const ssl = { ca: readFileSync(process.env.PGSSLROOTCERT), rejectUnauthorized: true };

export async function connect(options = {}) {
  const client = new pg.Client({ ssl, ...options });
  client.on("error", () => {}); // a line that is cut on purpose
  await client.connect();
  return client;
}

// Connects `count` clients, hands them to `use` and closes them whatever happens.
export async function clients(count, use, options) {
  const ours = [];
  try {
    for (let n = 0; n < count; ++n) ours.push(await connect(options));
    await use(...ours);
  } finally {
    await Promise.allSettled(ours.map((client) => client.end()));
  }
}

export const rows = async (client, text, values) =>
  (await client.query({ text, values, rowMode: "array" })).rows;
export const one = async (client, text, values) => (await rows(client, text, values))[0][0];
