import { describe, expect, test } from "vitest";
import { isAsExpected, lineOfCall, parseCall, type Answer, type Expected } from "../src/dev/calls.ts";

describe("a call", () => {
  test("is a pod, a method, a URL, and what is expected of it", () => {
    expect(parseCall("shop/buyer GET http://web.shop/buy")).toEqual({ from: "shop/buyer", method: "GET", url: "http://web.shop/buy", expected: { kind: "nothing" } });
    expect(parseCall(" shop/buyer POST http://web.shop:80/buy?a=b = 403 ")).toEqual({
      from: "shop/buyer", method: "POST", url: "http://web.shop:80/buy?a=b", expected: { kind: "status", status: 403 },
    });
    expect(parseCall("shop/buyer TCP tcp://db.shop:5432 =denied").expected).toEqual({ kind: "denied" });
  });

  test.each([
    ["", "not a call"],
    ["shop/buyer http://web.shop/", "not a call"],
    ["buyer GET http://web.shop/", "not a call"],
    ["shop/buyer GET https://web.shop/", "not a call"],
    ["shop/buyer GET tcp://web.shop:80", "not a call"],
    ["shop/buyer TCP http://web.shop:80", "not a call"],
    ["shop/buyer TCP tcp://web.shop", "not a call"],
    ["shop/buyer GET http://web.shop/ = perhaps", "nothing can be expected as perhaps"],
  ])("is not %j, and the form is said", (text, reason) => {
    expect(() => parseCall(text)).toThrow(reason);
    expect(() => parseCall(text)).toThrow("as in 'shop/buyer GET http://web.shop/buy = allowed'");
  });
});

const status = (code: number): Answer => ({ kind: "status", status: code, text: "" });
const ended = (how: string): Answer => ({ kind: "ended", how });
const bytes: Answer = { kind: "bytes", text: "hello" };
const allowed: Expected = { kind: "allowed" };
const denied: Expected = { kind: "denied" };

test.each([
  [status(200), true, false],
  [status(404), true, false],
  [bytes, true, false],
  [status(403), false, true],
  [ended("ECONNRESET"), false, true],
  [ended("CLOSED"), false, true],
  // Neither leave nor refusal: nobody was asked.
  [status(503), false, false],
  [ended("ENOTFOUND"), false, false],
  [ended("TIMEOUT"), false, false],
] as const)("%j is leave: %s, a refusal: %s", (answer, isLeave, isRefusal) => {
  expect({ leave: isAsExpected(answer, allowed), refusal: isAsExpected(answer, denied) }).toEqual({ leave: isLeave, refusal: isRefusal });
});

test("a line says the call, the answer and whether it was expected", () => {
  const call = parseCall("shop/buyer GET http://web.shop/ = denied");
  expect(lineOfCall(call, ended("ECONNRESET"))).toBe("shop/buyer GET http://web.shop/: refused, the connection was ended (ECONNRESET), as expected");
  expect(lineOfCall(call, { kind: "status", status: 200, text: "hello\nworld" })).toBe("shop/buyer GET http://web.shop/: 200  hello, NOT as expected (denied)");
  expect(lineOfCall({ ...call, expected: { kind: "nothing" } }, ended("ENOTFOUND"))).toBe("shop/buyer GET http://web.shop/: no service has that name (ENOTFOUND)");
});
