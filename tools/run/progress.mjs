/** Something this machine has to be given; the message says what and how. */
export class Missing extends Error {
  name = "Missing";
}

/** Says one line about what is going on; stderr, so that stdout belongs to the command. */
export function note(text) {
  process.stderr.write(`osm: ${text}\n`);
}

/** Does one step of the setup and says in one line what it was and how long it took. */
export async function step(what, work) {
  const start = performance.now();
  const result = await work();
  note(`${what} (${seconds(performance.now() - start)})`);
  return result;
}

export function seconds(milliseconds) {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}
