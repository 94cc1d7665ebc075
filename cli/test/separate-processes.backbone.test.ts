import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { nodeArguments } from "@osm/runtime";
import { eventually, needs, programPath } from "@osm/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { z } from "zod";

const fixture = join(import.meta.dirname, "fixtures/separate-processes.ts");
const pids = z.array(z.number().positive());

needs("nats-server", "redis-server")("a mesh of separate processes", () => {
  let dir = "";
  beforeEach(async () => void (dir = await mkdtemp(join(tmpdir(), "osm-apart-"))));
  afterEach(() => rm(dir, { recursive: true, force: true }));

  /** Addresses of the loopback that are this test's alone, for the servers' port is always the same. */
  const start = async () => {
    const net = `127.${50 + (process.pid % 200)}.${Math.floor(process.pid / 200) % 250}`;
    const env = { ...process.env, NATS_SERVER_BIN: programPath("nats-server"), REDIS_SERVER_BIN: programPath("redis-server") };
    const child = spawn(process.execPath, [fixture, dir, `${net}.1`, `${net}.2`], { stdio: ["ignore", "pipe", "inherit"], env });
    for await (const line of createInterface({ input: child.stdout })) return { child, all: pids.parse(JSON.parse(line)) };
    throw new Error("the mesh did not come up");
  };
  const gone = async (all: readonly number[]) => {
    const left = all.filter((pid) => existsSync(`/proc/${pid}`));
    if (left.length > 0) throw new Error(`still there: ${left.join()}`);
  };

  test("comes up whole, keeps its passwords to itself, and ends when it is told to", async () => {
    const { child, all } = await start();
    expect(all.length).toBe(10);
    const started = await Promise.all(all.map(async (pid) => (await readFile(`/proc/${pid}/cmdline`, "utf8")).split("\0")));
    const credentials = join(dir, "control-plane/credentials");
    const secrets = await Promise.all((await readdir(credentials)).map(async (user) => {
      expect((await stat(join(credentials, user, "password"))).mode & 0o077).toBe(0);
      return await readFile(join(credentials, user, "password"), "utf8");
    }));
    expect(new Set(secrets).size).toBe(4);
    child.kill("SIGTERM");
    const [code] = await once(child, "exit");
    expect(code).toBe(0);
    await gone(all);
    const services = started.filter((argv) => argv.some((each) => each.endsWith("/src/main.ts")));
    expect(services.map((argv) => argv.slice(1, 1 + nodeArguments.length))).toEqual(Array(7).fill(nodeArguments));
    const logs = join(dir, "control-plane/logs");
    for (const file of await readdir(logs)) {
      const text = await readFile(join(logs, file), "utf8");
      for (const secret of secrets) expect(text.includes(secret), file).toBe(false);
    }
  }, 120_000);

  test("is gone with who started it, killed with -9", async () => {
    const { child, all } = await start();
    child.kill("SIGKILL");
    await eventually(() => gone(all));
  }, 120_000);
});
