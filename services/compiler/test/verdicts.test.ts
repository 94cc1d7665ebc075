import { digestOf, objectRef, type TrafficTargetFact, type HttpRouteGroupFact, type TcpRouteFact } from "@osm/model";
import { encodeJson, type VerdictPayload } from "@osm/wire";
import { expect, test } from "vitest";
import { createBench, published, subjects, listedFor, viewOf, type Bench } from "./bench.ts";
import { meshConfig, namespace, shop } from "./mesh-facts.ts";

const target: TrafficTargetFact = {
  kind: "TrafficTarget", namespace, name: "client-calls-server",
  destination: { namespace, serviceAccount: "server" },
  sources: [{ namespace, serviceAccount: "client" }],
  rules: [{ kind: "HTTPRouteGroup", name: "calls", matches: [] }],
};
const group = (pathRegex: string): HttpRouteGroupFact => ({ kind: "HTTPRouteGroup", namespace, name: "calls", matches: [{ name: "all", pathRegex, methods: [], headers: {} }] });
const [onTarget, onGroup, onService] = [objectRef("TrafficTarget", namespace, target.name), objectRef("HTTPRouteGroup", namespace, "calls"), objectRef("Service", namespace, "server")];

async function grantedShop(bench: Bench) {
  await bench.say(...shop, { ...meshConfig, permissive: false }, target, group("/a.*"));
  await bench.barrier();
  const compiler = bench.start();
  await compiler.ready;
  return compiler;
}

/** What an xDS replica says when a proxy of this app refused what stands under a name. */
async function reject(bench: Bench, app: string, refused: { readonly type: VerdictPayload["type"]; readonly name: string; readonly words: string }): Promise<string> {
  const view = await viewOf(bench, app);
  const found = (await listedFor(bench, app))[refused.type].find(({ name }) => name === refused.name);
  if (!found) throw new Error(`${refused.name} is not in the view`);
  const subject = subjects.verdict(found.digest);
  await bench.bus.publish(subject, encodeJson({ ...refused, digest: found.digest, revision: view.revision, by: [], lastGood: {}, beside: {}, sound: [] } satisfies VerdictPayload));
  return subject;
}

test("what was made of a policy and rejected is told on its objects in Envoy's words, until they change", async () => {
  await using bench = createBench();
  await grantedShop(bench);
  const subject = await reject(bench, "server", { type: "RDS", name: "rds-inbound.8080", words: "no argument for repetition operator" });
  for (const on of [onTarget, onGroup]) {
    expect(await bench.findingsOn(on, (findings) => findings.length > 0)).toEqual([
      { code: "RESOURCE_REJECTED", severity: "error", on, field: "", detail: "no argument for repetition operator" },
    ]);
  }
  expect((await published(bench)).findings.flatMap(({ findings }) => findings.map(({ on }) => on)).toSorted()).toEqual([onGroup, onTarget]);

  await bench.say(group("/b.*"));
  await bench.withdrawn(subject);
  expect(await bench.findingsOn(onGroup, (findings) => findings.length === 0)).toEqual([]);
  await bench.withdrawn(subjects.finding("compiler", onTarget));
});

test.each([
  { type: "LDS", name: "10.96.0.1:80" },
  { type: "CDS", name: "shop/server|8080" },
  { type: "RDS", name: "rds-outbound.shop/server|80" },
] as const)("what was made of a service ($type) is told on the service", async ({ type, name }) => {
  await using bench = createBench();
  await grantedShop(bench);
  await reject(bench, "client", { type, name, words: "x".repeat(1000) });
  const [finding] = await bench.findingsOn(onService, (findings) => findings.length > 0);
  expect(finding?.detail).toHaveLength(300);
});

test("a verdict on what no view lists is withdrawn, but for one of a view of a later fact than has been read", async () => {
  await using bench = createBench();
  await grantedShop(bench);
  const say = async (what: string, revision: number) => {
    const verdict: VerdictPayload = { type: "RDS", name: "rds-inbound.8080", digest: digestOf(what), words: "no", revision, by: [], lastGood: {}, beside: {}, sound: [] };
    await bench.bus.publish(subjects.verdict(verdict.digest), encodeJson(verdict));
    return subjects.verdict(verdict.digest);
  };
  const early = await say("early", await bench.mark());
  await bench.withdrawn(await say("past", 1));
  await bench.withdrawn(await say("of a lost stream", 1_000_000));
  expect(await bench.standing(early)).toHaveLength(1);

  await bench.say(group("/c.*"));
  await bench.withdrawn(early);
});

test("a compiler that starts while a verdict stands tells it too", async () => {
  await using bench = createBench();
  await (await grantedShop(bench)).stop();
  await reject(bench, "client", { type: "LDS", name: "10.96.0.1:80", words: "taken" });
  bench.start("compiler-1");
  expect(await bench.findingsOn(onService, (findings) => findings.length > 0)).toHaveLength(1);
});

const bytes = (name: string): TcpRouteFact => ({ kind: "TCPRoute", namespace, name, ports: [] });

test("who lost the leave to open connections stays lost through a restart: no listener changes", async () => {
  await using bench = createBench();
  const carrying = shop.map((fact) => (fact.kind === "Service" ? { ...fact, ports: fact.ports.map((port) => ({ ...port, protocol: "tcp" as const })) } : fact));
  const sources = (...accounts: readonly string[]): TrafficTargetFact => ({
    ...target, rules: [{ kind: "TCPRoute", name: "all", matches: [] }], sources: accounts.map((serviceAccount) => ({ namespace, serviceAccount })),
  });
  await bench.say(...carrying, { ...meshConfig, permissive: false }, bytes("all"), sources("client", "other"));
  await bench.barrier();
  const first = bench.start();
  await first.ready;
  const listeners = async () => (await listedFor(bench, "server")).LDS.map(({ name, digest }) => `${name} ${digest}`);
  const before = await listeners();
  await bench.through(await bench.say(sources("client")));
  const [lost, left] = [await viewOf(bench, "server"), await listeners()];
  await first.stop();
  expect(left).not.toEqual(before);

  await bench.start("compiler-1").ready;
  const after = await viewOf(bench, "server");
  expect(after.doors).toEqual(lost.doors);
  expect(after.digest).toBe(lost.digest);
  expect(await listeners()).toEqual(left);
});
