import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { needs } from "@osm/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { runToEnd, startPiped } from "../src/commands.ts";
import { reapDead, startReaper } from "../src/reaper.ts";
import { tracesOf } from "./fixtures/traces.ts";

let dir = "";
beforeEach(() => void (dir = mkdtempSync(join(tmpdir(), "reaper-"))));
afterEach(() => rmSync(dir, { recursive: true }));

function claim() {
  const id = randomBytes(4).toString("hex");
  const file = join(dir, id, id);
  mkdirSync(join(dir, id));
  writeFileSync(file, "");
  return { id, owner: "", dir, file };
}

needs("root", "netns", "ip")("a reaper", () => {
  test("waits for a command that was under way when its parent let go", async () => {
    const mine = claim();
    const reaper = startReaper(mine);
    const late = startPiped(["sh", "-c", `read -r go; ip netns add osm-${mine.id}-late`], reaper.life, { PATH: process.env["PATH"] ?? "" });
    const other = startReaper(claim());

    const finished = reaper.finish();
    // As long as a reaper's work takes: one that did not wait would be done.
    await reapDead(claim(), other.life);
    expect(await runToEnd(late, "go\n")).toEqual({ code: 0, stdout: "", stderr: "" });
    await finished;
    await other.finish();
    expect(tracesOf(mine.id)).toEqual([]);
  });

  test("leaves files that are not its sandbox's", async () => {
    const mine = claim();
    mkdirSync(join(dir, "cluster"));
    const files = [`pod.a.b.${mine.id}.yaml`, "pod.a.b.ffffffff.yaml", "mine.yaml"];
    for (const name of files) writeFileSync(join(dir, "cluster", name), "");
    await startReaper(mine).finish();
    expect(readdirSync(join(dir, "cluster"))).toEqual(["mine.yaml", "pod.a.b.ffffffff.yaml"]);
  });
});
