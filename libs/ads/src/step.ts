import type { XdsType } from "@osm/model";
import { xdsTypes } from "@osm/model";
import type { Answered } from "./answer.ts";
import { takeAnswer } from "./answer.ts";
import { wantsHearing } from "./make-before-break.ts";
import type { Due } from "./owed.ts";
import { dueOf, mayOwe } from "./owed.ts";
import type { AdsEvent, Answer, DeltaSend, Target, VersionedName } from "./protocol.ts";
import { retarget } from "./retarget.ts";
import type { Look, StreamState } from "./stream-state.ts";
import { holdingOf, noNames, withType } from "./stream-state.ts";
import { assignmentsOf, subscribe } from "./subscribe.ts";

export interface Step {
  readonly state: StreamState;
  /** To be sent in this order. */
  readonly send: readonly DeltaSend[];
  readonly answers: readonly Answer[];
}

/**
 * One event on one stream. Pure: the argument is untouched, and all that may be sent now is in `send`, at most one
 * response per type in flight. `target` is what holds after the event; every move of it has to come as a `retarget`.
 */
export function step(state: StreamState, event: AdsEvent, target: Target): Step {
  const { stream, answers } = take(state, event, target);
  return { ...flush(stream, target), answers };
}

function take(stream: StreamState, event: AdsEvent, target: Target): Answered {
  switch (event.kind) {
    case "request": {
      const answered = takeAnswer(stream, event.request, target);
      return { stream: subscribe(answered.stream, event.request, target), answers: answered.answers };
    }
    case "retarget":
      return { stream: retarget(stream, event.changes, target), answers: [] };
  }
}

function flush(stream: StreamState, target: Target): Pick<Step, "state" | "send"> {
  let state = stream;
  const send: DeltaSend[] = [];
  for (const type of xdsTypes) {
    const due = mayOwe(state.types[type]) ? dueOf({ ...state, target }, type) : undefined;
    if (due === undefined) continue;
    state = launch({ ...state, target }, type, due);
    send.push({ type, nonce: String(state.sent), put: due.batch.put, removed: due.batch.removed });
  }
  // Who was heard need not be heard again: most events end here.
  if (send.length > 0 || state.heard || !wantsHearing({ ...state, target })) return { state, send };
  state = launch({ ...state, target }, "CDS", { batch: { put: [], removed: [] }, trial: false, trials: state.types.CDS.trials });
  return { state, send: [{ type: "CDS", nonce: String(state.sent), put: [], removed: [] }] };
}

function launch({ target, ...stream }: Look, type: XdsType, { batch, trial, trials }: Due): StreamState {
  const sent = stream.sent + 1;
  const before = stream.types[type];
  const again = before.again.size === 0 ? before.again : before.again.difference(new Set(batch.put.map((put) => put.name)));
  const inFlight = { ...batch, nonce: String(sent), trial, crossed: noNames };
  const next = { ...before, again: again.size === 0 ? noNames : again, trials, inFlight, greet: false };
  const launched = withType({ ...stream, sent }, type, next);
  if (type !== "CDS") return launched;
  // Envoy warms a cluster with a fresh assignment, for which it does not ask where it has it already (15 s without it).
  const { EDS } = launched.types;
  return withType(launched, "EDS", { ...EDS, again: assignmentsOf(EDS, [...batch.put, ...restored(stream)], target) });
}

/** A whole set gives a cluster that is in doubt back as it was before: it may have to warm as well. */
function restored({ traits, types }: StreamState): readonly VersionedName[] {
  if (!traits.whole) return [];
  return [...types.CDS.deviations].flatMap(([name, holding]) =>
    holding.kind === "doubt" && holding.had !== undefined ? [{ name, version: holding.had }] : [],
  );
}

/**
 * Nothing is in flight. What can be sent is on its way when a step ends, so the proxy has all of the target but what it
 * rejected, what is pending, what needs such a cluster, and what Envoy itself has to let go first.
 */
export function isSettled({ types }: StreamState): boolean {
  return xdsTypes.every((type) => types[type].inFlight === undefined);
}

/** The version that the proxy has under a name, by its last ACK; undefined for none, and after a half-applied response. */
export function holds(state: StreamState, target: Target, key: { readonly type: XdsType; readonly name: string }): string | undefined {
  const holding = holdingOf({ ...state, target }, key.type, key.name);
  return holding.kind === "one" ? holding.version : undefined;
}
