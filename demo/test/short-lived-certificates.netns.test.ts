import type { Pod } from "@osm/sandbox";
import { needs } from "@osm/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { startLoad } from "../src/story/load.ts";
import { meshConfig } from "./shop-manifests.ts";
import { openShop, type Shop } from "./shop.ts";

const certificateLifeSec = 6;
const rate = 60;
/** For two lives and a half. */
const calls = 2.5 * certificateLifeSec * rate;

const certificates = z.object({ certificates: z.array(z.object({ cert_chain: z.array(z.object({ serial_number: z.string() })) })) });

needs("root", "netns", "ip", "iptables", "envoy")("certificates that live for seconds", () => {
  let shop: Shop;

  beforeAll(async () => {
    shop = await openShop({
      certificateLifeSec,
      accounts: ["web", "buyer"],
      services: [{ name: "web", clusterIP: "10.96.0.10", selector: { app: "web" }, ports: [{ name: "http", port: 80, targetPort: 8080 }] }],
    });
    await shop.put("permissive.yaml", [meshConfig({ enablePermissiveTrafficPolicyMode: true })]);
  });
  afterAll(() => shop[Symbol.asyncDispose]());

  test("are renewed under load, at both ends, and no request fails", async () => {
    const [web, buyer] = await shop.start({ name: "web", account: "web", ports: [8080] }, { name: "buyer", account: "buyer" });
    if (!web || !buyer) throw new Error("two pods were started");
    const load = await startLoad(buyer, { url: "http://web.shop/", rate, connections: 10 });
    const seen = { web: new Set<string>(), buyer: new Set<string>() };
    for (let answered = 0; answered < calls; answered += rate) {
      for (const serial of await serialsOf(web)) seen.web.add(serial);
      for (const serial of await serialsOf(buyer)) seen.buyer.add(serial);
      await load.more(rate);
    }
    const { sent, answers } = await load.stop();
    expect(sent).toBeGreaterThanOrEqual(calls);
    expect(answers).toEqual({ "200": sent });
    expect(seen.web.size).toBeGreaterThanOrEqual(3);
    expect(seen.buyer.size).toBeGreaterThanOrEqual(3);
  });
});

/** Serial numbers of the certificates that a sidecar shows its peers. */
async function serialsOf(pod: Pod): Promise<readonly string[]> {
  const shown = certificates.parse(JSON.parse(await pod.admin("/certs"))).certificates;
  return shown.flatMap(({ cert_chain: chain }) => chain.slice(0, 1).map((each) => each.serial_number));
}
