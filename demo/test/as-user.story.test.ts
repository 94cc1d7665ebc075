import { dirname, join } from "node:path";
import { existsSync } from "node:fs";
import { needs, programPath } from "@osm/testkit";
import { describe, expect, test } from "vitest";
import { runAsUser, usersMayEnter } from "../../libs/sandbox/test/fixtures/ordinary-user.ts";

const tree = join(import.meta.dirname, "../..");
const main = join(import.meta.dirname, "../src/main.ts");
const missing = usersMayEnter() ? [] : ["user namespaces for ordinary users (see user.max_user_namespaces)"];
const noRange = ["/usr/bin/newuidmap", "/etc/subuid", "/etc/subgid"].every((path) => existsSync(path)) ? [] : ["newuidmap and /etc/subuid (apt install uidmap)"];
/** A minute more, which differs from root's story in the ids alone: asked for by name. */
const notAsked = process.env["OSM_ALL_ID_MAPS"] === "1" ? [] : ["OSM_ALL_ID_MAPS=1, for the whole story a third time"];

needs("root", "netns", "ip", "iptables", "envoy")("what the demo tells an ordinary user", () => {
  const tell = async (subIds: string) => {
    const share = [tree, dirname(process.execPath), dirname(programPath("envoy"))];
    const { code, stdout, stderr } = await runAsUser([process.execPath, main, "--check"], { share, subIds });
    expect(code, `${stderr}\n${stdout}`).toBe(0);
    expect(stdout).not.toMatch(/NOT AS TOLD| [1-9]\d* (failed|ended)/);
    expect(stdout.match(/20 TCP connections held, 0 ended, [1-9]\d* lines echoed/g)?.length).toBeGreaterThan(12);
    return stderr;
  };

  describe("with one id for all", { skip: missing.length > 0, meta: { missing } }, () => {
    test("holds on real Envoys", async () => {
      expect(await tell("somebody:700000:65536\n")).toContain("with one id for all");
    }, 600_000);
  });

  const rangeMissing = [...missing, ...noRange, ...notAsked];
  describe("with a range of ids", { skip: rangeMissing.length > 0, meta: { missing: rangeMissing } }, () => {
    test("holds on real Envoys", async () => {
      expect(await tell("nobody:700000:65536\n")).toContain("with the ids of nobody in /etc/subuid");
    }, 600_000);
  });
});
