import { writeFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { factWhere, metricsOf, settled } from "@osm/cli/dev";
import type { Pod } from "@osm/sandbox";
import { startLoad, type Load } from "../../src/story/load.ts";
import { mesh as meshName } from "../../src/story/stage.ts";
import { manifestText } from "../shop-manifests.ts";
import type { Fault } from "./faults.ts";
import { routes, standing, type Place } from "./place.ts";
import type { Borne } from "./report.ts";

/** Calls a second for each pair, over connections half of which are kept open. */
const rate = 60;
const connections = 10;
/** Calls of each pair between one thing and the next. */
const lead = 60;

/** Two pairs that call until stopped. */
export async function startPairs({ buyer, clerk }: Place): Promise<readonly Load[]> {
  return [
    await startLoad(buyer, { url: "http://web.shop/buy", rate, connections }),
    await startLoad(clerk, { url: "http://side.shop/buy", rate, connections }),
  ];
}

export interface RoundOptions {
  readonly place: Place;
  readonly pairs: readonly Load[];
  readonly fault: Fault;
  /** Unlike that of any round before. */
  readonly number: number;
}

/** Brings a fault about under load, changes a policy and takes a pod away meanwhile, and mends it. */
export async function playRound({ place, pairs, fault, number }: RoundOptions): Promise<Borne> {
  const more = () => Promise.all(pairs.map((load) => load.more(lead)));
  const [extra] = await place.shop.start({ name: `web-${number}`, account: "web", labels: { kind: "web" }, ports: [8080] });
  if (!extra) throw new Error("no pod to take away");
  await fault.prepare?.(place);
  const before = { calls: pairs.map((load) => load.soFar()), sent: await sentBy(place) };
  await place.lookWhoIsBusy();
  await more();

  await fault.strike(place);
  await more();
  const changedAt = Date.now();
  const felt = changePolicy(place, `/round-${number}`);
  const left = takeAway(place, extra);
  let from = changedAt;
  if (fault.path === "stands") await Promise.all([felt, left]);
  else await more();
  const mendingAt = Date.now();
  await fault.mend(place);
  if (fault.path === "cut") from = mendingAt;
  const [feltAt, leftAt] = await Promise.all([felt, left]);
  const recoveredAt = await recovered(place, `/round-${number}`);
  await more();
  const stood = await stillLetsIn(place, `/round-${number}`);

  const after = pairs.map((load) => load.soFar());
  const answers = after.map(({ sent, answers: all }, at) => ({ sent: sent - (before.calls[at]?.sent ?? 0), ok: (all["200"] ?? 0) - (before.calls[at]?.answers["200"] ?? 0), all }));
  return {
    row: fault.row, name: fault.name, path: fault.path, withinMs: fault.withinMs, mostSent: fault.mostSent ?? 2, stood,
    sent: answers.reduce((sum, each) => sum + each.sent, 0),
    failed: answers.reduce((sum, each) => sum + each.sent - each.ok, 0),
    answers: answers.map(({ all }) => JSON.stringify(all)),
    policyMs: feltAt - from, scaleMs: leftAt - from, recoveredMs: recoveredAt - mendingAt,
    resent: difference(before.sent, await sentBy(place)),
  };
}

/** One route more: resolves with the time of the first request that it lets in. */
async function changePolicy({ shop: { stage }, clerk }: Place, path: string): Promise<number> {
  const probe = await startLoad(clerk, { url: `http://side.shop${path}`, rate: 50, connections: 1 });
  await probe.turn("403");
  const draft = join(stage.dir, "routes.draft");
  await writeFile(draft, manifestText([routes([path])]));
  await rename(draft, join(stage.policies, "0-routes.yaml"));
  const { at } = await probe.turn("200");
  await probe.stop();
  return at;
}

async function stillLetsIn({ clerk }: Place, path: string): Promise<boolean> {
  const probe = await startLoad(clerk, { url: `http://side.shop${path}`, rate: 200, connections: 1, count: 20 });
  const { sent, answers } = await probe.done();
  return answers["200"] === sent;
}

/** As in a scale-down: resolves with the time at which its caller has let go of it. It ends then, and not before. */
async function takeAway({ buyer, shop }: Place, pod: Pod): Promise<number> {
  let at = 0;
  const letGo = async () => {
    while (hasEndpoint(await buyer.admin("/clusters"), pod)) continue;
    at = Date.now();
  };
  await shop.stop(pod, letGo);
  return at;
}

function hasEndpoint(clusters: string, { ip }: Pod): boolean {
  return clusters.includes(`::${ip}:`);
}

/** Resolves when every replica knows the change and every proxy that stands is settled. */
async function recovered({ mesh: { bus } }: Place, path: string): Promise<number> {
  const revision = await factWhere(bus, meshName, (fact) => fact.kind === "HTTPRouteGroup" && JSON.stringify(fact).includes(path));
  await settled(bus, meshName, { revision, proxies: standing });
  return Date.now();
}

type Sent = ReadonlyMap<string, Readonly<Record<string, number>>>;

/** By the process that sent it. What has died since counts from nothing again. */
async function sentBy({ mesh: { replicas } }: Place): Promise<Sent> {
  const xds = replicas.filter(({ service, pid }) => service === "xds" && pid() !== undefined);
  return new Map(await Promise.all(xds.map(async (each) => [`${each.pid()}`, countsIn(await metricsOf(each))] as const)));
}

function countsIn(metrics: string): Readonly<Record<string, number>> {
  return Object.fromEntries([...metrics.matchAll(/^mesh_resources_sent_total\{type="(\w+)"\} (\d+)$/gm)].map(([, type, count]) => [type, Number(count)]));
}

function difference(before: Sent, after: Sent): Readonly<Record<string, number>> {
  const sum: Record<string, number> = {};
  for (const [process, counts] of after) {
    for (const [type, count] of Object.entries(counts)) sum[type] = (sum[type] ?? 0) + count - (before.get(process)?.[type] ?? 0);
  }
  return Object.fromEntries(Object.entries(sum).filter(([, count]) => count > 0));
}
