import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { osm } from "../src/osm.ts";

/** What a command that ends before it starts anything says, both outputs together. */
async function asked(...argv: readonly string[]): Promise<{ readonly code: number; readonly text: string }> {
  const lines: string[] = [];
  const write = (line: string) => void lines.push(line);
  const code = await osm(argv, { say: write, warn: write, lines: () => nothing(), signal: new AbortController().signal });
  return { code, text: lines.join("\n") };
}

async function* nothing(): AsyncIterable<string> {}

test.each([
  [[], 2, "Usage: osm"],
  [["dve"], 2, "Did you mean dev?"],
  [["dev"], 2, "required option '-f, --file <path>'"],
  [["dev", "-f", ".", "--call", "nonsense"], 2, "osm: not a call: nonsense. A call is FROM METHOD URL"],
  [["dev", "-f", ".", "--run", "shop/web"], 2, "is not IMAGE=COMMAND"],
  [["dev", "-f", ".", "--timeout", "soon"], 2, "--timeout"],
  [["dev", "-f", ".", "--mesh", "No Name"], 2, "--mesh"],
  [["dev", "-f", ".", "--namespace", "../x"], 2, "--namespace"],
  [["dev", "-f", ".", "--fail-on", "note"], 2, "Allowed choices are error, warning"],
  [["--help"], 0, "try manifests on this machine"],
  [["--version"], 0, "2."],
] as const)("osm %j ends with %i and says what to do", async (argv, code, words) => {
  const ended = await asked(...argv);
  expect(ended.text).toContain(words);
  expect(ended.code).toBe(code);
});

test("a folder that is not there is not made", async () => {
  const dir = mkdtempSync(join(tmpdir(), "osm-usage-"));
  const { code, text } = await asked("dev", "-f", join(dir, "typo"));
  expect(text).toContain(`there is no file or folder ${join(dir, "typo")}`);
  expect({ code, isThere: existsSync(join(dir, "typo")) }).toEqual({ code: 2, isThere: false });
  rmSync(dir, { recursive: true });
});
