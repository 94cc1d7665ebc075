import type { XdsType } from "@osm/model";
import { isVersion } from "./holding.ts";
import { mayTellAbsent, readiness, removableClusters } from "./make-before-break.ts";
import type { VersionedName } from "./protocol.ts";
import type { Batch, Look, TypeState } from "./stream-state.ts";
import { holdingOf, noNames } from "./stream-state.ts";

/** A batch that may go now, with the state that is left when it has gone. */
export interface Due {
  readonly batch: Batch;
  readonly trial: boolean;
  readonly trials: readonly Batch[];
}

/** What can be sent of a type now: nothing while a response is in flight, and an empty batch only to greet a proxy. */
export function dueOf(look: Look, type: XdsType): Due | undefined {
  const state = look.types[type];
  if (!mayOwe(state)) return undefined;
  const removable = removability(look, type);
  const trials = state.trials.length === 0 ? state.trials : current(look, { type, removable });
  const [first, ...rest] = trials;
  if (first !== undefined && !state.lastWasTrial) return { batch: first, trial: true, trials: rest };
  const fresh = freshBatch(look, { type, removable, trials });
  if (fresh !== undefined) return { batch: fresh, trial: false, trials };
  return first && { batch: first, trial: true, trials: rest };
}

/** False where nothing can be due, whatever the target says. */
export function mayOwe({ asked, inFlight, deviations, again, trials, greet }: TypeState): boolean {
  return asked && inFlight === undefined && (deviations.size > 0 || again.size > 0 || trials.length > 0 || greet);
}

type Removable = (name: string) => boolean;

function removability(look: Look, type: XdsType): Removable {
  switch (type) {
    case "CDS": {
      let test: Removable | undefined;
      return (cluster) => (test ??= removableClusters(look))(cluster);
    }
    case "LDS":
      return () => true;
    case "EDS":
    case "ECDS":
    case "RDS":
    case "SDS":
      return (name) => mayTellAbsent(look, type, name);
  }
}

type Verdict = "put" | "remove" | "waits" | "stuck";

interface Scope {
  readonly type: XdsType;
  readonly removable: Removable;
}

function verdictOn(look: Look, { type, removable }: Scope, name: string): Verdict {
  const wanted = look.target.version(type, name);
  if (wanted === "absent") return holdingOf(look, type, name).kind !== "told" && removable(name) ? "remove" : "stuck";
  if (!isVersion(wanted) || look.types[type].rejected.get(name) === wanted) return "stuck";
  const ready = readiness(look, { type, name, version: wanted, holding: holdingOf(look, type, name) });
  return ready === "ready" ? "put" : ready;
}

/** The trials without what the target has moved away from, or what has to wait: that is owed like anything else. */
function current(look: Look, scope: Scope): readonly Batch[] {
  const isCurrent = ({ name, version }: VersionedName): boolean =>
    look.target.version(scope.type, name) === version && verdictOn(look, scope, name) === "put";
  return look.types[scope.type].trials
    .map(({ put, removed }) => ({
      put: put.filter(isCurrent),
      removed: removed.filter((name) => verdictOn(look, scope, name) === "remove"),
    }))
    .filter(({ put, removed }) => put.length + removed.length > 0);
}

/** All that is owed and under no suspicion, in one response: an address that changes hands must not be claimed twice. */
function freshBatch(look: Look, scope: Scope & { readonly trials: readonly Batch[] }): Batch | undefined {
  const { type } = scope;
  const sorted: Record<Verdict, string[]> = { put: [], remove: [], waits: [], stuck: [] };
  for (const name of unsuspected(look.types[type], scope.trials)) sorted[verdictOn(look, scope, name)].push(name);
  const put = sorted.put.map((name) => ({ name, version: look.target.version(type, name) }));
  const batch = { put, removed: sorted.remove };
  if (put.length + batch.removed.length > 0) return batch;
  const mayGreet = look.types[type].greet && sorted.waits.length === 0 && !somePending(look, type);
  return mayGreet ? batch : undefined;
}

function* unsuspected({ deviations, again }: TypeState, trials: readonly Batch[]): Iterable<string> {
  const suspected = trials.length === 0 ? noNames : new Set(trials.flatMap(({ put, removed }) => [...put.map(({ name }) => name), ...removed]));
  for (const name of deviations.keys()) if (!suspected.has(name)) yield name;
  for (const name of again) if (!deviations.has(name) && !suspected.has(name)) yield name;
}

function somePending({ target }: Look, type: XdsType): boolean {
  for (const name of target.names(type)) if (target.version(type, name) === "pending") return true;
  return false;
}
