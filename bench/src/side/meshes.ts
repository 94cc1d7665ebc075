import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { promisify } from "node:util";
import { startDistributedMesh, xdsServerName, type Backbone, type DistributedMesh } from "@osm/cli/dev";
import { meshName, type MeshName } from "@osm/model";
import { silentLog } from "@osm/runtime";
import { freePort } from "@osm/testkit";
import { tokenAudience } from "@osm/wire";
import { z } from "zod";
import { createTokenKey, issuer } from "../../../services/xds/test/tokens.ts";
import type { Row } from "../report.ts";
import { sliceFact } from "../shop.ts";
import { compileLoad } from "./compiled-load.ts";
import { countChanges, type Contestant } from "./contestant.ts";
import { buildGo } from "./go-programs.ts";
import { startLineProcess } from "./line-process.ts";
import { startLoadClient } from "./load-client.ts";
import { changed, type Load } from "./load.ts";
import { reachAll, type Entrant } from "./reach.ts";
import { shownTo } from "./shown.ts";
import { quantile, total } from "./summary.ts";

const said = z.object({ event: z.literal("said"), at: z.number() });
const key = createTokenKey("bench");
const [quiet, loud] = [meshName("osm"), meshName("other")];
const blocks = 6;
const roundsEach = 15;
/** Facts that the loud one is told, time after time; a flood is a rate, not as much as this process can do beside what it measures. */
const [atOnce, everyMs] = [10, 10];

/**
 * Each mesh has a processor of its own, as pods of a cluster have their share; what the two have in common, NATS and Redis, is on that
 * of the one that is measured. Without two of them, or the tool to tell them apart, they also fight for the processor.
 */
const cores = availableParallelism() > 1 && existsSync("/usr/bin/taskset") ? { quiet: 0, loud: 1 } : undefined;

/** A mesh as the teller and its proxies see it. */
interface Told {
  readonly mesh: DistributedMesh;
  readonly contestant: Contestant;
  readonly say: (facts: readonly object[]) => Promise<unknown>;
}

const conditions = ["without", "on its own", "beside"] as const;
type Condition = (typeof conditions)[number];

/**
 * How long a change takes in one mesh: by itself, while another on servers of its own is flooded and its proxies come and go, and while
 * another on the same NATS and Redis is; in turn. The second tells what the machine's processors make of it, the third what the servers do.
 */
export async function* meshesBeside(bench: string, load: Load): AsyncIterable<Row> {
  await using opening = new AsyncDisposableStack();
  const dir = await mkdtemp(join(tmpdir(), "osm-bench-"));
  opening.defer(() => rm(dir, { recursive: true, force: true }));
  const stop = new AbortController();
  const others = { ...load, proxies: 50 };
  const first = await startOne(opening, { name: quiet, dir: join(dir, "quiet"), load, stop });
  await pin(cores?.quiet, [...first.mesh.replicas, ...serversOf(first)]);
  const beside = await startOne(opening, { name: loud, dir: join(dir, "beside"), load: others, stop, backbone: first.mesh.backbone });
  const apart = await startOne(opening, { name: loud, dir: join(dir, "apart"), load: others, stop });
  await pin(cores?.loud, [...beside.mesh.replicas, ...apart.mesh.replicas, ...serversOf(apart)]);
  opening.defer(async () => {
    stop.abort(new DOMException("measured", "AbortError"));
    await Promise.allSettled([first, beside, apart].map(({ mesh }) => mesh.done));
  });
  const client = opening.use(startLoadClient(await buildGo("client"), cores?.quiet));
  const { contestant } = first;
  const fleet = client.fleet("quiet", contestant.server, contestant.proxies);
  await fleet.open(20);
  const entrant: Entrant = { contestant, fleet };
  await measure(entrant);
  const stormy: Readonly<Record<Condition, Told | undefined>> = { without: undefined, "on its own": apart, beside };
  const taken = new Map<Condition, Taken[]>(conditions.map((condition) => [condition, []]));
  for (let block = 0; block < blocks; block++) for (const [condition, list] of taken) list.push(await measureUnder(entrant, stormy[condition]));
  yield { bench, of: `${load.proxies} × ${load.services} × ${load.endpoints}, ours, apart`, what: "another mesh storms", values: Object.assign({}, ...conditions.map((condition) => valuesOf(condition, taken))) };
}

function serversOf({ mesh: { backbone } }: Told) {
  return [backbone.nats, backbone.redis, backbone.redisFront];
}

interface Taken {
  readonly receivedMs: readonly number[];
  readonly storm: Awaited<ReturnType<ReturnType<typeof startStorm>["end"]>>;
}

