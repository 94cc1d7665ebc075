import type { XdsType } from "@osm/model";
import { xdsTypes } from "@osm/model";
import type { DeltaRequest, DeltaSend } from "../src/index.ts";
import type { Content, Contents } from "./world.ts";

/**
 * What Envoy was seen to do over delta ADS, as far as it bears on order: warming, the CDS ACK withheld until all is
 * warm, no second subscription to the assignment of a changed cluster, half-applied rejections that are not booked,
 * listeners that drain and only then let go of their routes, and what it tells a new stream.
 */
export interface Envoy {
  readonly contents: Contents;
  /** Its first clusters are warm; only then are listeners asked for, and CDS ACKs withheld while clusters warm. */
  booted: boolean;
  clustersSeen: boolean;
  readonly clusters: Map<string, string>;
  readonly warmingClusters: Map<string, { readonly version: string; assigned: boolean }>;
  readonly assignments: Map<string, string>;
  readonly listeners: Map<string, string>;
  readonly warmingListeners: Map<string, string>;
  /** Versions of listeners that are gone or replaced, and still serve their old connections. */
  readonly draining: Set<string>;
  readonly routes: Map<string, string>;
  /** Filter configurations; a chain that waits for one is not in service. */
  readonly filters: Map<string, string>;
  /** Routes and filters subscribed to, and rejected: nobody waits for these any more. */
  readonly failed: Set<string>;
  readonly secrets: Map<string, string>;
  /** Versions it would tell a new stream. */
  readonly booked: Readonly<Record<XdsType, Map<string, string>>>;
  /** Named subscriptions told on this stream; undefined before the first request of the type. */
  readonly told: Map<XdsType, Set<string>>;
  /** Types that were asked for on any stream. */
  readonly everAsked: Set<XdsType>;
  outbox: DeltaRequest[];
  /** Requests for clusters, kept back while clusters warm. */
  withheld: DeltaRequest[];
  /** What must never happen, and did. */
  readonly wrongs: string[];
}

export function newEnvoy(contents: Contents): Envoy {
  const map = (): Map<string, string> => new Map();
  return {
    contents,
    booted: false,
    clustersSeen: false,
    clusters: map(),
    warmingClusters: new Map(),
    assignments: map(),
    listeners: map(),
    warmingListeners: map(),
    draining: new Set(),
    routes: map(),
    filters: map(),
    failed: new Set(),
    secrets: map(),
    booked: { CDS: map(), EDS: map(), ECDS: map(), LDS: map(), RDS: map(), SDS: map() },
    told: new Map(),
    everAsked: new Set(),
    outbox: [],
    withheld: [],
    wrongs: [],
  };
}

/** Opens a new stream: every type asked for before is asked for again, with what is held. */
export function connect(envoy: Envoy): void {
  envoy.outbox = [];
  envoy.withheld = [];
  envoy.told.clear();
  envoy.everAsked.add("CDS");
  for (const type of ["CDS", "EDS", "SDS", "LDS", "ECDS", "RDS"] as const) if (envoy.everAsked.has(type)) ask(envoy, type);
}

export function receive(envoy: Envoy, send: DeltaSend): void {
  if (send.type === "CDS") envoy.clustersSeen = true;
  const words = take(envoy, send);
  warmUp(envoy);
  if (words === undefined) book(envoy, send);
  tellSubscriptions(envoy);
  post(envoy, { ...request(send.type), nonce: send.nonce, error: words });
  finish(envoy);
}

/** Drain time is over: routes that only drained listeners used are let go. */
export function drain(envoy: Envoy): boolean {
  if (envoy.draining.size === 0) return false;
  envoy.draining.clear();
  tellSubscriptions(envoy);
  finish(envoy);
  return true;
}

/** `initial_fetch_timeout`: what still warms goes on with what there is. Returns the clusters it took. */
export function timeOut(envoy: Envoy): readonly string[] {
  const stalled = [...envoy.warmingClusters].filter(([, { assigned }]) => !assigned).map(([name]) => name);
  for (const one of envoy.warmingClusters.values()) one.assigned = true;
  warmUp(envoy);
  finish(envoy);
  return stalled;
}

/** The words of a rejection, or undefined when all was applied. */
function take(envoy: Envoy, send: DeltaSend): string | undefined {
  if (send.put.some(({ version }) => flawOf(envoy, send.type, version) === "unreadable")) return givenUp(envoy, send.type, "cannot unpack");
  switch (send.type) {
    case "CDS":
      return takeClusters(envoy, send);
    case "EDS":
      return takeAssignments(envoy, send);
    case "LDS":
      return takeListeners(envoy, send);
    case "ECDS":
    case "RDS":
      return takeWatched(envoy, send.type, send);
    case "SDS":
      return takeSecrets(envoy, send);
  }
}

function flawOf(envoy: Envoy, type: XdsType, version: string): Content["flaw"] {
  return type === "SDS" ? "none" : envoy.contents.of(version).flaw;
}

