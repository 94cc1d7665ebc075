import type { Pod } from "@osm/sandbox";
import { needs } from "@osm/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { tryDoors, type Attempt } from "./intruder.ts";
import { heardBy, knock } from "./probes.ts";
import { httpRoutes, meshConfig, target, tcpRoute } from "./shop-manifests.ts";
import { openShop, type Shop } from "./shop.ts";

/** Each container port by what its service says of it. */
const ports = { http: 8080, tcp: 9000, detect: 8000, "server-first": 9100 } as const;
type Declared = keyof typeof ports;
const declared: readonly Declared[] = ["http", "tcp", "detect", "server-first"];

/** The last two offer more than one, in the hope that one server takes the first and another the second. */
const offers = ["osm", "osm-http", "osm-tcp", "h2", "http/1.1", "", "osm,osm-tcp", "h2,osm-tcp"] as const;
type Offer = (typeof offers)[number];

/** As which a connection is taken: HTTP, bytes, or not at all. */
type Chain = "http" | "bytes" | "none";
const chains: Readonly<Record<Declared, Readonly<Record<Offer, Chain>>>> = {
  http: { osm: "http", "osm-http": "http", "osm-tcp": "none", h2: "none", "http/1.1": "none", "": "none", "osm,osm-tcp": "http", "h2,osm-tcp": "none" },
  tcp: { osm: "none", "osm-http": "none", "osm-tcp": "bytes", h2: "none", "http/1.1": "none", "": "none", "osm,osm-tcp": "bytes", "h2,osm-tcp": "bytes" },
  detect: { osm: "http", "osm-http": "http", "osm-tcp": "bytes", h2: "none", "http/1.1": "none", "": "none", "osm,osm-tcp": "http", "h2,osm-tcp": "bytes" },
  "server-first": { osm: "none", "osm-http": "none", "osm-tcp": "bytes", h2: "none", "http/1.1": "none", "": "none", "osm,osm-tcp": "bytes", "h2,osm-tcp": "bytes" },
};

const callers = { "for-http": { http: true, bytes: false }, "for-bytes": { http: false, bytes: true }, stranger: { http: false, bytes: false } } as const;
type Caller = keyof typeof callers;
const accounts: readonly Caller[] = ["for-http", "for-bytes", "stranger"];

/** Who says nothing waits to be greeted. */
const words = { granted: "GET /buy", elsewhere: "GET /steal", bytes: "bytes", silence: "" } as const;
type Word = keyof typeof words;

/** "passed": the app answered. "403", "400": its sidecar did. "closed": nobody. */
function expected(port: Declared, offer: Offer, { caller, word }: { readonly caller: Caller; readonly word: Word }): string {
  const chain = chains[port][offer];
  if (chain === "bytes") return callers[caller].bytes ? "passed" : "closed";
  if (chain === "none") return "closed";
  if (word === "bytes") return "400";
  return word === "granted" && callers[caller].http ? "passed" : "403";
}

interface Case extends Attempt {
  readonly declared: Declared;
  readonly offer: Offer;
  readonly word: Word;
  readonly mark: string;
}

function casesOf(caller: Caller): readonly Case[] {
  return declared.flatMap((port) =>
    offers.flatMap((offer) =>
      wordsAt(port).map((word) => {
        const mark = `${caller}.${port}.${offer || "none"}.${word}`;
        return { declared: port, offer, word, mark, say: spoken(word, mark), port: ports[port], alpn: offer === "" ? [] : offer.split(",") };
      }),
    ),
  );
}

/** A server that waits to be spoken to would wait for ever with who says nothing. */
function wordsAt(port: Declared): readonly Word[] {
  return ["granted", "elsewhere", "bytes", ...(port === "server-first" ? (["silence"] as const) : [])];
}

function spoken(word: Word, mark: string): string {
  switch (word) {
    case "granted":
    case "elsewhere":
      return `${words[word]}?${mark} HTTP/1.1\r\nhost: web.shop\r\n\r\n`;
    case "bytes":
      return `${mark}\n`;
    case "silence":
      return "";
  }
}

/** A server behind the door names itself, in its greeting or what it gives back. */
function outcome(answer: string): string {
  if (/^(HTTP\/1\.1 200|hello from web|web:)/.test(answer)) return "passed";
  const status = /^HTTP\/1\.1 (\d+)/.exec(answer)?.[1];
  return status ?? (/^(closed|ECONNRESET|EPIPE|ERR_SSL_[\w/]+|ECONNREFUSED)$/.test(answer) ? "closed" : answer);
}

