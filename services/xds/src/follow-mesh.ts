import { sealResource } from "@osm/ads";
import type { Entry, WatchEvent } from "@osm/bus";
import { typeUrls } from "@osm/model";
import { runTasks } from "@osm/runtime";
import { compiledPayload, decodeJson, endpointsPayload, proxyPayload, sentOffering, sentView, trustPayload, type CompiledPayload, type Origin } from "@osm/wire";
import type { Changes } from "./changes.ts";
import type { BlobSources } from "./load-view.ts";
import type { Quarantine } from "./quarantine.ts";
import type { Streams } from "./streams.ts";
import { trustOf } from "./secrets.ts";
import { createTelling, unlessUnreadable } from "./telling.ts";
import { createViewLoader, type ViewLoader } from "./view-loader.ts";
import type { World } from "./world.ts";

export interface FollowDeps extends BlobSources {
  readonly world: World;
  readonly streams: Streams;
  readonly quarantine: Quarantine;
  readonly changes: Changes;
  readonly signal: AbortSignal;
  /** The world changed, or more of it is complete. */
  readonly changed: () => void;
}

/** How far the bus has been read. */
export interface Reading {
  /** All that follows from facts up to this one is in the world; undefined before any compiler has spoken. */
  through(): number | undefined;
}

/** Keeps the world equal to what compilers and the certificate authority say, until the signal aborts. */
export function followMesh(deps: FollowDeps): { readonly reading: Reading; readonly done: Promise<void> } {
  const { bus, subjects, signal, log, quarantine, changes } = deps;
  const compiled = new Map<string, CompiledPayload>();
  const loader = createViewLoader({ ...deps, changed: () => changed() });
  const tellings = tellingsOf(deps, loader);

  const has = ({ wrote }: CompiledPayload) => (["view", "offering", "proxy", "endpoints"] as const).every((noun) => tellings[noun].reached(wrote[noun]));
  /** All that follows from facts up to this one has been heard. */
  const told = () => {
    const spoken = [...compiled.values()];
    if (spoken.length === 0 || !spoken.every(has)) return undefined;
    // What is owned by one that has not spoken yet may not be there at all.
    if (!spoken.every(({ beside }) => beside.every((member) => compiled.has(subjects.compiled(member))))) return undefined;
    return Math.min(...spoken.map(({ revision }) => revision));
  };
  const through = () => (loader.busy() || !quarantine.isCurrent() ? undefined : told());
  const changed = () => {
    // A view of the stream before may wait for what nobody will say again: it is let go of first.
    if (told() !== undefined) for (const telling of Object.values(tellings)) telling.settle();
    const upTo = through();
    if (upTo !== undefined) changes.reached(upTo);
    deps.changed();
  };
  const follow = (filter: string, on: (event: WatchEvent, origin: Origin | undefined) => void) => async () => {
    const originOf = changes.reader();
    for await (const event of bus.watch(filter, { signal })) {
      const origin = originOf(event);
      unlessUnreadable(log, () => on(event, origin));
      changed();
    }
  };
  const trusted = (event: WatchEvent, origin: Origin | undefined) => {
    if (event.kind === "entry") takeTrust(deps, event.entry);
    changes.applied(origin);
  };
  const saidAll = (event: WatchEvent, origin: Origin | undefined) => {
    takeCompiled(compiled, event);
    if (event.kind === "entry") changes.said(origin, compiled.get(event.entry.subject)?.revision ?? 0);
  };
  const followVerdicts = async () => {
    for await (const event of bus.watch(subjects.verdicts, { signal })) {
      await quarantine.take(event);
      changed();
    }
  };
  const done = runTasks(
    signal,
    follow(subjects.views, tellings.view.take),
    follow(subjects.offerings, tellings.offering.take),
    follow(subjects.proxies, tellings.proxy.take),
    follow(subjects.allEndpoints, tellings.endpoints.take),
    follow(subjects.trust, trusted),
    follow(subjects.allCompiled, saidAll),
    followVerdicts,
    loader.run,
  );
  return { reading: { through }, done };
}

