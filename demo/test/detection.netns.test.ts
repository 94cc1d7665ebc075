import type { Pod } from "@osm/sandbox";
import { needs } from "@osm/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { speak, type Protocol } from "./probes.ts";
import { meshConfig } from "./shop-manifests.ts";
import { openShop, type Shop } from "./shop.ts";

/** What each protocol is answered by a server named any, port by port. */
const expected: readonly (readonly [as: Protocol, port: number, answer: string])[] = [
  ["http/1.1", 8000, "200 any"],
  ["h2c", 8000, "200 any"],
  ["websocket", 8000, "101 over the socket"],
  ["binary", 8000, "any:"],
  ["server-first", 8001, "hello from any\n"],
  ["h2c", 50_051, "200 any"],
  ["grpc", 50_051, "200 0000000004010203ff grpc-status 0"],
  ["grpc", 8000, "200 0000000004010203ff grpc-status 0"],
];

needs("root", "netns", "ip", "iptables", "envoy")("a port that says nothing of its protocol", () => {
  let shop: Shop;
  let client: Pod;

  beforeAll(async () => {
    shop = await openShop({
      accounts: ["any", "client"],
      services: [
        {
          name: "any", clusterIP: "10.96.0.10", selector: { app: "any" },
          ports: [{ name: "main", port: 8000 }, { name: "greeter", port: 8001 }, { name: "grpc", port: 50_051 }],
        },
      ],
    });
    await shop.put("permissive.yaml", [meshConfig({ enablePermissiveTrafficPolicyMode: true })]);
    const [, caller] = await shop.start({ name: "any", account: "any", ports: [8000, 8001, 50_051], greeting: [8001] }, { name: "client", account: "client" });
    if (!caller) throw new Error("no client");
    client = caller;
  });
  afterAll(() => shop[Symbol.asyncDispose]());

  describe("in permissive mode", () => {
    test.each(expected)("carries %s at %i", async (as, port, answer) => {
      const said = await speak(client, { host: "any.shop", port, as });
      expect(said).toSatisfy((text: string) => (as === "binary" ? text.startsWith(answer) && text.includes("\u0000\u0001") : text === answer));
    });
  });
});
