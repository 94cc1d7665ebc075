import { createMemoryBus, type Bus, type Entry, type MemoryBus } from "@osm/bus";
import { factKinds, meshName, type Fact, type ListedRefs, type ObjectRef } from "@osm/model";
import { systemClock, type Clock, type Log, type Metrics } from "@osm/runtime";
import { createMemoryStore, type MemoryStore, type Store } from "@osm/store";
import { compiledPayload, decodeJson, encodeJson, endpointsPayload, findingsPayload, proxyPayload, sentOffering, sentView, subjectsOf, type CompiledPayload, type FindingsPayload, type SentOffering, type SentView } from "@osm/wire";
import { runCompiler } from "../src/compiler.ts";

export const mesh = meshName("osm");
export const subjects = subjectsOf(mesh);

export interface Line {
  readonly level: keyof Log;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** A compiler at work. */
export interface RunningCompiler {
  readonly member: string;
  readonly ready: Promise<void>;
  readonly lines: readonly Line[];
  /** How often it has compiled. */
  compilations(): readonly Line[];
  stop(): Promise<void>;
  /** Without a word to anybody. */
  kill(): Promise<void>;
}

/** A bus and a store, with the test as watcher and as reader. */
export interface Bench extends AsyncDisposable {
  readonly bus: MemoryBus;
  readonly store: MemoryStore;
  /** @returns the fact's number. */
  say(...facts: readonly Fact[]): Promise<number>;
  gone(fact: Fact): Promise<number>;
  /** "The list of these kinds is complete." */
  barrier(kinds?: readonly Fact["kind"][]): Promise<void>;
  start(member?: string, options?: StartOptions): RunningCompiler;
  /** The compiler's word that it is through with the fact of this number. */
  through(revision: number, member?: string): Promise<CompiledPayload>;
  /** What stands under a filter. */
  standing(filter: string): Promise<readonly Entry[]>;
  /** What the compiler says of an object, once it satisfies the check. */
  findingsOn(on: ObjectRef, check: (findings: FindingsPayload["findings"]) => boolean): Promise<FindingsPayload["findings"]>;
  /** Resolves when nothing stands under a subject any more. */
  withdrawn(subject: string): Promise<void>;
  /** The number of a write made now. */
  mark(): Promise<number>;
  /** What compilers have said or withdrawn since a number. */
  saidAfter(seq: number): Promise<readonly string[]>;
  /** The same, with its number. */
  numbersAfter(seq: number): Promise<ReadonlyMap<string, number>>;
}

/** With a clock of its own, a test says when time passes for the bus and for compilers. */
export function createBench(clock: Clock = systemClock): Bench {
  const bus = createMemoryBus({ clock });
  const store = createMemoryStore();
  const running = new Set<RunningCompiler>();
  let through = 0;
  const say: Bench["say"] = async (...facts) => {
    for (const fact of facts) through = await bus.publish(subjectOf(fact), encodeJson({ fact, observedAt: 0 }));
    return through;
  };
  const standing = (filter: string) => standingOn(bus, filter);
  const numbersAfter = async (after: number) => {
    const nouns = [subjects.views, subjects.offerings, subjects.proxies, subjects.allEndpoints, subjects.findingsBy("compiler"), subjects.allCompiled];
    const entries = await Promise.all(nouns.map((filter) => entriesOn(bus, filter)));
    return new Map(entries.flat().filter(({ seq }) => seq > after).map(({ subject, seq }) => [subject, seq]));
  };
  return {
    bus,
    store,
    say,
    gone: async (fact) => (through = await bus.publish(subjectOf(fact), undefined)),
    barrier: async (kinds = factKinds) => {
      const incarnation = await bus.incarnation();
      for (const kind of kinds) await bus.publish(subjects.sync(kind), encodeJson({ incarnation, through }));
    },
    start: (member = "compiler-0", options = {}) => {
      const compiler = startCompiler({ line: bus.connect(), member, store, clock, ...options });
      running.add(compiler);
      return compiler;
    },
    through: async (revision, member = "compiler-0") => {
      for await (const event of bus.watch(subjects.compiled(member), { signal: new AbortController().signal })) {
        const payload = event.kind === "entry" && event.entry.bytes ? decodeJson(compiledPayload, event.entry.bytes) : undefined;
        if (payload && payload.revision >= revision) return payload;
      }
      throw new Error("the watch ended");
    },
    standing,
    findingsOn: async (on, check) => {
      for await (const event of bus.watch(subjects.finding("compiler", on), { signal: new AbortController().signal })) {
        const findings = event.kind === "entry" && event.entry.bytes ? decodeJson(findingsPayload, event.entry.bytes).findings : [];
        if (event.kind !== "reset" && check(findings)) return findings;
      }
      throw new Error("the watch ended");
    },
    withdrawn: async (subject) => {
      for await (const event of bus.watch(subject, { signal: new AbortController().signal })) {
        if (event.kind === "entry" && !event.entry.bytes) return;
      }
      throw new Error("the watch ended");
    },
    mark: () => bus.publish("mesh.osm.v1.mark", undefined),
    saidAfter: async (after) => [...(await numbersAfter(after)).keys()].toSorted(),
    numbersAfter,
    [Symbol.asyncDispose]: async () => {
      await Promise.all([...running].map(({ stop }) => stop()));
      await bus[Symbol.asyncDispose]();
    },
  };
}

function subjectOf({ kind, namespace, name }: Fact): string {
  return subjects.fact(kind, namespace, name);
}

export interface StartOptions {
  readonly store?: Store;
  readonly clock?: Clock;
  readonly metrics?: Metrics;
  /** What is put between the compiler and its bus. */
  readonly between?: (bus: Bus) => Bus;
}

interface Starting extends StartOptions {
  readonly line: MemoryBus;
  readonly store: Store;
  readonly member: string;
}

function startCompiler({ line, between = (bus) => bus, member, ...rest }: Starting): RunningCompiler {
  const lines: Line[] = [];
  const write = (level: keyof Log) => (fields: Line["fields"], message: string) => void lines.push({ level, message, fields });
  const log: Log = { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
  const ending = new AbortController();
  const ready = Promise.withResolvers<void>();
  const done = runCompiler({ ...rest, mesh, member, settings: { trustDomain: "cluster.local" }, bus: between(line), log, signal: ending.signal, ready: ready.resolve });
  done.catch(ready.reject);
  const stop = async () => {
    ending.abort();
    await done;
    await line[Symbol.asyncDispose]();
  };
  return {
    member,
    ready: ready.promise,
    lines,
    compilations: () => lines.filter(({ message }) => message === "mesh compiled"),
    stop,
    kill: () => {
      line.disconnect();
      return stop();
    },
  };
}

async function standingOn(bus: MemoryBus, filter: string): Promise<readonly Entry[]> {
  return (await entriesOn(bus, filter)).filter(({ bytes }) => bytes);
}

/** Tombstones too. */
async function entriesOn(bus: MemoryBus, filter: string): Promise<readonly Entry[]> {
  const entries: Entry[] = [];
  for await (const event of bus.watch(filter, { signal: new AbortController().signal })) {
    if (event.kind === "current") break;
    if (event.kind === "entry") entries.push(event.entry);
  }
  return entries;
}

/** What stands on the bus, read. */
export async function published({ standing }: Bench) {
  const read = async <T>(filter: string, decode: (bytes: Uint8Array) => T) => (await standing(filter)).map(({ bytes }) => decode(bytes ?? new Uint8Array()));
  return {
    views: await read(subjects.views, (bytes) => decodeJson(sentView, bytes)),
    offerings: await read(subjects.offerings, (bytes) => decodeJson(sentOffering, bytes)),
    proxies: await read(subjects.proxies, (bytes) => decodeJson(proxyPayload, bytes)),
    endpoints: await read(subjects.allEndpoints, (bytes) => decodeJson(endpointsPayload, bytes)),
    findings: await read(subjects.findingsBy("compiler"), (bytes) => decodeJson(findingsPayload, bytes)),
  };
}

/** The view of the proxies of an app. */
export async function viewOf(bench: Bench, app: string): Promise<SentView> {
  const view = (await published(bench)).views.find(({ identity }) => identity.serviceAccount === app);
  if (!view) throw new Error(`no view for ${app}`);
  return view;
}

/** What that view is offered. */
export async function offeringOf(bench: Bench, app: string): Promise<SentOffering> {
  const { offering: id } = await viewOf(bench, app);
  const offering = (await published(bench)).offerings.find((each) => each.id === id);
  if (!offering) throw new Error(`no offering for ${app}`);
  return offering;
}

/** All that proxies of an app get, which in these meshes is little enough to travel whole. */
export async function listedFor(bench: Bench, app: string): Promise<ListedRefs> {
  const [own, offered] = [(await viewOf(bench, app)).resources, (await offeringOf(bench, app)).resources];
  const both = (type: keyof ListedRefs) => [own[type], offered[type]].flatMap((list) => ("parts" in list ? [] : list));
  return { CDS: both("CDS"), ECDS: both("ECDS"), LDS: both("LDS"), RDS: both("RDS"), SDS: both("SDS") };
}