function tellingsOf(deps: FollowDeps, loader: ViewLoader) {
  const { world, streams, subjects, log } = deps;
  const proxyGone = (uid: string) => {
    world.proxies.delete(uid);
    streams.proxyGone(uid);
  };
  const lost = <T>(all: Iterable<T>, subjectOf: (item: T) => string, told: ReadonlySet<string>) => [...all].filter((item) => !told.has(subjectOf(item)));
  return {
    view: createTelling({
      log,
      on: (entry) => takeView(deps, loader, entry),
      keepOnly: (told) => lost(loader.known.ids(), subjects.view, told).forEach(loader.forget),
    }),
    offering: createTelling({
      log,
      on: (entry) => takeOffering(deps, loader, entry),
      keepOnly: (told) => lost(loader.known.offerings(), subjects.offering, told).forEach(loader.forgetOffering),
    }),
    proxy: createTelling({
      log,
      on: (entry) => (entry.bytes ? takeProxy(deps, entry.subject, entry.bytes) : proxyGone(lastToken(entry))),
      keepOnly: (told) => lost(world.proxies.values(), ({ uid }) => subjects.proxy(uid), told).forEach(({ uid }) => proxyGone(uid)),
    }),
    endpoints: createTelling({
      log,
      on: (entry) => takeAssignment(deps, entry),
      keepOnly: (told) => lost(world.assignments.keys(), subjects.endpoints, told).forEach((name) => world.withdrawn.add(name)),
    }),
  };
}

/** The end of a subject, which for views is the id and for proxies the uid. */
function lastToken({ subject }: Entry): string {
  return subject.slice(subject.lastIndexOf(".") + 1);
}

function takeView({ subjects }: FollowDeps, loader: ViewLoader, { bytes, subject }: Entry): void {
  if (bytes) return loader.take(decodeJson(sentView, bytes));
  for (const id of [...loader.known.ids()]) if (subjects.view(id) === subject) loader.forget(id);
}

function takeOffering({ subjects }: FollowDeps, loader: ViewLoader, { bytes, subject }: Entry): void {
  if (bytes) return loader.takeOffering(decodeJson(sentOffering, bytes));
  for (const id of [...loader.known.offerings()]) if (subjects.offering(id) === subject) loader.forgetOffering(id);
}

function takeProxy({ world, streams, subjects }: FollowDeps, subject: string, bytes: Uint8Array): void {
  const proxy = decodeJson(proxyPayload, bytes);
  if (subjects.proxy(proxy.uid) !== subject) return;
  world.proxies.set(proxy.uid, proxy);
  streams.proxyMoved(proxy.uid);
}

function takeAssignment({ world, streams, subjects }: FollowDeps, { bytes, subject }: Entry): void {
  // A withdrawn assignment is one that no view lists any more: nobody is left to be told.
  if (!bytes) {
    for (const name of world.assignments.keys()) if (subjects.endpoints(name) === subject) world.withdrawn.add(name);
    return;
  }
  const { name, digest, bytes: content } = decodeJson(endpointsPayload, bytes);
  world.withdrawn.delete(name);
  const from = world.assignments.get(name)?.version ?? "absent";
  if (from === digest) return;
  const sealed = sealResource({ typeUrl: typeUrls.EDS, name, version: digest, bytes: Buffer.from(content, "base64") });
  world.assignments.set(name, { version: digest, bytes: sealed });
  streams.assignmentChanged(name, from);
}

function takeTrust({ world, streams }: FollowDeps, { bytes }: Entry): void {
  if (!bytes) return;
  const from = world.trust?.version ?? "absent";
  world.trust = trustOf(decodeJson(trustPayload, bytes));
  if (world.trust.version !== from) streams.trustChanged(from);
}

/** What compilers said of the stream before speaks of numbers that are no more. */
function takeCompiled(compiled: Map<string, CompiledPayload>, event: WatchEvent): void {
  if (event.kind === "reset") compiled.clear();
  if (event.kind !== "entry") return;
  const { subject, bytes } = event.entry;
  if (bytes) compiled.set(subject, decodeJson(compiledPayload, bytes));
  else compiled.delete(subject);
}
