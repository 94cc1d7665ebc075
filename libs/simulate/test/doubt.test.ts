import { describe, expect, test } from "vitest";
import { ClusterSchema, DiscoveryType, encode, ListenerSchema } from "@osm/envoy-api";
import { digestOf, spiffeId, type Resource } from "@osm/model";
import { proxyOf } from "../src/simulate/proxy.ts";

const identity = spiffeId("cluster.local", { namespace: "a", serviceAccount: "cook" });
const at = (port: number) => ({ address: { case: "socketAddress", value: { address: "0.0.0.0", portSpecifier: { case: "portValue", value: port } } } }) as const;

function resource(type: Resource["type"], name: string, bytes: Uint8Array): Resource {
  return { type, name, bytes, digest: digestOf(bytes), needs: [] };
}

const listener = (name: string, port: number) => resource("LDS", name, encode(ListenerSchema, { name, address: at(port) }));

describe("a doubt is never an open door", () => {
  test("what is understood is taken", () => {
    expect([...proxyOf(identity, [listener("one", 1), listener("two", 2)]).resources.LDS.keys()]).toEqual(["one", "two"]);
  });
  test("a field that the simulator does not know ends the simulation", () => {
    const strange = resource("LDS", "one", encode(ListenerSchema, { name: "one", address: at(1), freebind: true }));
    expect(() => proxyOf(identity, [strange])).toThrow(/freebind/);
  });
  test("so does a value that it does not know", () => {
    const strange = resource("CDS", "one", encode(ClusterSchema, { name: "one", clusterDiscoveryType: { case: "type", value: DiscoveryType.LOGICAL_DNS } }));
    expect(() => proxyOf(identity, [strange])).toThrow(/type/);
  });
  test("two listeners on one address are refused, as Envoy would", () => {
    expect(() => proxyOf(identity, [listener("one", 1), listener("two", 1)])).toThrow(/duplicate address/);
  });
  test("a resource under another name is refused", () => {
    expect(() => proxyOf(identity, [{ ...listener("one", 1), name: "two" }])).toThrow(/calls itself one/);
  });
  test("two of one name are refused", () => {
    expect(() => proxyOf(identity, [listener("one", 1), listener("one", 1)])).toThrow(/two resources/);
  });
});
