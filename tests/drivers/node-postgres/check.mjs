// node-postgres: what an application may do with it, done through a pool of two server connections.
import { createRequire } from "node:module";
import { runAll } from "./checks.mjs";
import "./logins.mjs";
import "./statements.mjs";
import "./data.mjs";
import "./transactions.mjs";
import "./sessions.mjs";

const version = createRequire(import.meta.url)("pg/package.json").version;
console.log(`# node-postgres ${version}, Node ${process.version}`);
await runAll();
