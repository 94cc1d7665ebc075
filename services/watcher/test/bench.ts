import { createMemoryBus, type Bus, type Entry, type MemoryBus } from "@osm/bus";
import { headOf, splitDocuments } from "@osm/intake";
import type { Cluster, ClusterEvent } from "@osm/kube";
import { factKinds, meshName } from "@osm/model";
import { silentLog, type Log, type Metrics, type Tracer } from "@osm/runtime";
import { subjectsOf } from "@osm/wire";
import { runWatcher } from "@osm/watcher";

export const mesh = meshName("osm");
export const subjects = subjectsOf(mesh);

/** A cluster that says what a test tells it. */
export interface ToldCluster extends Cluster {
  /** Resolves when the watcher has done all that follows from it. */
  readonly tell: (...events: readonly ClusterEvent[]) => Promise<void>;
}

interface Told {
  readonly event: ClusterEvent;
  readonly done: PromiseWithResolvers<void>;
}

function toldCluster(): ToldCluster {
  const queue: Told[] = [];
  let bell = Promise.withResolvers<void>();
  return {
    tell: async (...events) => {
      const told = events.map((event) => ({ event, done: Promise.withResolvers<void>() }));
      queue.push(...told);
      bell.resolve();
      await Promise.all(told.map(({ done }) => done.promise));
    },
    watch: async function* ({ signal }) {
      signal.addEventListener("abort", () => bell.resolve());
      while (!signal.aborted) {
        for (let told = queue.shift(); told !== undefined; told = queue.shift()) {
          yield told.event;
          told.done.resolve();
        }
        await bell.promise;
        bell = Promise.withResolvers<void>();
      }
    },
    [Symbol.asyncDispose]: async () => {},
  };
}

export interface RunningWatcher extends AsyncDisposable {
  readonly tell: ToldCluster["tell"];
  readonly bus: MemoryBus;
  /** What it has written, short: `fact.Pod.shop.web`, `-fact.Pod.shop.web` for a tombstone. */
  readonly wrote: readonly string[];
  /** Forgets what it has written so far. */
  readonly clear: () => void;
  readonly isReady: () => boolean;
  /** Rejects when it failed. */
  readonly done: Promise<void>;
}

interface WatcherOptions {
  readonly bus?: MemoryBus;
  readonly log?: Log;
  readonly now?: () => number;
  readonly tracer?: Tracer;
  readonly metrics?: Metrics;
}

export function runningWatcher({ bus = createMemoryBus(), log = silentLog, now = () => 0, ...told }: WatcherOptions = {}): RunningWatcher {
  const stop = new AbortController();
  const cluster = toldCluster();
  const wrote: string[] = [];
  let isReady = false;
  const recording: Bus = {
    ...bus,
    publish: async (subject, bytes, options) => {
      const seq = await bus.publish(subject, bytes, options);
      wrote.push(`${bytes === undefined ? "-" : ""}${shortSubject(subject)}`);
      return seq;
    },
  };
  const ready = () => {
    isReady = true;
  };
  const done = runWatcher({ context: { mesh, osmNamespace: "osm-system" }, cluster, bus: recording, now, log, ...told, signal: stop.signal, ready });
  return {
    tell: async (...events) => Promise.race([cluster.tell(...events), done]),
    bus, wrote, done,
    clear: () => void wrote.splice(0),
    isReady: () => isReady,
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await done;
    },
  };
}

export function shortSubject(subject: string): string {
  return subject.slice(`mesh.${mesh}.v1.`.length);
}

/** What stands and is no tombstone: short subject → entry. */
export async function standing(bus: Bus, noun: "fact" | "finding" | "sync"): Promise<ReadonlyMap<string, Entry>> {
  const found = new Map<string, Entry>();
  for await (const event of bus.watch(`mesh.${mesh}.v1.${noun}.>`, { signal: new AbortController().signal })) {
    if (event.kind === "entry" && event.entry.bytes) found.set(shortSubject(event.entry.subject), event.entry);
    if (event.kind === "current") break;
  }
  return found;
}

export async function factsOn(bus: Bus): Promise<readonly string[]> {
  return [...(await standing(bus, "fact")).keys()].toSorted();
}

/** The objects of a YAML text as a cluster tells of them. */
export function objects(yaml: string, source = "shop.yaml"): readonly ClusterEvent[] {
  return parsed(yaml).map((object) => ({ kind: "object", object, source }));
}

export function gone(yaml: string): readonly ClusterEvent[] {
  return parsed(yaml).map((object) => {
    const head = headOf(object);
    if (!head) throw new Error("the test's object is none");
    return { kind: "gone", head };
  });
}

export const listed: ClusterEvent = { kind: "listed", kinds: factKinds };

function parsed(yaml: string): readonly unknown[] {
  const documents = splitDocuments(yaml);
  if (documents.kind === "broken") throw new Error("the test's YAML is broken");
  return documents.objects;
}

export function namespace(name: string, labels = "openservicemesh.io/monitored-by: osm"): string {
  return `{apiVersion: v1, kind: Namespace, metadata: {name: ${name}, labels: {${labels}}}}`;
}

export function account(name: string, where = "shop"): string {
  return `{apiVersion: v1, kind: ServiceAccount, metadata: {name: ${name}, namespace: ${where}}}`;
}

export function route(ports: string, name = "db", where = "shop"): string {
  return `{apiVersion: specs.smi-spec.io/v1alpha4, kind: TCPRoute, metadata: {name: ${name}, namespace: ${where}}, spec: {matches: {ports: ${ports}}}}`;
}

export function both(...texts: readonly string[]): string {
  return texts.join("\n---\n");
}
