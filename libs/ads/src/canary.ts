import type { XdsType } from "@osm/model";
import type { Item } from "./verdicts.ts";

/** A version that one proxy tries for all. */
interface Trial {
  readonly item: Item;
  readonly proxy: string;
  /** From then on it is for all, answered or not (same clock as `at`). */
  readonly until: number;
}

/** Which versions one replica lets only one proxy have for now, and which were let go. By digest, whatever the view. */
export interface Canary {
  readonly trials: ReadonlyMap<string, Trial>;
  readonly cleared: ReadonlySet<string>;
}

/** How long the others wait for the answer of the first, in ms. */
export const trialMs = 300;

export type CanaryEvent =
  /**
   * Versions that are new in the target of some view, and who could try them; the first does. A revocation must not wait,
   * and where nobody is connected nobody has to: the versions are for all.
   */
  | { readonly kind: "offered"; readonly items: readonly Item[]; readonly proxies: readonly string[]; readonly isRevocation: boolean; readonly at: number }
  /** A proxy accepted versions, or is known to reject them; its verdicts have to be taken first. */
  | { readonly kind: "answered"; readonly items: readonly Item[]; readonly proxy: string }
  | { readonly kind: "passed"; readonly at: number }
  /** No view has these versions any more. */
  | { readonly kind: "dropped"; readonly items: readonly Item[] };

export interface CanaryStep {
  readonly canary: Canary;
  /** No longer held: whoever was kept from them has to be told (`retarget`). */
  readonly opened: readonly Item[];
}

export const noCanary: Canary = { trials: new Map(), cleared: new Set() };

/** Endpoints, secrets and filters never wait: they carry removals, expiry and revocations. */
const triedTypes: ReadonlySet<XdsType> = new Set<XdsType>(["CDS", "LDS", "RDS"]);

export function stepCanary(canary: Canary, event: CanaryEvent): CanaryStep {
  switch (event.kind) {
    case "offered":
      return offered(canary, event);
    case "answered":
      return cleared(canary, event.items.filter((item) => canary.trials.get(keyOf(item))?.proxy === event.proxy));
    case "passed": {
      const over = [...canary.trials.values()].filter(({ until }) => until <= event.at);
      return cleared(canary, over.map(({ item }) => item));
    }
    case "dropped":
      return dropped(canary, event.items);
  }
}

/**
 * True when this proxy must wait for the answer of another. A canary that goes away is not replaced, since what it tried
 * may be what killed it: the others wait their time out.
 */
export function isHeld({ trials }: Canary, item: Item, proxy: string): boolean {
  const trial = trials.get(keyOf(item));
  return trial !== undefined && trial.proxy !== proxy;
}

/** True while some proxy tries it for the others. */
export function isTried({ trials }: Canary, item: Item): boolean {
  return trials.has(keyOf(item));
}

/** What this proxy tries for the others. */
export function triedBy({ trials }: Canary, proxy: string): readonly Item[] {
  return [...trials.values()].filter((trial) => trial.proxy === proxy).map(({ item }) => item);
}

/** When the next `passed` is due; undefined while nothing is held. */
export function nextOpening({ trials }: Canary): number | undefined {
  let next: number | undefined;
  for (const { until } of trials.values()) if (next === undefined || until < next) next = until;
  return next;
}

type Offer = Extract<CanaryEvent, { readonly kind: "offered" }>;

function offered(canary: Canary, { items, proxies: [proxy], isRevocation, at }: Offer): CanaryStep {
  const fresh = items.filter((item) => triedTypes.has(item.type) && !canary.cleared.has(keyOf(item)));
  if (proxy === undefined || isRevocation) return cleared(canary, fresh);
  const trials = new Map(canary.trials);
  for (const item of fresh) if (!trials.has(keyOf(item))) trials.set(keyOf(item), { item, proxy, until: at + trialMs });
  return { canary: { ...canary, trials }, opened: [] };
}

function cleared(canary: Canary, items: readonly Item[]): CanaryStep {
  if (items.length === 0) return { canary, opened: [] };
  const trials = new Map(canary.trials);
  const opened = items.filter((item) => trials.delete(keyOf(item)));
  return { canary: { trials, cleared: canary.cleared.union(new Set(items.map(keyOf))) }, opened };
}

function dropped(canary: Canary, items: readonly Item[]): CanaryStep {
  const keys = new Set(items.map(keyOf));
  const trials = new Map([...canary.trials].filter(([key]) => !keys.has(key)));
  return { canary: { trials, cleared: canary.cleared.difference(keys) }, opened: [] };
}

function keyOf({ type, name, version }: Item): string {
  return `${type}/${name}@${version}`;
}
