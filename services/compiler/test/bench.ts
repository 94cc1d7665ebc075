import { createMemoryBus, type Entry, type MemoryBus } from "@osm/bus";
import { factKinds, meshName, type Fact, type ObjectRef } from "@osm/model";
import type { Log } from "@osm/runtime";
import { createMemoryStore, type MemoryStore, type Store } from "@osm/store";
import { compiledPayload, decodeJson, encodeJson, endpointsPayload, findingsPayload, proxyPayload, subjectsOf, viewPayload, type CompiledPayload, type FindingsPayload, type ViewPayload } from "@osm/wire";
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
  readonly ready: Promise<void>;
  readonly lines: readonly Line[];
  /** How often it has compiled. */
  compilations(): readonly Line[];
  stop(): Promise<void>;
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
  start(member?: string, store?: Store): RunningCompiler;
  /** The compiler's word that it is through with the fact of this number. */
  through(revision: number, member?: string): Promise<CompiledPayload>;
  /** What stands under a filter. */
  standing(filter: string): Promise<readonly Entry[]>;
  /** What the compiler says of an object, once it satisfies the check. */
  findingsOn(on: ObjectRef, check: (findings: FindingsPayload["findings"]) => boolean): Promise<FindingsPayload["findings"]>;
  /** Resolves when nothing stands under a subject any more. */
  withdrawn(subject: string): Promise<void>;
  /** The number of a write made now: two apart by one have nothing between them. */
  mark(): Promise<number>;
}

export function createBench(): Bench {
  const bus = createMemoryBus();
  const store = createMemoryStore();
  const running = new Set<RunningCompiler>();
  let through = 0;
  const say: Bench["say"] = async (...facts) => {
    for (const fact of facts) through = await bus.publish(subjectOf(fact), encodeJson({ fact, observedAt: 0 }));
    return through;
  };
  const standing = (filter: string) => standingOn(bus, filter);
  return {
    bus,
    store,
    say,
    gone: async (fact) => (through = await bus.publish(subjectOf(fact), undefined)),
    barrier: async (kinds = factKinds) => {
      const incarnation = await bus.incarnation();
      for (const kind of kinds) await bus.publish(subjects.sync(kind), encodeJson({ incarnation, through }));
    },
    start: (member = "compiler-0", shelf: Store = store) => {
      const compiler = startCompiler({ bus: bus.connect(), store: shelf, member });
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
    [Symbol.asyncDispose]: async () => {
      await Promise.all([...running].map(({ stop }) => stop()));
      await bus[Symbol.asyncDispose]();
    },
  };
}

function subjectOf({ kind, namespace, name }: Fact): string {
  return subjects.fact(kind, namespace, name);
}

interface Starting {
  readonly bus: MemoryBus;
  readonly store: Store;
  readonly member: string;
}

function startCompiler({ bus, store, member }: Starting): RunningCompiler {
  const lines: Line[] = [];
  const write = (level: keyof Log) => (fields: Line["fields"], message: string) => void lines.push({ level, message, fields });
  const log: Log = { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
  const stop = new AbortController();
  const ready = Promise.withResolvers<void>();
  const done = runCompiler({ mesh, member, settings: { trustDomain: "cluster.local" }, bus, store, log, signal: stop.signal, ready: ready.resolve });
  done.catch(ready.reject);
  return {
    ready: ready.promise,
    lines,
    compilations: () => lines.filter(({ message }) => message === "mesh compiled"),
    stop: async () => {
      stop.abort();
      await done;
      await bus[Symbol.asyncDispose]();
    },
  };
}

async function standingOn(bus: MemoryBus, filter: string): Promise<readonly Entry[]> {
  const entries: Entry[] = [];
  for await (const event of bus.watch(filter, { signal: new AbortController().signal })) {
    if (event.kind === "current") break;
    if (event.kind === "entry" && event.entry.bytes) entries.push(event.entry);
  }
  return entries;
}

/** What stands on the bus, read. */
export async function published({ standing }: Bench) {
  const read = async <T>(filter: string, decode: (bytes: Uint8Array) => T) => (await standing(filter)).map(({ bytes }) => decode(bytes ?? new Uint8Array()));
  return {
    views: await read(subjects.views, (bytes) => decodeJson(viewPayload, bytes)),
    proxies: await read(subjects.proxies, (bytes) => decodeJson(proxyPayload, bytes)),
    endpoints: await read(subjects.allEndpoints, (bytes) => decodeJson(endpointsPayload, bytes)),
    findings: await read(subjects.findingsBy("compiler"), (bytes) => decodeJson(findingsPayload, bytes)),
  };
}

/** The view of the proxies of an app. */
export async function viewOf(bench: Bench, app: string): Promise<ViewPayload> {
  const view = (await published(bench)).views.find(({ identity }) => identity.serviceAccount === app);
  if (!view) throw new Error(`no view for ${app}`);
  return view;
}
