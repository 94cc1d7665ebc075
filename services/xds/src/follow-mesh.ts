import { sealResource } from "@osm/ads";
import type { Entry, WatchEvent } from "@osm/bus";
import { typeUrls, type ViewId } from "@osm/model";
import { backoffMs, createPump, runTasks, sleep } from "@osm/runtime";
import { compiledPayload, decodeJson, endpointsPayload, proxyPayload, trustPayload, viewPayload, type CompiledPayload, type ViewPayload } from "@osm/wire";
import { loadView, type BlobSources } from "./load-view.ts";
import type { Streams } from "./streams.ts";
import { trustOf } from "./secrets.ts";
import { activate, type World } from "./world.ts";

export interface FollowDeps extends BlobSources {
  readonly world: World;
  readonly streams: Streams;
  readonly signal: AbortSignal;
  /** The world changed, or more of it is complete. */
  readonly changed: () => void;
}

type Noun = "view" | "proxy" | "endpoints";

/** How far the bus has been read. */
export interface Reading {
  /** All that follows from facts up to this one is in the world; undefined before any compiler has spoken. */
  through(): number | undefined;
}

/** Keeps the world equal to what compilers and the certificate authority say, until the signal aborts. */
export function followMesh(deps: FollowDeps): { readonly reading: Reading; readonly done: Promise<void> } {
  const { bus, subjects, signal } = deps;
  const positions = new Map<Noun, number>();
  const compiled = new Map<string, CompiledPayload>();
  const loader = createViewLoader(deps);

  const at = (noun: Noun, on: (entry: Entry) => void) => (event: WatchEvent) => {
    if (event.kind === "reset") return;
    if (event.kind === "entry") on(event.entry);
    positions.set(noun, Math.max(positions.get(noun) ?? 0, event.kind === "entry" ? event.entry.seq : event.seq));
    deps.changed();
  };
  const has = ({ wrote }: CompiledPayload) => (["view", "proxy", "endpoints"] as const).every((noun) => (positions.get(noun) ?? -1) >= wrote[noun]);
  const through = () => {
    const spoken = [...compiled.values()];
    if (spoken.length === 0 || loader.busy() || !spoken.every(has)) return undefined;
    return Math.min(...spoken.map(({ revision }) => revision));
  };

  const follow = (filter: string, on: (event: WatchEvent) => void) => async () => {
    for await (const event of bus.watch(filter, { signal })) on(event);
  };
  const onCompiled = (event: WatchEvent) => {
    if (event.kind !== "entry") return;
    if (event.entry.bytes) compiled.set(event.entry.subject, decodeJson(compiledPayload, event.entry.bytes));
    else compiled.delete(event.entry.subject);
    deps.changed();
  };
  const done = runTasks(
    signal,
    follow(subjects.views, at("view", loader.take)),
    follow(subjects.proxies, at("proxy", (entry) => takeProxy(deps, entry))),
    follow(subjects.allEndpoints, at("endpoints", (entry) => takeAssignment(deps, entry))),
    follow(subjects.trust, (event) => event.kind === "entry" && takeTrust(deps, event.entry)),
    follow(subjects.allCompiled, onCompiled),
    loader.run,
  );
  return { reading: { through }, done };
}

/** The end of a subject, which for views is the id and for proxies the uid. */
function lastToken({ subject }: Entry): string {
  return subject.slice(subject.lastIndexOf(".") + 1);
}

function takeProxy({ world, streams, subjects }: FollowDeps, entry: Entry): void {
  const uid = lastToken(entry);
  if (!entry.bytes) {
    world.proxies.delete(uid);
    streams.proxyGone(uid);
    return;
  }
  const proxy = decodeJson(proxyPayload, entry.bytes);
  if (subjects.proxy(proxy.uid) !== entry.subject) return;
  world.proxies.set(uid, proxy);
  streams.proxyMoved(uid);
}

function takeAssignment({ world, streams }: FollowDeps, { bytes }: Entry): void {
  // A withdrawn assignment is one that no view lists any more: nobody is left to be told.
  if (!bytes) return;
  const { name, digest, bytes: content } = decodeJson(endpointsPayload, bytes);
  const from = world.assignments.get(name)?.version ?? "absent";
  if (from === digest) return;
  const sealed = sealResource({ typeUrl: typeUrls.EDS, name, version: digest, bytes: Buffer.from(content, "base64") });
  world.assignments.set(name, { version: digest, bytes: sealed });
  streams.assignmentChanged(name, from);
}

function takeTrust({ world, streams, changed }: FollowDeps, { bytes }: Entry): void {
  if (!bytes) return;
  const from = world.trust?.version ?? "absent";
  world.trust = trustOf(decodeJson(trustPayload, bytes));
  if (world.trust.version !== from) streams.trustChanged(from);
  changed();
}

/** Views wait here until all their resources are at hand; the newest of each is what counts. */
function createViewLoader(deps: FollowDeps) {
  const { world, streams, log } = deps;
  const wanted = new Map<ViewId, ViewPayload>();
  let failures = 0;

  const failure = Promise.withResolvers<void>();
  const loadAll = async () => {
    for (const [id, view] of wanted) {
      const whole = await loadView(world, view, deps);
      if (wanted.get(id) !== view) continue;
      if (whole) {
        wanted.delete(id);
        failures = 0;
        const before = world.views.get(id);
        world.views.set(id, activate(view));
        streams.viewChanged(before, activate(view));
        deps.changed();
      } else {
        failures++;
        log.warn({ view: id, failures }, "view incomplete, earlier one stays");
        await sleep(backoffMs({ firstMs: 50, maxMs: 2000 }, failures, Math.random()), deps.signal);
        if (!deps.signal.aborted) pump.trigger();
      }
    }
  };
  const pump = createPump(loadAll, failure.reject);

  return {
    busy: () => wanted.size > 0,
    take: ({ bytes, subject }: Entry) => {
      if (!bytes) return void forget(deps, wanted, subject);
      const view = decodeJson(viewPayload, bytes);
      if (world.views.get(view.id)?.payload.digest === view.digest) return void wanted.delete(view.id);
      wanted.set(view.id, view);
      pump.trigger();
    },
    run: async (signal: AbortSignal) => {
      signal.addEventListener("abort", () => failure.resolve(), { once: true });
      await failure.promise;
      await pump.idle();
    },
  };
}

function forget({ world, subjects }: FollowDeps, wanted: Map<ViewId, ViewPayload>, subject: string): void {
  for (const id of [...wanted.keys(), ...world.views.keys()]) {
    if (subjects.view(id) !== subject) continue;
    wanted.delete(id);
    world.views.delete(id);
  }
}
