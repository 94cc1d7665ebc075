import { expect, test } from "vitest";
import { createProgram } from "../src/program.ts";
import { askOsm } from "./ask-osm.ts";
import { wrongUses } from "./wrong-uses.ts";
import { leavesOf, pathOf, writtenReference, type Answered } from "./written-reference.ts";

const console = { say: () => {}, warn: () => {}, lines: () => none(), signal: new AbortController().signal };
async function* none(): AsyncIterable<string> {}
const program = () => createProgram({ console, env: { HOME: "/dev/null/nowhere" }, done: () => {} });

async function answered(typed: string): Promise<Answered> {
  const argv = typed.split(" ").slice(1);
  // For those that look at the cluster first.
  const { code, said, warned } = await askOsm(argv.includes("--kubeconfig") ? argv : [...argv, "--kubeconfig", "/dev/null/nowhere"], { env: { OSM_HELM_BIN: process.execPath } });
  return { typed, code, words: [said, warned].filter((text) => text !== "").join("\n") };
}

test("the user's page says what the commands are, and what wrong uses of them print", async () => {
  const wrong = new Map<string, readonly Answered[]>();
  for (const [command, uses] of Object.entries(wrongUses)) wrong.set(command, await Promise.all(uses.map(answered)));
  await expect(writtenReference(program(), wrong)).toMatchFileSnapshot(`${import.meta.dirname}/../../docs/cli.md`);
});

test("every command has a wrong use, which ends with an error that says something", async () => {
  expect(leavesOf(program()).map(pathOf).filter((command) => wrongUses[command] === undefined)).toEqual([]);
  for (const typed of Object.values(wrongUses).flat()) {
    const { code, words } = await answered(typed);
    expect({ typed, failed: code > 0, said: words.length > 20 }).toEqual({ typed, failed: true, said: true });
  }
});

test("every command and every option is described", () => {
  for (const command of leavesOf(program())) {
    expect(command.description(), pathOf(command)).toMatch(/\.$/);
    for (const option of command.options) expect(option.description, `${pathOf(command)} ${option.flags}`).not.toBe("");
  }
});
