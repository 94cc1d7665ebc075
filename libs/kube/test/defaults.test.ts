import { describe, expect, test } from "vitest";
import { defaultClusterIp, withDefaults } from "../src/index.ts";

function service(spec: unknown, name = "web"): unknown {
  return { apiVersion: "v1", kind: "Service", metadata: { name, namespace: "shop" }, spec };
}

function clusterIpOf(object: unknown): unknown {
  const spec: unknown = typeof object === "object" && object !== null ? Reflect.get(object, "spec") : undefined;
  return typeof spec === "object" && spec !== null ? Reflect.get(spec, "clusterIP") : undefined;
}

describe("the address of a Service that names none", () => {
  test("is in kubeadm's range, depends on its name alone, and is no network's or broadcast's", () => {
    for (let n = 0; n < 2000; n += 1) {
      const octets = defaultClusterIp("shop", `web-${n}`).split(".").map(Number);
      expect(octets).toHaveLength(4);
      expect(octets[0]).toBe(10);
      expect(octets[1]).toSatisfy((octet: number) => octet >= 96 && octet <= 111);
      expect(octets[3]).toSatisfy((octet: number) => octet >= 1 && octet <= 254);
    }
    expect(defaultClusterIp("shop", "web")).toBe(defaultClusterIp("shop", "web"));
    expect(defaultClusterIp("shop", "web")).not.toBe(defaultClusterIp("web", "shop"));
  });
  test.each([{}, { clusterIP: "" }, { clusterIP: null }, { ports: [{ port: 80 }] }, null, undefined])("is filled in where the spec is %j", (spec) => {
    expect(clusterIpOf(withDefaults(service(spec)))).toBe(defaultClusterIp("shop", "web"));
  });
  test.each([{ clusterIP: "10.0.0.1" }, { clusterIP: "None" }, { clusterIPs: ["10.0.0.1"] }, { type: "ExternalName", externalName: "example.com" }])("is not, where the spec is %j", (spec) => {
    expect(withDefaults(service(spec))).toEqual(service(spec));
  });
  test("is that of a Service alone", () => {
    const other = { apiVersion: "serving.example.com/v1", kind: "Service", metadata: { name: "web" }, spec: {} };
    expect(withDefaults(other)).toBe(other);
    expect(withDefaults("text")).toBe("text");
  });
  test("stays with both of two that get the same one: nobody who looks at one of them alone could know", () => {
    const byAddress = new Map<string, string>();
    let pair: readonly [string, string] | undefined;
    for (let n = 0; pair === undefined; n += 1) {
      const address = defaultClusterIp("shop", `web-${n}`);
      const other = byAddress.get(address);
      if (other) pair = [other, `web-${n}`];
      byAddress.set(address, `web-${n}`);
    }
    const [one, other] = pair.map((name) => clusterIpOf(withDefaults(service({}, name))));
    expect(one).toBe(other);
  });
});
