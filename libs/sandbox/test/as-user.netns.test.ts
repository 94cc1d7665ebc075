import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { needs, programPath } from "@osm/testkit";
import { describe, expect, test } from "vitest";
import { runAsUser, usersMayEnter } from "./fixtures/ordinary-user.ts";

const tree = join(import.meta.dirname, "../../..");
const story = join(import.meta.dirname, "fixtures/story-as-user.ts");
const missing = [
  ...(usersMayEnter() ? [] : ["user namespaces for ordinary users (see user.max_user_namespaces)"]),
  ...(["/usr/bin/newuidmap", "/etc/subuid", "/etc/subgid"].every((path) => existsSync(path)) ? [] : ["newuidmap and /etc/subuid (apt install uidmap)"]),
];

needs("root", "netns", "ip", "iptables", "envoy")("an ordinary user", () => {
  const run = (subIds: string, before?: string) => {
    const share = [tree, dirname(process.execPath), dirname(programPath("envoy"))];
    return runAsUser([process.execPath, story, programPath("envoy")], { share, subIds, ...(before === undefined ? {} : { before }) });
  };
  const held = { thief: "UND_ERR_SOCKET", passedOutbound: 1, granted: 1, denied: 1, appMayChangeRules: false, left: [] };

  describe("in a user namespace", { skip: missing.length > 0, meta: { missing } }, () => {
    test("with a range of ids has pods whose sidecars are told by their user", async () => {
      const { code, stdout, stderr } = await run("nobody:700000:65536\n");
      expect(stderr).toContain("with the ids of nobody in /etc/subuid");
      expect(JSON.parse(stdout)).toEqual({ ...held, ids: "many", buyer: "127.0.0.1 1000" });
      expect(code).toBe(0);
    }, 60_000);

    test("with one id has pods whose sidecars are told by a mark, and apps without any right", async () => {
      const { code, stdout, stderr } = await run("somebody:700000:65536\n");
      expect(stderr).toContain("as root: usermod --add-subuids 765536-831071");
      expect(JSON.parse(stdout)).toEqual({ ...held, ids: "one", buyer: "127.0.0.1 1000" });
      expect(code).toBe(0);
    }, 60_000);

    test("is told what is missing where there are to be none", async () => {
      // The limit of a user namespace holds for all below it, and for nobody else.
      const off = 'exec unshare --user --map-users=0,0,65536 --map-groups=0,0,65536 --setgroups=allow sh -c \'echo 0 >/proc/sys/user/max_user_namespaces; shift; exec "$@"\' sh "$@"';
      const { code, stdout, stderr } = await run("root:0:65536\n", off);
      expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
      expect(stderr).toContain("sysctl -w user.max_user_namespaces=15000");
      expect(stderr).toContain("A sandbox makes network namespaces, and needs root or a user namespace");
    });
  });
});
