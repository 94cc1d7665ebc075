import type { XdsType } from "@osm/model";
import { draftDelete, drafted } from "./draft-map.ts";
import type { Holding } from "./holding.ts";
import { doubted, nothing } from "./holding.ts";
import type { DeltaRequest, Target, VersionedName } from "./protocol.ts";
import type { Ledger, StreamState, TypeState } from "./stream-state.ts";
import { closeLedger, isSubscribed, note, noteAsked, noNames, openLedger, withType } from "./stream-state.ts";

const wildcardName = "*";
const noVersions: ReadonlyMap<string, string> = new Map();

/** One request's subscription changes under way. */
interface Draft {
  readonly type: XdsType;
  readonly target: Target;
  readonly ledger: Ledger;
  readonly names: Set<string>;
  readonly again: Set<string>;
  /** What is in flight, name → version; undefined when nothing is. */
  readonly inFlight: ReadonlyMap<string, string> | undefined;
  readonly crossed: Set<string>;
  /** What the proxy says it holds from before. */
  readonly initial: ReadonlyMap<string, string>;
  /** Assignments of clusters that are on their way to the proxy. */
  readonly warmingInFlight: ReadonlySet<string>;
  wildcard: boolean;
  greet: boolean;
}

/**
 * Applies what a request asks for, and what it says the proxy holds from before. A name asked for is answered, held or
 * not, as the xDS protocol wants; only on the first request does a version that is still right make that needless.
 */
export function subscribe(stream: StreamState, request: DeltaRequest, target: Target): StreamState {
  const state = stream.types[request.type];
  if (state.asked && request.subscribe.length === 0 && request.unsubscribe.length === 0) return stream;

  const draft = openDraft(stream, request, target);
  for (const name of request.unsubscribe) drop(draft, name);
  for (const name of request.subscribe) if (name !== wildcardName) add(draft, name);
  if (asksForAll(state, request) && !draft.wildcard) addAll(draft);
  return withType(stream, request.type, closeDraft(state, draft));
}

/** Only for clusters and listeners does an empty first request mean all; an Envoy without routes sends one too. */
function asksForAll(state: TypeState, request: DeltaRequest): boolean {
  if (request.subscribe.includes(wildcardName)) return true;
  const legacy = request.type === "CDS" || request.type === "LDS";
  return legacy && !state.asked && request.subscribe.length === 0;
}

function openDraft(stream: StreamState, request: DeltaRequest, target: Target): Draft {
  const { type } = request;
  const state = stream.types[type];
  return {
    type,
    target,
    ledger: openLedger(state),
    names: new Set(state.names),
    again: new Set(state.again),
    inFlight: state.inFlight && new Map(state.inFlight.put.map(({ name, version }) => [name, version])),
    crossed: new Set(state.inFlight?.crossed),
    initial: state.asked ? noVersions : request.initial,
    warmingInFlight: type === "EDS" ? new Set(assignmentsFor(stream.types.CDS.inFlight?.put ?? [], target)) : noNames,
    wildcard: state.wildcard,
    greet: state.greet,
  };
}

function closeDraft(state: TypeState, draft: Draft): TypeState {
  return {
    ...state,
    ...closeLedger(draft.ledger),
    asked: true,
    wildcard: draft.wildcard,
    greet: draft.greet,
    names: draft.names.size === 0 ? noNames : draft.names,
    again: draft.again.size === 0 ? noNames : draft.again,
    inFlight: state.inFlight && { ...state.inFlight, crossed: draft.crossed },
  };
}

function add(draft: Draft, name: string): void {
  draft.names.add(name);
  draftDelete(draft.ledger.rejected, name);
  const holding = draft.inFlight ? crossing(draft, draft.inFlight, name) : fromBefore(draft, name);
  noteAsked(draft.ledger, name, { holding, wanted: draft.target.version(draft.type, name) });
  // A changed cluster that went out ahead of this first request warms until it gets its assignment.
  if (draft.warmingInFlight.has(name)) draft.again.add(name);
}

/** A question that crosses an answer: the proxy may have it by now, and is answered all the same. */
function crossing(draft: Draft, inFlight: ReadonlyMap<string, string>, name: string): Holding {
  draft.crossed.add(name);
  const version = inFlight.get(name);
  return version === undefined ? nothing : doubted(nothing, version);
}

function fromBefore(draft: Draft, name: string): Holding {
  const version = draft.initial.get(name);
  return version === undefined ? nothing : { kind: "one", version };
}

/** A name that the wildcard still covers is sent again: the proxy may have forgotten it (xDS protocol). */
function drop(draft: Draft, name: string): void {
  if (name === wildcardName) return dropAll(draft);
  if (!draft.names.delete(name)) return;
  forgetName(draft, name);
  if (!draft.wildcard) return;
  const holding = draft.inFlight ? crossing(draft, draft.inFlight, name) : nothing;
  noteAsked(draft.ledger, name, { holding, wanted: draft.target.version(draft.type, name) });
}

function forgetName(draft: Draft, name: string): void {
  draft.again.delete(name);
  draftDelete(draft.ledger.deviations, name);
  draftDelete(draft.ledger.rejected, name);
}

function addAll(draft: Draft): void {
  draft.wildcard = true;
  draft.greet = draft.initial.size === 0;
  for (const name of [...draft.target.names(draft.type), ...draft.initial.keys()]) {
    if (draft.names.has(name)) continue;
    note(draft.ledger, name, { holding: fromBefore(draft, name), wanted: draft.target.version(draft.type, name) });
  }
}

function dropAll(draft: Draft): void {
  draft.wildcard = false;
  draft.greet = false;
  for (const name of [...draft.target.names(draft.type), ...drafted(draft.ledger.deviations).keys()]) {
    if (!draft.names.has(name)) forgetName(draft, name);
  }
}

/** The assignments to send once more because clusters that take their endpoints from them have just been sent. */
export function assignmentsOf(assignments: TypeState, clusters: readonly VersionedName[], target: Target): ReadonlySet<string> {
  const subscribed = assignmentsFor(clusters, target).filter((name) => isSubscribed(assignments, name));
  return subscribed.length === 0 ? assignments.again : new Set([...assignments.again, ...subscribed]);
}

/** A cluster of which nothing is known takes its endpoints from the assignment of its own name. */
function assignmentsFor(clusters: readonly VersionedName[], target: Target): readonly string[] {
  return clusters.flatMap(({ name, version }) => target.needs("CDS", name, version) ?? [name]);
}
