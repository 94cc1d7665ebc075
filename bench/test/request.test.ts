import { describe, expect, test } from "vitest";
import { parseRequest } from "../src/request.ts";

describe("what is asked for", () => {
  test.each([
    { args: [], asked: { benches: ["compile", "push", "envoy"], json: false } },
    { args: ["push"], asked: { benches: ["push"], json: false } },
    { args: ["--json", "envoy", "compile"], asked: { benches: ["compile", "envoy"], json: true } },
    { args: ["--fast"], asked: undefined },
    { args: ["compile", "toString"], asked: undefined },
  ])("$args", ({ args, asked }) => {
    expect(parseRequest(args)).toEqual(asked);
  });
});
