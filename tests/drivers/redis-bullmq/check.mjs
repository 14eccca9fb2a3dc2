// BullMQ: queues and workers as applications have them, over ioredis. Its commands are Lua scripts and BZPOPMIN.
import { createRequire } from "node:module";
import { runAll } from "./checks.mjs";
import "./queues.mjs";

const version = (name) => createRequire(import.meta.url)(`${name}/package.json`).version;
console.log(`# BullMQ ${version("bullmq")}, ioredis ${version("ioredis")}, Node ${process.version}`);
await runAll();
