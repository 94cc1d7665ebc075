import { isHeld, isTried, nextOpening, noCanary, stepCanary, triedBy, type Answer, type CanaryEvent, type Item } from "@osm/ads";
import type { ViewId } from "@osm/model";
import type { Clock } from "@osm/runtime";
import { heldBack } from "./held-back.ts";
import { createHolds } from "./holds.ts";
import { createStanding } from "./standing.ts";
import { servedIn, type ActiveView } from "./world.ts";

interface TrialsDeps extends Clock {
  readonly signal: AbortSignal;
  /** Proxies of these views may have more than before. */
  readonly opened: (views: readonly ViewId[]) => void;
}

export interface Move {
  readonly before: ActiveView | undefined;
  readonly after: ActiveView;
}

/** Who would be served a view. */
export interface Candidate {
  readonly uid: string;
  /** What it has been served until now; undefined for a new stream. */
  readonly from: ActiveView | undefined;
  /** No other proxy of the view is here: it waits for nobody. */
  readonly isLone: () => boolean;
}

/**
 * A cluster, listener or route that is new to this replica goes to one proxy first, and to the others when that one has
 * answered, or after a moment. They wait with all that leads out of their pod; what may revoke goes to all at once.
 */
export interface Trials {
  /**
   * A view takes another's place, and nobody was told yet. The first of its proxies tries what is new. `undefined`: nobody at
   * all is connected, and what the view lists is not new to who comes.
   */
  offered(move: Move, proxies: readonly string[] | undefined): void;
  forgotten(view: ActiveView): void;
  /** The view as this proxy is to have it for now. */
  servedTo(candidate: Candidate, view: ActiveView): ActiveView;
  /** Its verdict, if it is one, has been taken. */
  answered(uid: string, answer: Answer): void;
  /** Proxies that try something for others. */
  triers(): ReadonlySet<string>;
  /** Nothing is to be sent to this proxy, so nothing can be learnt from it. */
  content(uid: string): void;
  /** Views that new proxies may be served from meanwhile. */
  bases(): Iterable<ActiveView>;
}

export function createTrials({ now, schedule, signal, opened }: TrialsDeps): Trials {
  const standing = createStanding();
  const holds = createHolds({ now, isTried: (item) => isTried(canary, item) });
  const alarm = alarmOf({ schedule, signal });
  let canary = noCanary;
  const wake = () => alarm(Math.min(holds.due(), nextOpening(canary) ?? Infinity) - now(), () => take({ kind: "passed", at: now() }));
  const step = (event: CanaryEvent): readonly Item[] => {
    const next = stepCanary(canary, event);
    canary = next.canary;
    return next.opened;
  };
  const take = (event: CanaryEvent) => {
    const before = canary;
    const open = step(event);
    // An answer that nobody waited for, as most are: what is held stays so, and time has its own call.
    if (event.kind === "answered" && canary === before) return;
    const released = holds.release(open);
    wake();
    if (released.length > 0) opened(released);
  };
  const isQuiet = () => canary.trials.size === 0 && holds.isEmpty();

  return {
    offered: ({ before, after }, proxies) => {
      const { gained, past } = standing.move(before, after);
      if (past.length > 0) step({ kind: "dropped", items: past });
      if (!proxies) return standing.tried(gained);
      const untried = gained.filter((item) => standing.isUntried(item) && servedIn(after, item.type, item.name) === item.version);
      if (untried.length > 0 && proxies.length > 0) {
        standing.tried(untried);
        step({ kind: "offered", items: untried, proxies, isRevocation: false, at: now() });
      }
      if (isQuiet()) return;
      holds.extend(after.payload.id, { base: before, items: gained });
      wake();
    },
    forgotten: (view) => {
      step({ kind: "dropped", items: standing.move(view, undefined).past });
      holds.forget(view.payload.id);
    },
    servedTo: ({ uid, from, isLone }, view) => {
      const hold = holds.of(view.payload.id);
      const base = from ?? hold?.base;
      if (!hold || !base || !hold.items.some((item) => isHeld(canary, item, uid)) || isLone()) return view;
      return heldBack(base, view);
    },
    answered: (uid, { type, put, guilty, error }) => {
      if (isQuiet()) return;
      take({ kind: "answered", proxy: uid, items: (error === undefined ? put : guilty).map((each) => ({ type, ...each })) });
    },
    triers: () => new Set([...canary.trials.values()].map(({ proxy }) => proxy)),
    content: (uid) => {
      const items = triedBy(canary, uid);
      if (items.length > 0) take({ kind: "answered", proxy: uid, items });
    },
    bases: holds.bases,
  };
}

/** Rings once, when it was set for last, and never after the signal; `Infinity` is never. */
function alarmOf({ schedule, signal }: Pick<TrialsDeps, "schedule" | "signal">) {
  let cancel = () => {};
  signal.addEventListener("abort", () => cancel(), { once: true });
  return (ms: number, ring: () => void): void => {
    cancel();
    cancel = ms < Infinity && !signal.aborted ? schedule(Math.max(0, ms), ring) : () => {};
  };
}
