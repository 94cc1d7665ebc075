import { spawn, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { clusterNeeds } from "@osm/test-cluster";
import { needs, programPath } from "@osm/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { firstFaults } from "./failure/faults.ts";
import { isBorne, lineOf } from "./failure/report.ts";
import { backbonePrograms, stageNeeds } from "./told-story.ts";

const borne = z.object({
  row: z.string(), name: z.string(), path: z.enum(["stands", "cut"]), withinMs: z.number(), sent: z.number(), failed: z.number(), stood: z.boolean(), mostSent: z.union([z.number(), z.literal("any")]), answers: z.array(z.string()),
  policyMs: z.number(), scaleMs: z.number(), recoveredMs: z.number(), resent: z.record(z.string(), z.number()),
});
const main = `${import.meta.dirname}/failure/main.ts`;

needs(...stageNeeds, "nats-server", "redis-server", ...clusterNeeds)("under load, with a change of policy and a scale-down meanwhile, no request fails and only what changed is sent", () => {
  const told = new Map(firstFaults.map(({ name }) => [name, Promise.withResolvers<z.output<typeof borne>>()]));
  let child: ChildProcess | undefined;

  beforeAll(() => {
    child = spawn(process.execPath, [main, "--json"], { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...backbonePrograms(), ENVOY_BIN: programPath("envoy") } });
    const words: string[] = [];
    child.stderr?.on("data", (text) => void words.push(String(text)));
    if (child.stdout) createInterface({ input: child.stdout }).on("line", (line) => {
      const each = borne.parse(JSON.parse(line));
      told.get(each.name)?.resolve(each);
    });
    for (const { promise } of told.values()) promise.catch(() => undefined);
    child.once("close", () => {
      for (const { reject } of told.values()) reject(new Error(`the faults ended before:\n${words.join("")}`));
    });
  });
  afterAll(() => void child?.kill("SIGTERM"));

  test.for(firstFaults)("$row: $name", { timeout: 240_000 }, async ({ name }) => {
    const found = await told.get(name)?.promise;
    if (!found) throw new Error(`nothing was told of ${name}`);
    console.log(lineOf(found));
    expect(isBorne(found), JSON.stringify(found)).toBe(true);
    expect(found.sent).toBeGreaterThan(200);
  });
});