/** Applies each put apart; the words name the flawed ones as far as their flaws allow. */
function applyEach(envoy: Envoy, send: DeltaSend, apply: (name: string, version: string) => void): string | undefined {
  const words: string[] = [];
  for (const { name, version } of send.put) {
    const flaw = flawOf(envoy, send.type, version);
    if (flaw === "none") apply(name, version);
    else words.push(flaw === "named" ? `${name}: refused` : "refused");
  }
  return words.length === 0 ? undefined : givenUp(envoy, send.type, `error adding ${words.join(", ")}`);
}

/** A rejected update ends the wait of what warms for that type. */
function givenUp(envoy: Envoy, type: XdsType, words: string): string {
  if (type === "EDS") for (const one of envoy.warmingClusters.values()) one.assigned = true;
  if (type === "RDS" || type === "ECDS") for (const name of wantedNames(envoy, type)) envoy.failed.add(name);
  return words;
}

function takeClusters(envoy: Envoy, send: DeltaSend): string | undefined {
  if (envoy.booted && envoy.warmingClusters.size > 0) envoy.wrongs.push("clusters sent while their ACK is withheld");
  const words = applyEach(envoy, send, (name, version) => {
    if (envoy.warmingClusters.get(name)?.version === version) return;
    envoy.warmingClusters.delete(name);
    if (envoy.clusters.get(name) !== version) envoy.warmingClusters.set(name, { version, assigned: false });
  });
  for (const name of send.removed) for (const map of [envoy.clusters, envoy.warmingClusters, envoy.assignments]) map.delete(name);
  return words;
}

function takeAssignments(envoy: Envoy, send: DeltaSend): string | undefined {
  const words = applyEach(envoy, send, (name, version) => {
    if (!wantedNames(envoy, "EDS").has(name)) return;
    envoy.assignments.set(name, version);
    const warming = envoy.warmingClusters.get(name);
    if (warming) warming.assigned = true;
  });
  for (const name of send.removed) {
    if (envoy.clusters.has(name) && envoy.assignments.has(name)) envoy.wrongs.push(`assignment ${name} taken from a live cluster`);
  }
  return words;
}

function takeListeners(envoy: Envoy, send: DeltaSend): string | undefined {
  for (const name of send.removed) {
    retire(envoy, name);
    envoy.warmingListeners.delete(name);
  }
  return applyEach(envoy, send, (name, version) => {
    const address = envoy.contents.of(version).address;
    for (const [other, theirs] of [...envoy.listeners, ...envoy.warmingListeners]) {
      if (other !== name && envoy.contents.of(theirs).address === address) envoy.wrongs.push(`${name} and ${other} claim ${address}`);
    }
    envoy.warmingListeners.delete(name);
    if (envoy.listeners.get(name) !== version) envoy.warmingListeners.set(name, version);
  });
}

/** Routes and filters. Each has a watch of its own, and the first exception ends the round. */
function takeWatched(envoy: Envoy, type: "ECDS" | "RDS", send: DeltaSend): string | undefined {
  const held = type === "RDS" ? envoy.routes : envoy.filters;
  const wanted = wantedNames(envoy, type);
  for (const name of send.removed) if (wanted.has(name) && held.has(name)) envoy.wrongs.push(`${type} ${name} taken from a listener`);
  const firstFlawed = send.put.findIndex(({ version }) => flawOf(envoy, type, version) === "unnamed");
  const reached = firstFlawed < 0 ? send.put : send.put.slice(0, firstFlawed + 1);
  return applyEach(envoy, { ...send, put: reached }, (name, version) => {
    if (wanted.has(name)) held.set(name, version);
  });
}

function takeSecrets(envoy: Envoy, send: DeltaSend): string | undefined {
  for (const name of send.removed) if (envoy.secrets.has(name)) envoy.wrongs.push(`secret ${name} taken away`);
  return applyEach(envoy, send, (name, version) => envoy.secrets.set(name, version));
}

function warmUp(envoy: Envoy): void {
  for (const [name, { version, assigned }] of [...envoy.warmingClusters]) {
    if (!assigned || !envoy.secrets.has("trust")) continue;
    envoy.clusters.set(name, version);
    envoy.warmingClusters.delete(name);
  }
  for (const [name, version] of [...envoy.warmingListeners]) {
    const { route, filter } = envoy.contents.of(version);
    const isThere = (held: ReadonlyMap<string, string>, what: string | undefined): boolean => what === undefined || held.has(what) || envoy.failed.has(what);
    if (envoy.secrets.has("identity") && isThere(envoy.routes, route) && isThere(envoy.filters, filter)) activate(envoy, name);
  }
}

function activate(envoy: Envoy, name: string): void {
  const version = envoy.warmingListeners.get(name);
  if (version === undefined) return;
  retire(envoy, name);
  envoy.warmingListeners.delete(name);
  envoy.listeners.set(name, version);
}

function retire(envoy: Envoy, name: string): void {
  const version = envoy.listeners.get(name);
  if (version !== undefined) envoy.draining.add(version);
  envoy.listeners.delete(name);
}

