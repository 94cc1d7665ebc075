import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { needs } from "@osm/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openSandbox } from "@osm/sandbox";
import { share } from "./fixtures/apps.ts";
import { tracesOf } from "./fixtures/traces.ts";

const fixture = join(import.meta.dirname, "fixtures", "open-and-wait.ts");

let dir = "";
beforeEach(() => void (dir = mkdtempSync(join(tmpdir(), "sandbox-"))));
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** Node closes low descriptors to the programs it starts; this one reaches them all. */
const highDescriptor = `exec 40>&3 3>&-; exec "$@"`;

interface Opened {
  readonly child: ChildProcess;
  readonly id: string;
  readonly reaperPid: number;
  /** Every process it started, and theirs, has a pipe to the test: it ends when the last of them has. */
  readonly allEnded: Promise<unknown>;
}

async function openElsewhere(when: "starting" | "running"): Promise<Opened> {
  const child = spawn("bash", ["-c", highDescriptor, "bash", process.execPath, fixture, dir, when], { stdio: ["ignore", "pipe", "inherit", "pipe"] });
  const pipe = child.stdio[3];
  if (!child.stdout || !(pipe instanceof Readable)) throw new Error("no pipes");
  const allEnded = once(pipe.resume(), "close");
  const [line] = await once(createInterface(child.stdout), "line");
  return { child, allEnded, ...JSON.parse(String(line)) };
}

needs("root", "netns", "ip", "iptables")("a sandbox whose process is killed", () => {
  test.each(["running", "starting"] as const)("leaves nothing when its pods are %s", async (when) => {
    const { child, id, allEnded } = await openElsewhere(when);
    if (when === "running") expect(tracesOf(id)).toHaveLength(5);
    child.kill("SIGKILL");
    await allEnded;
    expect(tracesOf(id)).toEqual([]);
    expect(readdirSync(join(dir, "cluster"))).toEqual([]);
    expect(existsSync(join(dir, "pods"))).toBe(false);
  });

  test("leaves nothing after SIGTERM", async () => {
    const { child, id, allEnded } = await openElsewhere("running");
    child.kill("SIGTERM");
    await allEnded;
    expect(tracesOf(id)).toEqual([]);
  });

  test("is removed by the next one when its reaper was killed as well", async () => {
    const { child, id, reaperPid, allEnded } = await openElsewhere("running");
    process.kill(reaperPid, "SIGKILL");
    child.kill("SIGKILL");
    await once(child, "exit");
    const log = { info: () => undefined, warn: () => undefined };
    await using next = await openSandbox({ dir, signal: new AbortController().signal, log, envoyBin: "", share });
    await allEnded;
    expect(tracesOf(id)).toEqual([]);
    expect(tracesOf(next.id)).toHaveLength(2);
  });
});
