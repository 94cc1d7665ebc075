import { blame } from "./blame.ts";
import { draftSet } from "./draft-map.ts";
import type { Holding } from "./holding.ts";
import { doubted, toldNothing, without } from "./holding.ts";
import type { Answer, DeltaRequest, Target } from "./protocol.ts";
import type { InFlight, StreamState, TypeState } from "./stream-state.ts";
import { closeLedger, holdingOf, isSubscribed, note, noteAsked, openLedger, withType } from "./stream-state.ts";

export interface Answered {
  readonly stream: StreamState;
  readonly answers: readonly Answer[];
}

/** Takes an ACK or a NACK of what is in flight. Any other nonce is stale and says nothing. */
export function takeAnswer(before: StreamState, request: DeltaRequest, target: Target): Answered {
  const { type, error } = request;
  const state = before.types[type];
  const inFlight = state.inFlight;
  if (inFlight === undefined || request.nonce !== inFlight.nonce) return { stream: before, answers: [] };
  const stream = before.heard ? before : { ...before, heard: true };
  if (error === undefined || inFlight.put.length === 0) {
    const answer = { type, put: inFlight.put, guilty: [], error };
    return { stream: withType(stream, type, accepted(state, inFlight, (name) => target.version(type, name))), answers: [answer] };
  }
  return rejected(stream, { ...request, error, inFlight }, target);
}

/**
 * A response without a put counts as accepted whatever Envoy says: it has no version to hold against it, and sending a
 * refused removal again would go on for ever.
 */
function accepted(state: TypeState, inFlight: InFlight, wanted: (name: string) => string): TypeState {
  const ledger = openLedger(state);
  const noteAnswered = (name: string, holding: Holding): void => {
    if (inFlight.crossed.has(name)) return;
    if (state.names.has(name)) noteAsked(ledger, name, { holding, wanted: wanted(name) });
    else if (state.wildcard) note(ledger, name, { holding, wanted: wanted(name) });
  };
  for (const { name, version } of inFlight.put) noteAnswered(name, { kind: "one", version });
  for (const name of inFlight.removed) noteAnswered(name, toldNothing);
  return { ...state, ...closeLedger(ledger), inFlight: undefined, lastWasTrial: inFlight.trial };
}

type Rejection = DeltaRequest & { readonly error: string; readonly inFlight: InFlight };

/**
 * What was not guilty is in doubt and goes out once more, removals included: Envoy books nothing of a response that it
 * rejects, and would tell the next stream that it holds what it held before.
 */
function rejected(stream: StreamState, { type, error, inFlight }: Rejection, target: Target): Answered {
  const state = stream.types[type];
  const { guilty, trials } = blame(inFlight, error);
  const look = { ...stream, target };
  const ledger = openLedger(state);
  const revise = (name: string, opinion: (before: Holding) => Holding): void => {
    if (!isSubscribed(state, name)) return;
    note(ledger, name, { holding: opinion(holdingOf(look, type, name)), wanted: target.version(type, name) });
  };
  for (const { name, version } of inFlight.put.filter((put) => !guilty.includes(put))) revise(name, (before) => doubted(before, version));
  for (const name of inFlight.removed) revise(name, (before) => doubted(before, "absent"));
  for (const { name, version } of guilty) {
    revise(name, (before) => without(before, version));
    if (version === target.version(type, name)) draftSet(ledger.rejected, name, version);
  }
  // What was left out of a rejected set may be gone all the same: only a set that is accepted tells what is there.
  const greet = state.greet || (stream.traits.whole && state.wildcard);
  const next = { ...state, ...closeLedger(ledger), trials: [...trials, ...state.trials], inFlight: undefined, lastWasTrial: false, greet };
  return { stream: withType(stream, type, next), answers: [{ type, put: inFlight.put, guilty, error }] };
}
