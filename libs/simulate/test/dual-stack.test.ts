import { readFileSync } from "node:fs";
import { join } from "node:path";
import { splitDocuments } from "@osm/intake";
import { may, readWorld, simulate, type Call } from "@osm/simulate";
import { expect, test } from "vitest";
import { compiledWorld, meshOf, simulated } from "./compiled-world.ts";

function objectsOf(scenario: string): readonly object[] {
  const documents = splitDocuments(readFileSync(join(import.meta.dirname, "../../compile/scenarios", scenario, "in.yaml"), "utf8"));
  if (documents.kind === "broken") throw new Error(documents.reason);
  return documents.objects.filter((object) => typeof object === "object" && object !== null);
}

const get = (from: string, address: string, port: number): Call => ({ from, to: { address, port }, speaks: { kind: "http", method: "GET", path: "/", headers: {} } });

test.each(["10.96.0.10", "fd00::10"])("a pod of both families gets one share of the calls to %s", (address) => {
  const objects = objectsOf("a-pod-of-both-families-is-one-endpoint");
  const call = get("shop/buyer", address, 80);
  const got = simulate(simulated(compiledWorld(objects)), call);
  expect(got).toEqual(may(readWorld(objects, meshOf), call));
  expect(got.kind === "allowed" && Object.fromEntries(got.shares)).toEqual({ "shop/web-both": 0.25, "shop/web-four": 0.25, "shop/web-half": 0.25, "shop/web-six": 0.25 });
});

test.each(["10.0.0.1", "fd00:1::1"])("a pod of a headless service is reached at %s", (address) => {
  const objects = objectsOf("a-pod-of-a-headless-service-has-a-listener-for-each-of-its-addresses");
  const call = get("shop/buyer", address, 8080);
  const got = simulate(simulated(compiledWorld(objects)), call);
  expect(got).toEqual(may(readWorld(objects, meshOf), call));
  expect(got.kind === "allowed" && [...got.shares]).toEqual([["shop/db-0", 1]]);
});
