import type { XdsType } from "@osm/model";
import { draftDelete, drafted, draftOf, draftSet, type DraftMap } from "./draft-map.ts";
import type { Holding } from "./holding.ts";
import { asWanted, isNothing, matches, nothing } from "./holding.ts";
import type { Target, VersionedName } from "./protocol.ts";

/** What goes into one response. */
export interface Batch {
  readonly put: readonly VersionedName[];
  readonly removed: readonly string[];
}

export interface InFlight extends Batch {
  readonly nonce: string;
  readonly trial: boolean;
  /** Asked for anew while this was under way: an answer that crosses the question does not answer it. */
  readonly crossed: ReadonlySet<string>;
}

/** One type on one stream. Values are shared between states: nothing here is ever changed in place. */
export interface TypeState {
  /** The proxy has sent its first request for this type. */
  readonly asked: boolean;
  readonly wildcard: boolean;
  /** Explicit subscriptions. Copied only when they change. */
  readonly names: ReadonlySet<string>;
  /** Where the proxy differs from the target. A subscribed name that is not in here is held as the target says. */
  readonly deviations: ReadonlyMap<string, Holding>;
  /** Versions that this proxy rejected, while they are still the target's. */
  readonly rejected: ReadonlyMap<string, string>;
  /** Names to send once more though they are held. */
  readonly again: ReadonlySet<string>;
  /** Parts of rejected responses, each to be sent alone. */
  readonly trials: readonly Batch[];
  readonly lastWasTrial: boolean;
  readonly inFlight: InFlight | undefined;
  /** A first wildcard request wants an answer, if only an empty one. */
  readonly greet: boolean;
}

/** What kind of stream it is. */
export interface Traits {
  /** Serves one type: of the others nothing is known, and nothing can be waited for. */
  readonly alone: boolean;
  /** Each response holds all clusters or listeners; what is left out is removed (state of the world). */
  readonly whole: boolean;
}

export type TypeStates = Readonly<Record<XdsType, TypeState>>;

/** All that is kept of one stream: its subscriptions, what is in flight, and how it differs from the shared target. */
export interface StreamState {
  readonly traits: Traits;
  /** Responses sent so far; the nonce of the newest. */
  readonly sent: number;
  /**
   * The proxy has answered something on this stream. Envoy sends the first requests of all types in one go, so from then
   * on a type that was not asked for is not in use.
   */
  readonly heard: boolean;
  readonly types: TypeStates;
}

export const noNames: ReadonlySet<string> = new Set();
const noHoldings: ReadonlyMap<string, Holding> = new Map();
const noVersions: ReadonlyMap<string, string> = new Map();

const unasked: TypeState = {
  asked: false,
  wildcard: false,
  names: noNames,
  deviations: noHoldings,
  rejected: noVersions,
  again: noNames,
  trials: [],
  lastWasTrial: true,
  inFlight: undefined,
  greet: false,
};

/** A stream just opened: aggregated and incremental unless told otherwise. */
export function newStream({ alone = false, whole = false }: Partial<Traits> = {}): StreamState {
  return { traits: { alone, whole }, sent: 0, heard: false, types: { CDS: unasked, EDS: unasked, ECDS: unasked, LDS: unasked, RDS: unasked, SDS: unasked } };
}

export function withType(stream: StreamState, type: XdsType, state: TypeState): StreamState {
  return { ...stream, types: { ...stream.types, [type]: state } };
}

/** The same state, with the names of a type taken from where other streams have theirs. */
export function sharingNames(stream: StreamState, type: XdsType, shelf: (names: ReadonlySet<string>) => ReadonlySet<string>): StreamState {
  const state = stream.types[type];
  const names = state.names.size === 0 ? state.names : shelf(state.names);
  return names === state.names ? stream : withType(stream, type, { ...state, names });
}

/** How many names the proxy has subscribed to, over all types: what a hostile one could let grow. */
export function subscriptionCount(stream: StreamState): number {
  return Object.values(stream.types).reduce((sum, { names }) => sum + names.size, 0);
}

export function isSubscribed(state: TypeState, name: string): boolean {
  return state.wildcard || state.names.has(name);
}

/** A stream beside its target. */
export interface Look extends StreamState {
  readonly target: Target;
}

export function holdingOf(look: Look, type: XdsType, name: string): Holding {
  const state = look.types[type];
  if (!isSubscribed(state, name)) return nothing;
  return state.deviations.get(name) ?? asWanted(look.target.version(type, name));
}

/** The maps of a TypeState, open for changes until they are put back. */
export interface Ledger {
  readonly deviations: DraftMap<Holding>;
  readonly rejected: DraftMap<string>;
}

export function openLedger({ deviations, rejected }: TypeState): Ledger {
  return { deviations: draftOf(deviations), rejected: draftOf(rejected) };
}

export function closeLedger(ledger: Ledger): Pick<TypeState, "deviations" | "rejected"> {
  const [deviations, rejected] = [drafted(ledger.deviations), drafted(ledger.rejected)];
  return { deviations: deviations.size === 0 ? noHoldings : deviations, rejected: rejected.size === 0 ? noVersions : rejected };
}

/** Writes down what the proxy holds under a name; what matches the target needs no entry. */
export function note(ledger: Ledger, name: string, entry: { readonly holding: Holding; readonly wanted: string }): void {
  if (matches(entry.holding, entry.wanted)) draftDelete(ledger.deviations, name);
  else draftSet(ledger.deviations, name, entry.holding);
}

/** Like `note`, but what was asked for and is not there, or not yet, is an open question until it is answered. */
export function noteAsked(ledger: Ledger, name: string, entry: { readonly holding: Holding; readonly wanted: string }): void {
  if (isNothing(entry.holding)) draftSet(ledger.deviations, name, entry.holding);
  else note(ledger, name, entry);
}

/** True when the proxy asked for a name of this type and has to wait. A rejection ends its wait as well as a put does. */
export function hasOpenQuestion({ types, target }: Look, type: XdsType): boolean {
  const { deviations, rejected } = types[type];
  for (const [name, holding] of deviations) {
    if (holding.kind !== "one" && rejected.get(name) !== target.version(type, name)) return true;
  }
  return false;
}

/** True for a name that the proxy may have under some version. */
export function mayHold(look: Look, type: XdsType, name: string): boolean {
  const inFlight = look.types[type].inFlight;
  return !isNothing(holdingOf(look, type, name)) || (inFlight?.put.some((put) => put.name === name) ?? false);
}
