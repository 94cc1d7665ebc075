import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { needs, programPath } from "@osm/testkit";
import { expect, test } from "vitest";

const run = promisify(execFile);
const main = `${import.meta.dirname}/../src/main.ts`;

needs("root", "netns", "ip", "iptables", "envoy")("what the demo tells", () => {
  test("holds on real Envoys", async () => {
    const { stdout } = await run(process.execPath, [main, "--check"], { env: { ...process.env, ENVOY_BIN: programPath("envoy") } });
    expect(stdout).toMatch(/refused twice/);
    expect(stdout.match(/ 0 failed/g)).toHaveLength(7);
    expect(stdout).not.toMatch(/NOT AS TOLD/);
  }, 120_000);
});
