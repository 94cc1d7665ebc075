import { describe, expect, test } from "vitest";
import { parseRequest } from "../src/request.ts";

const plain = { benches: [], loads: [], json: false, shapes: ["apart"], peers: ["linear"], profile: undefined };

describe("what is asked for", () => {
  test.each([
    { args: [], asked: { ...plain, benches: ["compile", "push", "envoy", "injection", "certificates"] } },
    { args: ["push"], asked: { ...plain, benches: ["push"] } },
    { args: ["--json", "envoy", "compile"], asked: { ...plain, benches: ["compile", "envoy"], json: true } },
    { args: ["L2", "L1"], asked: { ...plain, loads: ["L1", "L2"] } },
    { args: ["storm", "L7", "--peer=pernode", "--peer=shared"], asked: { ...plain, loads: ["L7", "storm"], peers: ["shared", "pernode"] } },
    { args: ["L8", "--peer=none", "--profile=out"], asked: { ...plain, loads: ["L8"], peers: [], profile: "out" } },
    { args: ["few", "--ours=together", "--ours=apart"], asked: { ...plain, loads: ["few"], shapes: ["apart", "together"] } },
    { args: ["few", "--ours=none"], asked: undefined },
    { args: ["--fast"], asked: undefined },
    { args: ["--peer=best"], asked: undefined },
    { args: ["L2", "--profile="], asked: undefined },
    { args: ["compile", "toString"], asked: undefined },
  ])("$args", ({ args, asked }) => {
    expect(parseRequest(args)).toEqual(asked);
  });
});
