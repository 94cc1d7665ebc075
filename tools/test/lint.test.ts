import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

interface Planted {
  readonly rule: string;
  readonly file: string;
  readonly code: string;
}

const top = join(import.meta.dirname, "..", "..");
const pureFolders = ["model", "intake", "compile", "inject", "pki", "ads", "simulate"];
const impure = ["Date", "process", "fetch", "setTimeout", "setInterval", "performance", "crypto"];
const lines = (count: number, line: (index: number) => string) => Array.from({ length: count }, (_, index) => line(index)).join("\n");

/** One file for each rule, and for each pure folder one with every forbidden global. */
const planted: readonly Planted[] = [
  {
    rule: "typescript(no-floating-promises)",
    file: "libs/bus/src/floats.ts",
    code: "export async function a(): Promise<void> { await b(); }\nexport async function b(): Promise<void> { await Promise.resolve(); }\nexport function c(): void { a(); }",
  },
  {
    rule: "typescript(no-misused-promises)",
    file: "libs/bus/src/misuses.ts",
    code: "export function each(all: readonly number[], work: (one: number) => Promise<void>): void { all.forEach(async (one) => { await work(one); }); }",
  },
  {
    rule: "typescript(switch-exhaustiveness-check)",
    file: "libs/bus/src/forgets.ts",
    code: 'export function say(kind: "a" | "b"): string { switch (kind) { case "a": return "A"; } return ""; }',
  },
  { rule: "typescript(no-explicit-any)", file: "libs/bus/src/any.ts", code: "export const anything: any = 1;" },
  {
    rule: "typescript(no-non-null-assertion)",
    file: "libs/bus/src/asserts.ts",
    code: "export function first(all: readonly number[]): number { return all[0]!; }",
  },
  { rule: "import(no-default-export)", file: "libs/bus/src/default.ts", code: "export default 1;" },
  {
    rule: "eslint(complexity)",
    file: "libs/bus/src/tangled.ts",
    code: `export function tangled(n: number): number {\n${lines(10, (index) => `  if (n === ${index}) return ${index};`)}\n  return n;\n}`,
  },
  {
    rule: "eslint(max-lines-per-function)",
    file: "libs/bus/src/long.ts",
    code: `export function long(): number {\n  let n = 0;\n${lines(58, () => "  n += 1;")}\n  return n;\n}`,
  },
  { rule: "eslint(max-lines)", file: "libs/bus/src/longest.ts", code: lines(501, (index) => `export const n${index} = ${index};`) },
  {
    rule: "eslint(max-params)",
    file: "libs/bus/src/many.ts",
    code: "export function many(a: number, b: number, c: number, d: number): number { return a + b + c + d; }",
  },
  ...pureFolders.map((folder) => ({
    rule: "eslint(no-restricted-globals)",
    file: `libs/${folder}/src/impure.ts`,
    code: `export const all = [${impure.join(", ")}];`,
  })),
];

/** What the rules leave alone. */
const innocent: Readonly<Record<string, string>> = {
  "libs/bus/src/clock.ts": "export const now = (): number => Date.now();",
  "libs/compile/test/clock.test.ts": "export const now = (): number => Date.now();",
  "libs/compile/test/long.test.ts": `export function long(): number {\n  let n = 0;\n${lines(70, () => "  n += 1;")}\n  return n;\n}`,
  "libs/envoy-api/gen/any.ts": "export const anything: any = 1;",
  "libs/bus/node_modules/other/any.ts": "export const anything: any = 1;",
  "libs/bus/src/words.ts": `export function word(n: ${lines(12, (index) => `| ${index}`)}): string {\n  switch (n) {\n${lines(12, (index) => `    case ${index}: return "${index}";`)}\n  }\n}`,
};

describe("lint", () => {
  let tree = "";
  let seen: ReadonlyMap<string, readonly string[]>;

  beforeAll(async () => {
    tree = await mkdtemp(join(tmpdir(), "osm-lint-"));
    await plant(tree);
    seen = await oxlint(tree);
  });
  afterAll(() => rm(tree, { recursive: true, force: true }));

  test.each(planted)("$rule fires at $file", ({ rule, file }) => {
    expect(new Set(seen.get(file))).toEqual(new Set([rule]));
  });

  test("each forbidden global is seen", () => {
    expect(seen.get("libs/compile/src/impure.ts")).toHaveLength(impure.length);
  });

  test("nothing else fires", () => {
    expect([...seen.keys()].toSorted()).toEqual(planted.map(({ file }) => file).toSorted());
  });
});

async function plant(tree: string): Promise<void> {
  const compilerOptions = { strict: true, module: "nodenext", target: "es2024", lib: ["es2024", "dom"], noEmit: true, types: [] };
  await writeFile(join(tree, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["libs"] }));
  await copyFile(join(top, ".oxlintrc.json"), join(tree, ".oxlintrc.json"));
  const files = [...planted.map(({ file, code }) => [file, code] as const), ...Object.entries(innocent)];
  for (const [file, code] of files) {
    await mkdir(dirname(join(tree, file)), { recursive: true });
    await writeFile(join(tree, file), `${code}\n`);
  }
}

/** Rules that fired, by file. */
async function oxlint(tree: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const argv = [join(top, "node_modules", "oxlint", "bin", "oxlint"), "--type-aware", "--format", "json"];
  const child = spawn(process.execPath, argv, { cwd: tree, stdio: ["ignore", "pipe", "inherit"] });
  const [output] = await Promise.all([text(child.stdout), once(child, "close")]);
  const { diagnostics } = JSON.parse(output) as { diagnostics: readonly { filename: string; code: string }[] };
  const byFile = Map.groupBy(diagnostics, ({ filename }) => filename);
  return new Map([...byFile].map(([file, found]) => [file, found.map(({ code }) => code)]));
}
