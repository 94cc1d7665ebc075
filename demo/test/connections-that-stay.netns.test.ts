import type { Pod } from "@osm/sandbox";
import { needs } from "@osm/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { lineEveryMs, startLines } from "../src/story/long-lines.ts";
import { knock, type Answers } from "./probes.ts";
import { split, target, tcpRoute } from "./shop-manifests.ts";
import { openShop, type Shop } from "./shop.ts";

const drainSec = 2;
/** That many lines take half as long again as what drains may live. */
const pastDrain = (1.5 * drainSec * 1000) / lineEveryMs;
const connections = 20;

const echo = { host: "echo.shop", port: 9000 };
const sample = 200;
/** Five standard deviations of the share of a tenth. */
const most = sample / 10 + 5 * Math.sqrt(sample * 0.09);

const echoPort = [{ name: "tcp", port: 9000 }];
const open = (name: string, to: string, { from, route }: { readonly from: readonly string[]; readonly route: string }) =>
  target({ name, from, to, rule: { kind: "TCPRoute", name: route } });

needs("root", "netns", "ip", "iptables", "envoy")("connections that stay", () => {
  let shop: Shop;
  let [buyer, other, first]: Pod[] = [];
  const pod = (found: Pod | undefined): Pod => {
    if (!found) throw new Error("no such pod");
    return found;
  };

  beforeAll(async () => {
    shop = await openShop({
      drainSec,
      accounts: ["echo-v1", "echo-v2", "db", "till", "buyer", "other"],
      services: [
        { name: "echo", clusterIP: "10.96.0.10", selector: { kind: "echo" }, ports: echoPort },
        { name: "echo-v1", clusterIP: "10.96.0.11", selector: { app: "echo-v1" }, ports: echoPort },
        { name: "echo-v2", clusterIP: "10.96.0.12", selector: { app: "echo-v2" }, ports: echoPort },
        { name: "db", clusterIP: "None", selector: { kind: "db" }, ports: [{ name: "tcp", port: 5432 }] },
        { name: "till", clusterIP: "10.96.0.13", selector: { app: "till" }, ports: [{ name: "tcp-a", port: 7000 }, { name: "tcp-b", port: 7001 }] },
      ],
    });
    [, , first, , buyer, other] = await shop.start(
      { name: "echo-v1", account: "echo-v1", labels: { kind: "echo" }, ports: [9000] },
      { name: "echo-v2", account: "echo-v2", labels: { kind: "echo" }, ports: [9000] },
      { name: "db-0", account: "db", labels: { kind: "db" }, ports: [5432] },
      { name: "till", account: "till", ports: [7000, 7001] },
      { name: "buyer", account: "buyer" },
      { name: "other", account: "other" },
    );
    await shop.put("routes.yaml", [tcpRoute("echo", [9000]), tcpRoute("db", [5432]), tcpRoute("till-a", [7000]), tcpRoute("till-b", [7001])]);
    await shop.put("grants.yaml", [
      open("echo-v1", "echo-v1", { from: ["buyer"], route: "echo" }),
      open("echo-v2", "echo-v2", { from: ["buyer"], route: "echo" }),
      open("db", "db", { from: ["buyer"], route: "db" }),
    ]);
    await shop.put("split.yaml", [split("echo", { "echo-v1": 90, "echo-v2": 10 })]);
  });
  afterAll(() => shop[Symbol.asyncDispose]());

  test("outlive grants, weights, pods and services that come and go", async () => {
    const caller = pod(buyer);
    const database = { host: pod(first).ip, port: 5432 };
    const lines = [await startLines(caller, { ...echo, connections }), await startLines(caller, { ...database, connections })];
    const allMore = () => Promise.all(lines.map((each) => each.more(pastDrain)));
    expectShare(await knock(caller, { ...echo, count: sample }), { rare: "echo-v2", often: "echo-v1" });

    await shop.put("more-grants.yaml", ["echo-v1", "echo-v2", "db"].map((to) => open(`other-${to}`, to, { from: ["other"], route: to === "db" ? "db" : "echo" })));
    expect(await knock(pod(other), database)).toEqual({ "db-0": 1 });
    await allMore();

    await shop.put("split.yaml", [split("echo", { "echo-v1": 10, "echo-v2": 90 })]);
    expectShare(await knock(caller, { ...echo, count: sample }), { rare: "echo-v1", often: "echo-v2" });
    await allMore();

    const [second, third] = await shop.start({ name: "db-1", account: "db", labels: { kind: "db" }, ports: [5432] }, { name: "db-2", account: "db", labels: { kind: "db" }, ports: [5432] });
    for (const each of [second, third].map(pod)) expect(await knock(caller, { host: each.ip, port: 5432 })).toEqual({ [each.name]: 1 });
    await allMore();
    await shop.stop(pod(third));
    await allMore();

    await shop.offer({ name: "kiosk", clusterIP: "10.96.0.20", selector: { app: "echo-v1" }, ports: [{ name: "tcp-k", port: 9001, targetPort: 9000 }] });
    expect(await knock(caller, { host: "kiosk.shop", port: 9001 })).toEqual({ "echo-v1": 1 });
    await shop.close("kiosk");
    await allMore();

    for (const each of lines) {
      const { ended, lines: count } = await each.stop();
      expect(ended).toBe(0);
      expect(count).toBeGreaterThan(connections * 5 * pastDrain);
    }
  }, 120_000);

  test("end within the drain time once their grant is gone; those at another port stay", async () => {
    const [loser, keeper] = [pod(buyer), pod(other)];
    const [a, b] = [{ host: "till.shop", port: 7000 }, { host: "till.shop", port: 7001 }];
    await shop.put("till.yaml", [open("till-b", "till", { from: ["buyer", "other"], route: "till-b" }), open("till-a-other", "till", { from: ["other"], route: "till-a" })]);
    await shop.put("till-a.yaml", [open("till-a-buyer", "till", { from: ["buyer"], route: "till-a" })]);
    const lost = await startLines(loser, { ...a, connections });
    const samePort = await startLines(keeper, { ...a, connections });
    const stay = [await startLines(loser, { ...b, connections }), await startLines(keeper, { ...b, connections })];

    await shop.withdraw("till-a.yaml");
    const withdrawnAt = performance.now();
    const refused = await knock(loser, { ...a, count: 10 });
    expect(Object.keys(refused).every((answer) => answer === "ECONNRESET" || answer === "CLOSED"), JSON.stringify(refused)).toBe(true);
    await lost.allEnded();
    expect(performance.now() - withdrawnAt).toBeLessThan(drainSec * 1000 + 1500);
    await Promise.all(stay.map((each) => each.more(pastDrain)));
    for (const each of stay) expect(await each.stop()).toMatchObject({ ended: 0 });

    // One chain serves all callers of a port: those who keep their grant are cut with it, and are let in again at once.
    expect((await samePort.stop()).ended).toBe(connections);
    expect(await knock(keeper, { ...a, count: 10 })).toEqual({ till: 10 });
  });
});

function expectShare(answers: Answers, { rare, often }: { readonly rare: string; readonly often: string }): void {
  const few = answers[rare] ?? 0;
  expect({ few, often: answers[often] }, JSON.stringify(answers)).toEqual({ few, often: sample - few });
  expect(few, JSON.stringify(answers)).toBeGreaterThan(0);
  expect(few, JSON.stringify(answers)).toBeLessThan(most);
}
