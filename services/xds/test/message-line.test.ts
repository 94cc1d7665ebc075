import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import { createMessageLine } from "../src/message-line.ts";

const message = Buffer.from("x");

/** Takes as long for a message as a stream of very many names does. */
function slowLine(isOver: () => boolean = () => false) {
  const said: string[] = [];
  const line = createMessageLine(
    (bytes) => {
      said.push(bytes.toString());
      for (const until = performance.now() + 10; performance.now() < until; );
    },
    { isOver, pause: () => said.push("pause"), resume: () => said.push("resume") },
  );
  return { said, line };
}

test("one read of many messages does not hold up the others: each turn takes what there is time for, in order", async () => {
  const { said, line } = slowLine();
  for (const name of ["a", "b", "c"]) line.add(Buffer.from(name));
  expect(said).toEqual(["a", "pause"]);
  expect(line.isLong()).toBe(true);
  while (line.isLong()) await turn();
  await turn();
  expect(said).toEqual(["a", "pause", "b", "c", "resume"]);
});

test("what waits when the call ends is never taken", async () => {
  let isOver = false;
  const { said, line } = slowLine(() => isOver);
  for (let at = 0; at < 3; at++) line.add(message);
  isOver = true;
  await turn();
  await turn();
  expect(said).toEqual(["x", "pause"]);
});
