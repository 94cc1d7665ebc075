import type { SandboxService } from "@osm/sandbox";
import { eventually, needs } from "@osm/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ask, counted, led, openIpv6Mesh, type Answer, type Ipv6Mesh, type Ipv6Running } from "./ipv6-mesh.ts";
import { accounts, httpRoutes, member, namespace, target } from "./shop-manifests.ts";

const clusterIps = { six: "fd00:10:96::10", both: "fd00:10:96::11", behind: "fd00:10:96::12", own: "fd00:10:96::13", late: "fd00:10:96::14" } as const;
const selector = { app: "web" };
const at = (port: number, targetPort = port) => [{ name: "http", port, targetPort }];

/** Of IPv6 alone, of both families, and headless; the last two lead to apps that listen at unusual addresses. */
const services: readonly SandboxService[] = [
  { namespace, name: "six", clusterIP: clusterIps.six, selector, ports: at(80, 8080), ipFamilies: ["IPv6"] },
  { namespace, name: "both", clusterIP: clusterIps.both, selector, ports: at(80, 8080), ipFamilies: ["IPv4", "IPv6"] },
  { namespace, name: "late", clusterIP: clusterIps.late, selector, ports: at(80, 8080), ipFamilies: ["IPv4"] },
  { namespace, name: "each", clusterIP: "None", selector, ports: at(8082), ipFamilies: ["IPv4", "IPv6"] },
  { namespace, name: "behind", clusterIP: clusterIps.behind, selector, ports: at(80, 8081), ipFamilies: ["IPv6"] },
  { namespace, name: "own", clusterIP: clusterIps.own, selector: { app: "own" }, ports: at(80, 8080), ipFamilies: ["IPv6"] },
];

const url = (host: string, path: string, port = 80) => `http://[${host}]:${port}${path}`;
const statuses = (answers: readonly Answer[]) => answers.map(({ status, body }) => (status === 200 ? "passed" : status === 0 ? body : `${status}`));
/** While its sidecar refuses whoever comes by IPv4. */
const withoutIpv4 = async (pod: Ipv6Running, work: () => Promise<void>): Promise<void> => {
  const reject = (change: "-I" | "-D") => pod.exec(["iptables", change, "INPUT", "-p", "tcp", "--dport", "15003", "-j", "REJECT", "--reject-with", "tcp-reset"], { user: 0 });
  await reject("-I");
  try {
    await work();
  } finally {
    await reject("-D");
  }
};
const isClosed = ({ status, body }: Answer) => status === 0 && ["ECONNRESET", "ECONNREFUSED"].includes(body);
const nameOf = ({ body }: Answer): unknown => JSON.parse(body);

