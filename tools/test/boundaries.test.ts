import { createRequire } from "node:module";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cruise, type Cruise } from "../boundaries/cruise.ts";

interface Planted {
  readonly rule: string;
  readonly file: string;
  readonly imports: string;
}

/** One file for each way to break a rule. Nothing else in the planted tree breaks any. */
const planted: readonly Planted[] = [
  { rule: "no-cycles", file: "libs/bus/src/chicken.ts", imports: "./egg.ts" },
  { rule: "no-unresolvable", file: "libs/bus/src/lost.ts", imports: "./nowhere.ts" },
  { rule: "no-unresolvable", file: "libs/bus/src/unknown.ts", imports: "@osm/nowhere" },
  { rule: "pure-core", file: "libs/compile/src/reads.ts", imports: "node:fs" },
  { rule: "pure-core", file: "libs/ads/src/draws.ts", imports: "pino" },
  { rule: "pure-core", file: "libs/pki/src/crypto.ts", imports: "node:net" },
  { rule: "crypto-in-two-places", file: "libs/pki/src/leaf.ts", imports: "node:crypto" },
  { rule: "core-knows-no-shell", file: "libs/inject/src/tells.ts", imports: "../../bus/src/index.ts" },
  { rule: "libs-know-no-services", file: "libs/runtime/src/serves.ts", imports: "../../../services/ca/src/index.ts" },
  { rule: "services-meet-on-the-bus", file: "services/xds/src/calls.ts", imports: "../../ca/src/index.ts" },
  { rule: "demo-is-a-leaf", file: "cli/src/shows.ts", imports: "../../demo/src/index.ts" },
  { rule: "clients-behind-adapters", file: "services/compiler/src/publishes.ts", imports: "@nats-io/transport-node" },
  { rule: "clients-behind-adapters", file: "services/compiler/src/caches.ts", imports: "ioredis" },
  { rule: "clients-behind-adapters", file: "services/watcher/src/lists.ts", imports: "@kubernetes/client-node" },
  { rule: "traces-in-runtime", file: "services/compiler/src/traces.ts", imports: "@opentelemetry/api" },
  { rule: "traces-in-runtime", file: "libs/bus/src/traces.ts", imports: "@opentelemetry/sdk-trace" },
  { rule: "grpc-in-xds", file: "services/compiler/src/streams.ts", imports: "@grpc/grpc-js" },
  { rule: "testkit-in-tests", file: "services/ca/src/fakes.ts", imports: "../../../libs/testkit/src/index.ts" },
  { rule: "testkit-in-tests", file: "services/watcher/src/fakes.ts", imports: "../../../libs/test-cluster/src/index.ts" },
  { rule: "tests-are-leaves", file: "services/ca/src/borrows.ts", imports: "../test/lent.ts" },
];

/** What is allowed though it looks alike. */
const innocent: Readonly<Record<string, string>> = {
  "libs/model/src/digest.ts": "node:crypto",
  "libs/compile/src/parses.ts": "zod",
  "libs/compile/test/reads.ts": "node:fs",
  "libs/bus/src/egg.ts": "./chicken.ts",
  "libs/bus/src/connects.ts": "@nats-io/transport-node",
  "libs/runtime/src/otel.ts": "@opentelemetry/sdk-trace",
  "services/xds/src/streams.ts": "@grpc/grpc-js",
  "services/ca/src/index.ts": "node:net",
  "services/ca/test/lent.ts": "../../../libs/testkit/src/index.ts",
  "libs/bus/src/index.ts": "node:events",
  "cli/src/serves.ts": "../../services/ca/src/index.ts",
  "demo/src/index.ts": "../../cli/src/serves.ts",
  "libs/testkit/src/index.ts": "node:events",
  "libs/test-cluster/src/index.ts": "../../testkit/src/index.ts",
};

const packages = ["pino", "zod", "ioredis", "@nats-io/transport-node", "@kubernetes/client-node", "@grpc/grpc-js", "@opentelemetry/api", "@opentelemetry/sdk-trace"];
const folders = ["libs", "services", "cli", "demo"];

describe("boundaries", () => {
  let tree = "";
  let seen: Cruise;

  beforeAll(async () => {
    tree = await mkdtemp(join(tmpdir(), "osm-boundaries-"));
    await plant(tree);
    seen = await cruise(tree, folders);
  });
  afterAll(() => rm(tree, { recursive: true, force: true }));

  test.each(planted)("$rule fires at $file", ({ rule, file }) => {
    expect(seen.summary.violations.filter(({ from }) => from === file).map((violation) => violation.rule.name)).toEqual([rule]);
  });

  test("nothing else fires", () => {
    const known = [...planted.map(({ file }) => file), "libs/bus/src/egg.ts"];
    expect(seen.summary.violations.filter(({ from }) => !known.includes(from))).toEqual([]);
  });

  test("every rule has a planted file", () => {
    const { forbidden } = createRequire(import.meta.url)("../../.dependency-cruiser.cjs") as { forbidden: readonly { name: string }[] };
    expect(forbidden.map(({ name }) => name).toSorted()).toEqual([...new Set(planted.map(({ rule }) => rule))].toSorted());
  });
});

async function plant(tree: string): Promise<void> {
  const files = [...planted.map(({ file, imports }) => [file, imports] as const), ...Object.entries(innocent)];
  await write(tree, "tsconfig.json", JSON.stringify({ compilerOptions: { module: "nodenext", allowImportingTsExtensions: true, noEmit: true } }));
  for (const [file, imports] of files) await write(tree, file, `import * as it from "${imports}";\nexport const here = it;\n`);
  for (const name of packages) {
    await write(tree, `node_modules/${name}/package.json`, JSON.stringify({ name, version: "1.0.0", main: "index.js" }));
    await write(tree, `node_modules/${name}/index.js`, "module.exports = {};\n");
  }
  await write(tree, "package.json", JSON.stringify({ type: "module", dependencies: Object.fromEntries(packages.map((name) => [name, "1.0.0"])) }));
}

async function write(tree: string, file: string, text: string): Promise<void> {
  const path = join(tree, file);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}