needs("root", "netns", "ip", "iptables", "envoy")("closed doors", () => {
  let shop: Shop;
  let [web, client]: Pod[] = [];
  const pod = (found: Pod | undefined): Pod => {
    if (!found) throw new Error("no such pod");
    return found;
  };

  beforeAll(async () => {
    const named = { http: "http", tcp: "tcp", detect: "main", "server-first": "tcp-server-first" } as const;
    shop = await openShop({
      accounts: ["web", "client", ...accounts],
      services: [{ name: "web", clusterIP: "10.96.0.10", selector: { app: "web" }, ports: declared.map((each) => ({ name: named[each], port: ports[each] })) }],
    });
    [web, client] = await shop.start({ name: "web", account: "web", ports: Object.values(ports), greeting: [ports["server-first"]] }, { name: "client", account: "client" });
    await shop.put("routes.yaml", [tcpRoute("all", []), httpRoutes("routes", [{ name: "buy", pathRegex: "/buy", methods: ["GET"] }])]);
    await shop.put("grants.yaml", [
      target({ name: "for-http", from: ["for-http"], to: "web", rule: { kind: "HTTPRouteGroup", name: "routes" } }),
      target({ name: "for-bytes", from: ["for-bytes"], to: "web", rule: { kind: "TCPRoute", name: "all" } }),
    ]);
  });
  afterAll(() => shop[Symbol.asyncDispose]());

  describe("a certificate of the mesh, without a sidecar", () => {
    test.each(accounts)("opens to %s what it was granted, and no more", async (caller) => {
      const cases = casesOf(caller);
      const answers = await tryDoors(shop.stage, { from: pod(client), to: pod(web), account: caller, attempts: cases });
      const told = cases.map((each, at) => ({ ...each, answer: outcome(answers[at] ?? "nothing"), wanted: expected(each.declared, each.offer, { caller, word: each.word }) }));
      // "closed" is not a byte from the app, its greeting included.
      expect(told.map(({ mark, answer }) => `${mark} ${answer}`)).toEqual(told.map(({ mark, wanted }) => `${mark} ${wanted}`));

      // The app has heard what was to pass, and not a byte besides. Who is greeted hangs up, perhaps before its words are through.
      const heard = (await heardBy(pod(web))).map(({ said }) => said);
      const isHeard = ({ mark }: Case) => heard.some((said) => said.includes(`${mark} `) || said.includes(`${mark}\n`));
      const marks = (all: readonly Case[]) => all.map(({ mark }) => mark);
      const passing = told.filter(({ wanted, declared: port }) => wanted === "passed" && port !== "server-first");
      expect(marks(passing.filter(isHeard))).toEqual(marks(passing));
      expect(marks(told.filter(({ wanted }) => wanted !== "passed").filter(isHeard))).toEqual([]);
    });
  });

  describe.each([false, true])("the sidecar's own port, with egress open: %s", (enableEgress) => {
    beforeAll(async () => {
      await shop.put("config.yaml", [meshConfig({ enableEgress })]);
    });

    test("leads nobody round in circles", async () => {
      const [caller, server] = [pod(client), pod(web)];
      const before = await accepted(caller);
      const tries = 5;
      for (const host of ["127.0.0.1", caller.ip]) {
        const answers = await knock(caller, { host, port: 15_001, count: tries });
        expect(Object.keys(answers).filter((answer) => answer !== "ECONNRESET" && answer !== "CLOSED"), JSON.stringify(answers)).toEqual([]);
      }
      expect((await accepted(caller)) - before).toBe(2 * tries);

      // From another pod it is one of many ports that nobody serves.
      const [here, there] = [await accepted(caller), await accepted(server)];
      const answers = await knock(caller, { host: server.ip, port: 15_001, count: tries });
      expect(Object.keys(answers).filter((answer) => answer !== "ECONNRESET" && answer !== "CLOSED"), JSON.stringify(answers)).toEqual([]);
      expect((await accepted(caller)) - here).toBe(tries);
      expect((await accepted(server)) - there).toBeLessThanOrEqual(tries);
    });
  });
});

/** Connections that a sidecar has taken so far, whatever for. */
async function accepted(pod: Pod): Promise<number> {
  const stats = await pod.admin("/stats?filter=^listener\\.0\\.0\\.0\\.0_15[0-9]*\\.downstream_cx_total$");
  return [...stats.matchAll(/: (\d+)/g)].reduce((sum, [, count]) => sum + Number(count), 0);
}
