// Runs a driver's checks one after another and says how each went. Shared by the drivers in JavaScript.
import process from "node:process";

const PATIENCE = 60_000; // for one check; what hangs longer has failed, and no later check could be trusted
const all = [];

export const check = (name, run) => all.push({ name, run });

export function equal(got, expected, what = "value") {
  const [a, b] = [JSON.stringify(got), JSON.stringify(expected)];
  if (a !== b) throw new Error(`${what} is ${a}, not ${b}`);
}

// `said`: the error's code, such as an SQLSTATE, or the first words of its message.
export async function fails(said, work) {
  try {
    await work;
  } catch (error) {
    if (error.code !== said && !error.message.startsWith(said))
      throw new Error(`${error.code} ${error.message}: ${said} was due`);
    return error;
  }
  throw new Error(`no error, ${said} was due`);
}

async function holds({ name, run }) {
  const hung = setTimeout(() => {
    console.log(`not ok ${name}: nothing came back for ${PATIENCE / 1000} s`);
    process.exit(1);
  }, PATIENCE);
  try {
    await run();
    console.log(`ok ${name}`);
    return true;
  } catch (error) {
    console.log(`not ok ${name}: ${String(error.message).replace(/\s+/g, " ")}`);
    console.error(error.stack);
    return false;
  } finally {
    clearTimeout(hung);
  }
}

// Runs what CHECKS asks for (everything by default) and ends the program.
export async function runAll() {
  const only = process.env.CHECKS?.split(",");
  const wanted = all.filter(({ name }) => !only || only.includes(name));
  let failed = wanted.length === 0;
  for (const each of wanted) failed = !(await holds(each)) || failed;
  process.exit(failed ? 1 : 0);
}
