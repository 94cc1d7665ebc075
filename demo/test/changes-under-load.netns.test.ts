import type { Pod } from "@osm/sandbox";
import { eventually, needs } from "@osm/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startLoad, type Report } from "../src/story/load.ts";
import { httpRoutes, split, target } from "./shop-manifests.ts";
import { openShop, type Shop } from "./shop.ts";

const httpPort = [{ name: "http", port: 80, targetPort: 8080 }];
const grant = (name: string, to: string, match: string) => target({ name, from: ["buyer"], to, rule: { kind: "HTTPRouteGroup", name: "routes", matches: [match] } });
/** Calls between two changes. */
const lead = 120;

needs("root", "netns", "ip", "iptables", "envoy")("changes under load", () => {
  let shop: Shop;
  let buyer: Pod;
  let app: Pod;

  beforeAll(async () => {
    shop = await openShop({
      accounts: ["pair-a", "pair-b", "web-v1", "web-v2", "buyer"],
      services: [
        { name: "pair", clusterIP: "10.96.0.10", selector: { kind: "pair" }, ports: httpPort },
        { name: "web", clusterIP: "10.96.0.11", selector: { kind: "web" }, ports: httpPort },
        { name: "web-v1", clusterIP: "10.96.0.12", selector: { app: "web-v1" }, ports: httpPort },
        { name: "web-v2", clusterIP: "10.96.0.13", selector: { app: "web-v2" }, ports: httpPort },
      ],
    });
    const [caller, , , , second] = await shop.start(
      { name: "buyer", account: "buyer" },
      { name: "pair-a", account: "pair-a", labels: { kind: "pair" }, ports: [8080] },
      { name: "pair-b", account: "pair-b", labels: { kind: "pair" }, ports: [8080] },
      { name: "web-v1", account: "web-v1", labels: { kind: "web" }, ports: [8080] },
      { name: "web-v2", account: "web-v2", labels: { kind: "web" }, ports: [8080] },
    );
    if (!caller || !second) throw new Error("no buyer");
    [buyer, app] = [caller, second];
    await shop.put("routes.yaml", [
      httpRoutes("routes", [{ name: "buy", pathRegex: "/buy(/.*)?", methods: ["GET"] }, { name: "look", pathRegex: "/look", methods: ["GET"] }, { name: "sell", pathRegex: "/sell", methods: ["POST"] }]),
    ]);
  });
  afterAll(() => shop[Symbol.asyncDispose]());

  test("of two accounts behind a service the one that is allowed is called, and the other never", async () => {
    await shop.put("pair.yaml", [grant("pair-a", "pair-a", "buy")]);
    const load = await startLoad(buyer, { url: "http://pair.shop/buy", rate: 400, connections: 10, count: 1000, byHeader: "name" });
    const { sent, answers } = await load.done();
    expect(sent).toBeGreaterThanOrEqual(1000);
    expect(answers).toEqual({ "200 pair-a": sent });
  });

  test("grants that are added and weights that shift cost no request", async () => {
    await shop.put("web.yaml", [grant("web-v1", "web-v1", "buy"), grant("web-v2", "web-v2", "buy")]);
    await shop.put("split.yaml", [split("web", { "web-v1": 100, "web-v2": 0 })]);
    const load = await startLoad(buyer, { url: "http://web.shop/buy", rate: 120, connections: 10, byHeader: "name" });
    await load.more(lead);
    await shop.put("look.yaml", [grant("look-v1", "web-v1", "look"), grant("look-v2", "web-v2", "look")]);
    await load.more(lead);
    for (const weight of [90, 50, 10, 0]) {
      await shop.put("split.yaml", [split("web", { "web-v1": weight, "web-v2": 100 - weight })]);
      await load.more(lead);
    }
    await shop.put("sell.yaml", [grant("sell-v1", "web-v1", "sell"), grant("sell-v2", "web-v2", "sell")]);
    await shop.withdraw("look.yaml");
    await load.more(lead);
    const report = await load.stop();
    expect(served(report), JSON.stringify(report)).toBe(report.sent);
    expect(report.sent).toBeGreaterThan(7 * lead);

    // All that was sent after the last shift went to the second version alone.
    const after = await (await startLoad(buyer, { url: "http://web.shop/buy", rate: 200, connections: 10, count: 200, byHeader: "name" })).done();
    expect(after.answers).toEqual({ "200 web-v2": after.sent });
  });

  test("an app is left alone when nobody calls it any more, so that it can end", async () => {
    const kept = async () => Number(/: (\d+)/.exec(await app.admin("/stats?filter=^cluster.local.8080.upstream_cx_active$"))?.[1]);
    const load = await startLoad(buyer, { url: "http://web.shop/buy", rate: 200, connections: 10 });
    await load.more(lead);
    expect(await kept()).toBeGreaterThan(0);
    await load.stop();
    await eventually(async () => expect(await kept()).toBe(0), { deadlineMs: 60_000, everyMs: 250 });
  });
});

function served({ answers }: Report): number {
  return (answers["200 web-v1"] ?? 0) + (answers["200 web-v2"] ?? 0);
}
