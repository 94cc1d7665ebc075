import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { once } from "node:events";
import { describe, expect, test } from "vitest";
import { z } from "zod";

const lineSchema = z.looseObject({ level: z.string(), message: z.string(), service: z.literal("fixture") });
type Line = z.infer<typeof lineSchema>;

interface Ended {
  readonly code: number | null;
  readonly lines: readonly Line[];
  readonly stderr: string;
}

/** Runs the fixture to its end; `onLine` may send it signals. */
async function runFixture(env: Readonly<Record<string, string>>, onLine?: (line: Line, kill: (signal: NodeJS.Signals) => void) => void): Promise<Ended> {
  const child = spawn(process.execPath, [`${import.meta.dirname}/fixtures/service.ts`], { env, stdio: ["ignore", "pipe", "pipe"] });
  const ended = once(child, "close");
  let stderr = "";
  child.stderr.on("data", (chunk) => (stderr += String(chunk)));
  const lines: Line[] = [];
  for await (const text of createInterface({ input: child.stdout })) {
    const line = lineSchema.parse(JSON.parse(text));
    lines.push(line);
    onLine?.(line, (signal) => child.kill(signal));
  }
  await ended;
  return { code: child.exitCode, lines, stderr };
}

const messages = (ended: Ended): readonly string[] => ended.lines.map(({ message }) => message);

describe("a service process", () => {
  test.each(["SIGTERM", "SIGINT"] as const)("ends cleanly on %s", async (name) => {
    const ended = await runFixture({ OSM_TEST_MODE: "until-signal" }, (line, kill) => line.message === "ready" && kill(name));
    expect(messages(ended)).toEqual(["ready", "stopping", "drained", "stopped"]);
    expect(ended).toMatchObject({ code: 0, stderr: "" });
  });

  test("ends at once on a second signal", async () => {
    const ended = await runFixture({ OSM_TEST_MODE: "deaf" }, (line, kill) => (line.message === "ready" || line.message === "stopping") && kill("SIGTERM"));
    expect(messages(ended)).toEqual(["ready", "stopping", "stopped by a second signal"]);
    expect(ended.code).toBe(1);
  });

  test("exits 0 when its work is done", async () => {
    const ended = await runFixture({ OSM_TEST_MODE: "return" });
    expect(messages(ended)).toEqual(["ready", "stopped"]);
    expect(ended.code).toBe(0);
  });

  test("exits 1 on a bad configuration, with one line that names every variable and no value", async () => {
    const ended = await runFixture({ OSM_TEST_PORT: "hunter2" });
    expect(ended.lines).toHaveLength(1);
    expect(ended.lines[0]).toMatchObject({
      level: "error",
      message: "bad configuration",
      variables: [
        { name: "OSM_TEST_MODE", reason: "missing" },
        { name: "OSM_TEST_PORT", reason: "expected number" },
      ],
    });
    expect(JSON.stringify(ended.lines)).not.toContain("hunter2");
    expect(ended).toMatchObject({ code: 1, stderr: "" });
  });

  test("exits 1 with one error line, cause included, when it fails", async () => {
    const ended = await runFixture({ OSM_TEST_MODE: "throw" });
    expect(messages(ended)).toEqual(["ready", "failed"]);
    expect(ended.lines[1]?.["err"]).toMatchObject({ message: "the backbone is gone: refused" });
    expect(ended).toMatchObject({ code: 1, stderr: "" });
  });

  test("exits 1 with one error line when something crashes that nobody awaits", async () => {
    const ended = await runFixture({ OSM_TEST_MODE: "crash" });
    expect(messages(ended)).toEqual(["ready", "crashed"]);
    expect(ended).toMatchObject({ code: 1, stderr: "" });
  });

  test("logs as little as it is told to", async () => {
    const ended = await runFixture({ OSM_TEST_MODE: "return", OSM_LOG_LEVEL: "error" });
    expect(ended).toMatchObject({ code: 0, lines: [] });
  });
});
