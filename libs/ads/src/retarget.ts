import type { XdsType } from "@osm/model";
import { draftDelete, draftGet } from "./draft-map.ts";
import { asWanted } from "./holding.ts";
import type { Change, Target } from "./protocol.ts";
import type { Ledger, StreamState, TypeState } from "./stream-state.ts";
import { closeLedger, isSubscribed, note, noteAsked, openLedger, withType } from "./stream-state.ts";

/**
 * The target moved under the stream: what was held because it was the target's is written down as a deviation.
 * Costs what changed, whatever the number of subscriptions.
 */
export function retarget(stream: StreamState, changes: readonly Change[], target: Target): StreamState {
  const ledgers = new Map<XdsType, Ledger>();
  for (const change of changes) {
    const state = stream.types[change.type];
    if (!isSubscribed(state, change.name)) continue;
    const ledger = ledgers.get(change.type) ?? openLedger(state);
    ledgers.set(change.type, ledger);
    move(ledger, change, { state, wanted: target.version(change.type, change.name) });
  }
  let moved = stream;
  for (const [type, ledger] of ledgers) moved = withType(moved, type, { ...stream.types[type], ...closeLedger(ledger) });
  return moved;
}

function move(ledger: Ledger, change: Change, to: { readonly state: TypeState; readonly wanted: string }): void {
  const { name } = change;
  const holding = draftGet(ledger.deviations, name) ?? asWanted(change.from);
  if (to.state.names.has(name)) noteAsked(ledger, name, { holding, wanted: to.wanted });
  else note(ledger, name, { holding, wanted: to.wanted });
  if (draftGet(ledger.rejected, name) !== to.wanted) draftDelete(ledger.rejected, name);
}
