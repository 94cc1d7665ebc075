import { chmodSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { closedAbove, reachCommands } from "../src/reach.ts";

let home = "";
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "home-"));
  mkdirSync(join(home, "a", "b"), { recursive: true });
  mkdirSync(join(home, "c"));
});
afterEach(() => rmSync(home, { recursive: true }));

test("only what lies below a closed directory needs a way", () => {
  const [b, c] = [join(home, "a", "b"), join(home, "c")];
  expect(closedAbove([c, b, c, "/usr/bin"])).toEqual([{ root: home, paths: [b, c] }]);
  chmodSync(home, 0o755);
  expect(closedAbove([b, c])).toEqual([]);
  chmodSync(join(home, "a"), 0o700);
  expect(closedAbove([b, c])).toEqual([{ root: join(home, "a"), paths: [b] }]);
});

test("a directory that is closed itself is named", () => {
  chmodSync(join(home, "c"), 0o700);
  expect(() => closedAbove([join(home, "c")])).toThrow(`${join(home, "c")} is closed`);
});

test("what is to be reached is kept aside while what is closed is covered", () => {
  const lines = reachCommands([{ root: "/root", paths: ["/root/x"] }]).map((argv) => argv.join(" "));
  expect(lines).toEqual([
    "mount -t tmpfs -o mode=755 tmpfs /run/netns",
    "mkdir /run/netns/0",
    "mount --rbind /root/x /run/netns/0",
    "mount -t tmpfs -o mode=755 tmpfs /root",
    "mkdir -p /root/x",
    "mount --rbind /run/netns/0 /root/x",
  ]);
  expect(reachCommands([])).toEqual([]);
});
