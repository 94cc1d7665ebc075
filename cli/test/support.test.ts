import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { tarOf } from "../src/support/tar.ts";
import { toldObjects } from "../src/support/told-objects.ts";
import { askOsm } from "./ask-osm.ts";

test("what is shown to others holds no value that could be a secret", () => {
  const pod = {
    kind: "Pod",
    metadata: { name: "web", managedFields: [{ manager: "x" }], annotations: { "kubectl.kubernetes.io/last-applied-configuration": "hunter2", note: "kept", "openservicemesh.io/original-probes": '{"web":{"httpHeaders":"hunter2"}}' } },
    spec: { containers: [{ name: "web", livenessProbe: { httpGet: { path: "/alive", httpHeaders: [{ name: "Authorization", value: "hunter2" }] } }, env: [{ name: "PASSWORD", value: "hunter2" }, { name: "FROM", valueFrom: { secretKeyRef: { name: "s", key: "k" } } }] }] },
  };
  const text = toldObjects([pod, { kind: "ConfigMap", data: { "a.conf": "hunter2" } }, { kind: "X", spec: { token: "hunter2" } }]);
  expect(text).not.toContain("hunter2");
  expect(text).not.toContain("managedFields");
  expect(text).toContain("PASSWORD");
  expect(text).toContain("name: Authorization");
  expect(text).toContain("secretKeyRef");
  expect(text).toContain("note: kept");
  expect(text).toContain("a.conf");
});

test("an archive is one that tar reads, long paths too", () => {
  const long = `${"folder/".repeat(16)}${"f".repeat(90)}.log`;
  const listed = execFileSync("tar", ["-tvf", "-"], { input: tarOf([{ path: "a/b.txt", content: "hello" }, { path: long, content: "x".repeat(1000) }, { path: "empty", content: "" }]), encoding: "utf8" });
  expect(listed.trim().split("\n").map((line) => line.split(/\s+/).filter((_, at) => at === 2 || at === 5).join(" "))).toEqual(["5 a/b.txt", `1000 ${long}`, "0 empty"]);
});

test.each([87, 88, 101, 253])("a path of %i characters in one part has room in an archive, and so has what follows", (length) => {
  const files = [{ path: `logs/${"f".repeat(length)}.log`, content: "hello" }, { path: "next", content: "x" }];
  expect(execFileSync("tar", ["-tf", "-"], { input: tarOf(files), encoding: "utf8" }).trim().split("\n")).toEqual(files.map(({ path }) => path));
  expect(execFileSync("tar", ["-xOf", "-"], { input: tarOf(files), encoding: "utf8" })).toBe("hellox");
});

test.each([
  [["support", "error-info"], 0, "TARGET_OTHER_NAMESPACE"],
  [["support", "error-info", "route_group_missing"], 0, "there is no HTTPRouteGroup NAME in this namespace"],
  [["support", "error-info", "-o", "json"], 0, '"code": "OBJECT_UNREADABLE"'],
  [["support", "error-info", "E2007"], 1, "is a code of Open Service Mesh 1.x"],
  [["support", "error-info", "nothing"], 2, "there is no code nothing"],
  [["support", "bug-report", "--app-pods", "web"], 2, "web names no pod"],
] as const)("osm %j ends with %i", async (argv, code, words) => {
  const ended = await askOsm(argv);
  expect(`${ended.said}${ended.warned}`).toContain(words);
  expect(ended.code).toBe(code);
});