function book(envoy: Envoy, send: DeltaSend): void {
  const named = send.type === "CDS" || send.type === "LDS" ? undefined : wantedNames(envoy, send.type);
  for (const { name, version } of send.put) if (named === undefined || named.has(name)) envoy.booked[send.type].set(name, version);
  for (const name of send.removed) envoy.booked[send.type].delete(name);
}

/** What it subscribes to by name, from what it has. */
export function wantedNames(envoy: Envoy, type: XdsType): ReadonlySet<string> {
  const clusters = [...envoy.clusters.keys(), ...envoy.warmingClusters.keys()];
  const listeners = [...envoy.listeners.values(), ...envoy.warmingListeners.values()];
  switch (type) {
    case "CDS":
    case "LDS":
      return new Set();
    case "EDS":
      return new Set(clusters);
    case "ECDS":
      return new Set([...listeners, ...envoy.draining].flatMap((version) => envoy.contents.of(version).filter ?? []));
    case "RDS":
      return new Set([...listeners, ...envoy.draining].flatMap((version) => envoy.contents.of(version).route ?? []));
    case "SDS":
      return new Set([...(clusters.length > 0 ? ["trust"] : []), ...(listeners.length > 0 ? ["identity"] : [])]);
  }
}

function tellSubscriptions(envoy: Envoy): void {
  for (const type of ["EDS", "ECDS", "RDS", "SDS"] as const) {
    const wanted = wantedNames(envoy, type);
    forgetUnwanted(envoy, type, wanted);
    const told = envoy.told.get(type);
    if (told === undefined) {
      if (wanted.size > 0) ask(envoy, type);
      continue;
    }
    const subscribe = [...wanted.difference(told)];
    const unsubscribe = [...told.difference(wanted)];
    if (subscribe.length + unsubscribe.length > 0) post(envoy, { ...request(type), subscribe, unsubscribe });
    envoy.told.set(type, new Set(wanted));
  }
}

function forgetUnwanted(envoy: Envoy, type: "EDS" | "ECDS" | "RDS" | "SDS", wanted: ReadonlySet<string>): void {
  const told = envoy.told.get(type);
  for (const name of told ?? []) if (!wanted.has(name)) envoy.failed.delete(name);
  const held = { EDS: envoy.assignments, ECDS: envoy.filters, RDS: envoy.routes, SDS: envoy.secrets }[type];
  for (const map of [held, envoy.booked[type]]) for (const name of [...map.keys()]) if (!wanted.has(name)) map.delete(name);
}

function ask(envoy: Envoy, type: XdsType): void {
  const wanted = wantedNames(envoy, type);
  envoy.everAsked.add(type);
  envoy.told.set(type, new Set(wanted));
  post(envoy, { ...request(type), subscribe: [...wanted], initial: new Map(envoy.booked[type]) });
}

function request(type: XdsType): DeltaRequest {
  return { type, nonce: "", subscribe: [], unsubscribe: [], initial: new Map(), error: undefined };
}

function post(envoy: Envoy, message: DeltaRequest): void {
  const isWithheld = message.type === "CDS" && envoy.booted && envoy.warmingClusters.size > 0;
  (isWithheld ? envoy.withheld : envoy.outbox).push(message);
}

function finish(envoy: Envoy): void {
  if (envoy.warmingClusters.size === 0) {
    envoy.outbox.push(...envoy.withheld);
    envoy.withheld = [];
    if (envoy.clustersSeen && !envoy.booted) {
      envoy.booted = true;
      ask(envoy, "LDS");
    }
  }
  checkReferences(envoy);
}

/** No traffic may be led to a cluster that is not there, or was never warm. */
function checkReferences(envoy: Envoy): void {
  const routes = [...wantedNames(envoy, "RDS")].flatMap((name) => envoy.routes.get(name) ?? []);
  const filters = [...wantedNames(envoy, "ECDS")].flatMap((name) => envoy.filters.get(name) ?? []);
  for (const version of [...envoy.listeners.values(), ...routes, ...filters]) {
    for (const cluster of envoy.contents.of(version).needs) {
      if (!envoy.clusters.has(cluster)) envoy.wrongs.push(`${version} points to ${cluster}, which is not there`);
    }
  }
}

/** Type → name → version, warming or not. */
export function holdingsOf(envoy: Envoy): Readonly<Record<XdsType, ReadonlyMap<string, string>>> {
  return {
    CDS: new Map([...envoy.clusters, ...[...envoy.warmingClusters].map(([name, { version }]) => [name, version] as const)]),
    EDS: envoy.assignments,
    ECDS: envoy.filters,
    LDS: new Map([...envoy.listeners, ...envoy.warmingListeners]),
    RDS: envoy.routes,
    SDS: envoy.secrets,
  };
}

/** True when a new stream would be told what it really has. A rejected response, half applied, leaves it untrue. */
export function isTruthful(envoy: Envoy): boolean {
  const has = holdingsOf(envoy);
  return xdsTypes.every((type) => {
    const booked = envoy.booked[type];
    return booked.size === has[type].size && [...booked].every(([name, version]) => has[type].get(name) === version);
  });
}
