import type { XdsType } from "@osm/model";
import type { AdsEvent, Answer, DeltaRequest } from "./protocol.ts";
import { isWholeSet, mayBeNamedAgain, versionOfContents, wantedContents, wholeOf } from "./sotw-contents.ts";
import type { SotwEvent, SotwRequest, SotwSend, SotwTarget } from "./sotw-protocol.ts";
import { step } from "./step.ts";
import type { StreamState, Traits } from "./stream-state.ts";
import { newStream, noNames } from "./stream-state.ts";
import type { Item } from "./verdicts.ts";

/** What a proxy asks for of one type. */
interface Wants {
  /** `*` stands for all. */
  readonly names: ReadonlySet<string>;
  /** It never named any: then an empty list means all clusters or listeners, and goes on to mean that. */
  readonly nameless: boolean;
}

/** A state-of-the-world stream: an incremental one, and what the proxy asked for last. */
export interface SotwState {
  readonly stream: StreamState;
  readonly wants: ReadonlyMap<XdsType, Wants>;
}

export interface SotwStep {
  readonly state: SotwState;
  /** To be sent in this order. */
  readonly send: readonly SotwSend[];
  readonly answers: readonly Answer[];
}

export function newSotwStream({ alone = false }: Pick<Partial<Traits>, "alone"> = {}): SotwState {
  return { stream: newStream({ alone, whole: true }), wants: new Map() };
}

/**
 * One event on one state-of-the-world stream, with the guarantees of `step`. Whoever sends must have the bytes of every
 * version that the proxy may hold, not only the target's: a set of clusters or listeners names those that stay.
 */
export function stepSotw(state: SotwState, event: SotwEvent, target: SotwTarget): SotwStep {
  const { wants, event: incremental } = translated(state, event, target);
  const { state: stream, send, answers } = step(state.stream, incremental, target);
  return { state: { stream, wants }, send: send.map((each) => wholeOf({ ...stream, target }, each)), answers };
}

/** Versions whose bytes have to be at hand though the target may have moved on: those of clusters and listeners that the proxy may have. */
export function neededAgain({ stream }: SotwState, target: SotwTarget): Iterable<Item> {
  return mayBeNamedAgain({ ...stream, target });
}

interface Translated {
  readonly wants: SotwState["wants"];
  readonly event: AdsEvent;
}

function translated({ wants }: SotwState, event: SotwEvent, target: SotwTarget): Translated {
  switch (event.kind) {
    case "retarget":
      return { wants, event };
    case "request": {
      const { request } = event;
      const before = wants.get(request.type);
      const after = wantsAfter(before, request);
      return {
        wants: new Map(wants).set(request.type, after),
        event: { kind: "request", request: incremental(request, { before, after }, target) },
      };
    }
  }
}

function wantsAfter(before: Wants | undefined, { type, names }: SotwRequest): Wants {
  const nameless = (before?.nameless ?? true) && names.length === 0;
  return { nameless, names: new Set(nameless && isWholeSet(type) ? ["*"] : names) };
}

const nothingKnown: ReadonlyMap<string, string> = new Map();

interface Move {
  readonly before: Wants | undefined;
  readonly after: Wants;
}

function incremental({ type, nonce, version, error }: SotwRequest, { before, after }: Move, target: SotwTarget): DeltaRequest {
  const known = before?.names ?? noNames;
  const subscribe = [...after.names.difference(known)];
  const unsubscribe = [...known.difference(after.names)];
  const initial = before === undefined ? broughtAlong(target, { type, version }, after.names) : nothingKnown;
  return { type, nonce, subscribe, unsubscribe, initial, error };
}

/** What the proxy holds from before, if its version is the target's, or is remembered. */
function broughtAlong(target: SotwTarget, { type, version }: Pick<SotwRequest, "type" | "version">, names: ReadonlySet<string>): ReadonlyMap<string, string> {
  if (version === "") return nothingKnown;
  const contents = wantedContents(target, type, names);
  if (versionOfContents(contents) === version) return contents;
  return target.recall(type, version) ?? nothingKnown;
}
