import { inspect } from "node:util";
import { Sealed } from "@osm/model";
import { describe, expect, test } from "vitest";

describe("a sealed value", () => {
  const sealed = new Sealed("hunter2");
  test("opens on purpose only", () => {
    expect(sealed.open()).toBe("hunter2");
    const shown = [JSON.stringify({ sealed }), String(sealed), inspect({ sealed }, { depth: 9, showHidden: true }), JSON.stringify(Object.entries(sealed))];
    expect(shown.filter((text) => text.includes("hunter2"))).toEqual([]);
    expect(shown[0]).toBe('{"sealed":"[sealed]"}');
    expect(shown[2]).toBe("{ sealed: [sealed] }");
  });
});
