// node-redis: what an application may do with it, in RESP3 and in RESP2.
import { createRequire } from "node:module";
import { runAll } from "./checks.mjs";
import "./data.mjs";
import "./transactions.mjs";
import "./waiting.mjs";
import "./sessions.mjs";

const version = createRequire(import.meta.url)("redis/package.json").version;
console.log(`# node-redis ${version}, Node ${process.version}`);
await runAll();
