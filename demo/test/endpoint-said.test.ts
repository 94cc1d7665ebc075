import type { EndpointSliceFact } from "@osm/model";
import { expect, test } from "vitest";
import { saysOf } from "../src/story/shop-pods.ts";

const pod = { ip: "10.0.0.7" };

function slice(...endpoints: readonly (readonly [address: string, ready: boolean])[]): Pick<EndpointSliceFact, "endpoints"> {
  return { endpoints: endpoints.map(([address, ready]) => ({ address, ready, pod: "" })) };
}

test("a slice says whether a pod serves", () => {
  expect(saysOf(slice(["10.0.0.6", true], ["10.0.0.7", true]), pod)).toBe(true);
  expect(saysOf(slice(["10.0.0.6", true], ["10.0.0.7", false]), pod)).toBe(false);
});

test("a slice of another service does not say that a pod has left", () => {
  expect(saysOf(slice(["10.0.0.6", true]), pod)).toBeUndefined();
});