needs("root", "netns", "ip", "iptables", "envoy")("pods of both families", () => {
  let mesh: Ipv6Mesh;
  let pods: Readonly<Record<"web" | "own" | "buyer" | "thief" | "stranger" | "outside" | "excluding" | "including", Ipv6Running>>;

  beforeAll(async () => {
    mesh = await openIpv6Mesh();
    await mesh.put("members.yaml", [member(), ...accounts("web", "own", "buyer", "thief", "excluding", "including")]);
    await mesh.put("policies.yaml", [
      httpRoutes("routes", [{ name: "buy", pathRegex: "/buy", methods: ["GET"] }]),
      ...["web", "own"].map((to) => target({ name: `to-${to}`, from: ["buyer", "excluding", "including"], to, rule: { kind: "HTTPRouteGroup", name: "routes" } })),
    ]);
    await mesh.offer(services);
    const [outside, stranger] = await mesh.start({ name: "outside", listen: ["8080@::"], capture: undefined }, { name: "stranger", capture: undefined });
    if (!outside || !stranger) throw new Error("no pods");
    const [web, own, buyer, thief, excluding, including] = await mesh.start(
      { name: "web", listen: ["8080@::", "8081@::1", "8082@::", "9090@::"], capture: { inboundPortExclusions: [9090] } },
      { name: "own", listen: ["8080@::"], capture: { localProxyMode: "PodIP" } },
      { name: "buyer", capture: {} },
      { name: "thief", capture: {} },
      { name: "excluding", capture: { outboundIpRangeExclusions: [`${outside.ip6}/128`], outboundPortExclusions: [9090] } },
      { name: "including", capture: { outboundIpRangeInclusions: ["fd00:10:96::/112"] } },
    );
    if (!web || !own || !buyer || !thief || !excluding || !including) throw new Error("no pods");
    pods = { web, own, buyer, thief, stranger, outside, excluding, including };
  });
  afterAll(() => mesh[Symbol.asyncDispose]());

  describe("call each other by IPv6", () => {
    test("with leave, and are refused without, by cluster address and by pod address, encrypted all the way", async () => {
      const { web, buyer, thief } = pods;
      const before = { out: await led(buyer, "OSM_PROXY_OUT_REDIRECT", "ipv6"), in: await led(web, "OSM_PROXY_IN_REDIRECT", "ipv6"), four: await led(web, "OSM_PROXY_IN_REDIRECT", "ipv4") };
      const places = [url(clusterIps.six, ""), url(web.ip6, "", 8082)];
      expect(statuses(await ask(buyer, places.flatMap((place) => [`${place}/buy`, `${place}/steal`])))).toEqual(["passed", "403", "passed", "403"]);
      expect((await ask(thief, places.map((place) => `${place}/buy`))).every(isClosed)).toBe(true);

      expect((await led(buyer, "OSM_PROXY_OUT_REDIRECT", "ipv6")) - before.out).toBe(4);
      expect((await led(web, "OSM_PROXY_IN_REDIRECT", "ipv6")) - before.in).toBeGreaterThanOrEqual(2);
      expect((await led(web, "OSM_PROXY_IN_REDIRECT", "ipv4")) - before.four).toBe(0);
      const inbound = await counted(web, "^listener\\.\\[__\\]_15003\\.(ssl\\.handshake|downstream_cx_total)$");
      expect(Object.keys(inbound)).toHaveLength(2);
      expect(inbound["listener.[__]_15003.ssl.handshake"]).toBe(inbound["listener.[__]_15003.downstream_cx_total"]);
    });

    test("and take plaintext from nobody", async () => {
      const { web, stranger } = pods;
      const answers = await ask(stranger, [url(web.ip6, "/buy", 8080), url(web.ip6, "/buy", 8081), url(web.ip6, "/buy", 8082)]);
      expect(answers.map(isClosed)).toEqual([true, true, true]);
    });

    test("an app that listens on ::1 alone, or is called on its pod's address, is found there", async () => {
      const { buyer } = pods;
      const [behind, own] = await ask(buyer, [url(clusterIps.behind, "/buy"), url(clusterIps.own, "/buy")]);
      expect(behind && nameOf(behind)).toEqual({ name: "web", from: "::1", path: "/buy" });
      expect(own && nameOf(own)).toMatchObject({ name: "own", path: "/buy" });
    });

    test("what nobody serves is closed, the sidecar's own port too, and leads nobody round in circles", async () => {
      const { buyer, outside } = pods;
      const before = await led(buyer, "OSM_PROXY_OUT_REDIRECT", "ipv6");
      expect((await ask(buyer, [url(outside.ip6, "/", 8080), url("::1", "/", 15_001), url(buyer.ip6, "/", 15_001)])).map(isClosed)).toEqual([true, true, true]);
      expect((await led(buyer, "OSM_PROXY_OUT_REDIRECT", "ipv6")) - before).toBe(1);
    });

    test("an app calls itself at its pod's address without its sidecar, whose own calls come in as everybody's", async () => {
      const { web } = pods;
      const before = await led(web, "OSM_PROXY_IN_REDIRECT", "ipv6");
      const [itself] = await ask(web, [url(web.ip6, "/self", 8080)]);
      expect(itself && nameOf(itself)).toEqual({ name: "web", from: web.ip6, path: "/self" });
      expect(await led(web, "OSM_PROXY_IN_REDIRECT", "ipv6")).toBe(before);
      const [proxied] = await ask(web, [url(web.ip6, "/buy", 8080)], { user: 1500 });
      expect(proxied && isClosed(proxied)).toBe(true);
      expect((await led(web, "OSM_PROXY_IN_REDIRECT", "ipv6")) - before).toBe(1);
    });
  });

  describe("a service of both families", () => {
    test("is called by IPv4, and by IPv6 where that does not answer", async () => {
      const { web, buyer } = pods;
      const before = await led(web, "OSM_PROXY_IN_REDIRECT", "ipv4");
      expect(statuses(await ask(buyer, [url(clusterIps.both, "/buy")]))).toEqual(["passed"]);
      expect((await led(web, "OSM_PROXY_IN_REDIRECT", "ipv4")) - before).toBeGreaterThanOrEqual(1);
      const membership = await counted(buyer, "^cluster\\.shop/both\\|8080\\.membership_total$");
      expect(Object.values(membership)).toEqual([1]);

      const six = await led(web, "OSM_PROXY_IN_REDIRECT", "ipv6");
      await withoutIpv4(web, async () => {
        // Connections that stand, one for each worker at most, are reset under their next call; whatever is new is refused by IPv4.
        await eventually(async () => expect(statuses(await ask(buyer, Array.from({ length: 4 }, () => url(clusterIps.both, "/buy"))))).toEqual(["passed", "passed", "passed", "passed"]));
        expect((await led(web, "OSM_PROXY_IN_REDIRECT", "ipv6")) - six).toBeGreaterThanOrEqual(1);
      });
    });

    test("is called by an IPv6 address that comes later than the other", async () => {
      const { web, buyer } = pods;
      const call = async () => statuses(await ask(buyer, [url(clusterIps.late, "/buy")]));
      expect(await call()).toEqual(["passed"]);
      mesh.list(services.map((each) => (each.name === "late" ? { ...each, ipFamilies: ["IPv4", "IPv6"] } : each)));
      await withoutIpv4(web, async () => await eventually(async () => expect(await call()).toEqual(["passed"])));
    });
  });

  describe("what is excluded, or not included, goes its own way", () => {
    test("a range of IPv6", async () => {
      const { outside, excluding, buyer } = pods;
      const before = await led(excluding, "OSM_PROXY_OUT_REDIRECT", "ipv6");
      const [direct, meshed] = await ask(excluding, [url(outside.ip6, "/", 8080), url(clusterIps.six, "/buy")]);
      expect(direct && nameOf(direct)).toEqual({ name: "outside", from: excluding.ip6, path: "/" });
      expect(meshed?.status).toBe(200);
      expect((await led(excluding, "OSM_PROXY_OUT_REDIRECT", "ipv6")) - before).toBe(1);
      expect((await ask(buyer, [url(outside.ip6, "/", 8080)])).map(isClosed)).toEqual([true]);
    });

    test("a port, on its way out and in", async () => {
      const { web, excluding, stranger } = pods;
      const before = { out: await led(excluding, "OSM_PROXY_OUT_REDIRECT", "ipv6"), in: await led(web, "OSM_PROXY_IN_REDIRECT", "ipv6") };
      for (const caller of [excluding, stranger]) {
        const [answer] = await ask(caller, [url(web.ip6, "/metrics", 9090)]);
        expect(answer && nameOf(answer)).toEqual({ name: "web", from: caller.ip6, path: "/metrics" });
      }
      expect({ out: await led(excluding, "OSM_PROXY_OUT_REDIRECT", "ipv6"), in: await led(web, "OSM_PROXY_IN_REDIRECT", "ipv6") }).toEqual(before);
    });

    test("all but the ranges that are included", async () => {
      const { outside, including } = pods;
      const before = await led(including, "OSM_PROXY_OUT_REDIRECT", "ipv6");
      const [direct, meshed] = await ask(including, [url(outside.ip6, "/", 8080), url(clusterIps.six, "/buy")]);
      expect(direct && nameOf(direct)).toMatchObject({ from: including.ip6 });
      expect(meshed?.status).toBe(200);
      expect((await led(including, "OSM_PROXY_OUT_REDIRECT", "ipv6")) - before).toBe(1);
    });

    test("and what the sidecar itself sends", async () => {
      const { outside, buyer } = pods;
      const before = await led(buyer, "OSM_PROXY_OUT_REDIRECT", "ipv6");
      const [direct] = await ask(buyer, [url(outside.ip6, "/", 8080)], { user: 1500 });
      expect(direct && nameOf(direct)).toMatchObject({ name: "outside", from: buyer.ip6 });
      expect(await led(buyer, "OSM_PROXY_OUT_REDIRECT", "ipv6")).toBe(before);
    });
  });
});