async function measureUnder(entrant: Entrant, stormy: Told | undefined): Promise<Taken> {
  if (!stormy) return { receivedMs: await measure(entrant), storm: { changes: 0, connections: 0, ms: 0 } };
  const storm = startStorm(stormy, await buildGo("client"));
  await storm.begun;
  const receivedMs = await measure(entrant);
  return { receivedMs, storm: await storm.end() };
}

function valuesOf(condition: Condition, taken: ReadonlyMap<Condition, readonly Taken[]>): Row["values"] {
  const of = (each: Condition) => taken.get(each) ?? [];
  const received = (each: Condition) => of(each).flatMap(({ receivedMs }) => receivedMs);
  const p99 = quantile(received(condition), 0.99);
  const common = { [`ms p50 ${condition}`]: quantile(received(condition), 0.5), [`ms p99 ${condition}`]: p99 };
  if (condition === "without") return common;
  const perSecond = (what: "changes" | "connections") => (total(of(condition).map(({ storm }) => storm[what])) * 1000) / total(of(condition).map(({ storm }) => storm.ms));
  return { ...common, [`times p99 ${condition}`]: p99 / quantile(received("without"), 0.99), [`changes a second ${condition}`]: perSecond("changes"), [`connections a second ${condition}`]: perSecond("connections") };
}

async function measure(entrant: Entrant): Promise<readonly number[]> {
  const all: number[] = [];
  for (let round = 0; round < roundsEach; round++) for (const kind of ["endpoint", "split"] as const) all.push(...(await reachAll(entrant, kind)).receivedMs);
  return all;
}

async function pin(core: number | undefined, processes: readonly { pid(): number | undefined }[]): Promise<void> {
  if (core === undefined) return;
  await Promise.all(processes.map((each) => promisify(execFile)("taskset", ["-a", "-c", "-p", `${core}`, `${each.pid()}`])));
}

interface Beginning {
  readonly name: MeshName;
  readonly dir: string;
  readonly load: Load;
  readonly stop: AbortController;
  /** That of the other mesh, which it shares. */
  readonly backbone?: Backbone;
}

async function startOne(opening: AsyncDisposableStack, { name, dir, load, stop, backbone }: Beginning): Promise<Told> {
  const running = join(dir, "running");
  await mkdir(running, { recursive: true });
  const mesh = await startDistributedMesh({
    mesh: name, dir, running, folders: [], tokens: { issuer, keys: { keys: [key.jwk] } }, hosts: ["127.0.0.1", "127.0.0.1"], replicas: 1, xdsPort: await freePort(),
    certificateLifeSec: 86_400, log: () => silentLog, signal: stop.signal, ...(backbone ? { backbone: backbone.beside(name) } : { beside: [loud].filter((other) => other !== name) }),
  });
  mesh.done.catch(() => undefined);
  const compiled = compileLoad(load);
  // A watcher that has nothing to say is there too; this one has its rights.
  const program = join(import.meta.dirname, "teller-process.ts");
  const teller = opening.use(startLineProcess({ command: [process.execPath, program, mesh.backbone.busUrl("watcher", "127.0.0.1"), name], core: name === quiet ? cores?.quiet : cores?.loud, event: said }));
  await teller.ask({ op: "begin", facts: compiled.facts });
  const roundOf = countChanges();
  const contestant: Contestant = {
    ...shownTo({ load, compiled, core: undefined }, { ...key, token: (wish) => key.token({ ...wish, audience: tokenAudience(name) }) }),
    name,
    server: { address: `127.0.0.1:${mesh.xdsPort}`, name: xdsServerName, root: mesh.controlPlaneRoot },
    pids: {},
    change: async (kind) => (await teller.ask({ op: "say", facts: [changed(load, kind, roundOf(kind))] })).at,
    [Symbol.asyncDispose]: async () => undefined,
  };
  return { mesh, contestant, say: (facts) => teller.ask({ op: "say", facts }) };
}

function startStorm({ contestant, say }: Told, binary: string) {
  const begun = Promise.withResolvers<void>();
  const startedAt = performance.now();
  let [isOver, changes, connections] = [false, 0, 0];
  const change = async () => {
    for (let round = 0; !isOver; round++) {
      await say(Array.from({ length: atOnce }, (_, at) => sliceFact((round * atOnce + at) % 100, 5 + (round % 5))));
      changes += atOnce;
      await wait(everyMs);
    }
  };
  const comeAndGo = async () => {
    await using client = startLoadClient(binary, cores?.loud);
    const fleet = client.fleet("loud", contestant.server, contestant.proxies);
    while (!isOver) {
      await fleet.open();
      connections += contestant.proxies.length;
      begun.resolve();
      await fleet.close();
    }
  };
  const done = Promise.all([change(), comeAndGo()]);
  done.catch(begun.reject);
  return {
    begun: begun.promise,
    end: async () => {
      isOver = true;
      await done;
      return { changes, connections, ms: performance.now() - startedAt };
    },
  };
}
