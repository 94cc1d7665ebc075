import type { XdsType } from "@osm/model";
import { xdsTypes } from "@osm/model";
import type { Answer, Change, DeltaRequest, DeltaSend, StreamState, Target, Traits } from "../src/index.ts";
import { isSettled, newStream, step } from "../src/index.ts";

/** Type → name → version. */
export type Versions = Readonly<Partial<Record<XdsType, Readonly<Record<string, string>>>>>;
/** `<name>@<version>` of a listener or route → clusters. */
export type Needs = Readonly<Record<string, readonly string[]>>;

/** One stream played by hand. What is sent is written `CDS +a@1 -b`. */
export interface Play {
  readonly ask: (type: XdsType, request?: Partial<DeltaRequest>) => readonly string[];
  /** Answers the newest response of a type. */
  readonly ack: (type: XdsType, request?: Partial<DeltaRequest>) => readonly string[];
  readonly nack: (type: XdsType, words: string) => readonly string[];
  readonly move: (versions: Versions) => readonly string[];
  readonly state: () => StreamState;
  readonly target: () => Target;
  readonly answers: () => readonly Answer[];
  readonly sent: () => readonly DeltaSend[];
  readonly isSettled: () => boolean;
}

export function play(first: Versions, needs: Needs = {}, traits: Partial<Traits> = {}): Play {
  let versions = first;
  let state = newStream(traits);
  let answers: readonly Answer[] = [];
  const sent: DeltaSend[] = [];
  const target = (): Target => targetOf(versions, needs);
  const take = (event: Parameters<typeof step>[1]): readonly string[] => {
    const result = step(state, event, target());
    ({ state, answers } = result);
    sent.push(...result.send);
    return result.send.map(written);
  };
  const ask: Play["ask"] = (type, request) => take({ kind: "request", request: { ...blank(type), ...request } });
  const newest = (type: XdsType): string => sent.findLast((send) => send.type === type)?.nonce ?? "none";
  return {
    ask,
    ack: (type, request) => ask(type, { ...request, nonce: newest(type) }),
    nack: (type, error) => ask(type, { nonce: newest(type), error }),
    move: (next) => {
      const changes = changesBetween(versions, next);
      versions = next;
      return take({ kind: "retarget", changes });
    },
    state: () => state,
    target,
    answers: () => answers,
    sent: () => sent,
    isSettled: () => isSettled(state),
  };
}

/** A play in which the proxy has asked for clusters and listeners by wildcard, and acknowledged all of the first world. */
export function settled(first: Versions, needs: Needs = {}): Play {
  const table = play(first, needs);
  for (const type of xdsTypes) {
    const names = Object.keys(first[type] ?? {});
    const wildcard = type === "CDS" || type === "LDS";
    table.ask(type, { subscribe: wildcard ? [] : names, initial: new Map(Object.entries(first[type] ?? {})) });
    if (wildcard && names.length === 0) table.ack(type);
  }
  return table;
}

const blank = (type: XdsType): DeltaRequest => ({ type, nonce: "", subscribe: [], unsubscribe: [], initial: new Map(), error: undefined });

export function written({ type, put, removed }: DeltaSend): string {
  return [type, ...put.map(({ name, version }) => `+${name}@${version}`).toSorted(), ...removed.map((name) => `-${name}`).toSorted()].join(" ");
}

export function targetOf(versions: Versions, needs: Needs): Target {
  return {
    version: (type, name) => versions[type]?.[name] ?? "absent",
    names: (type) => Object.keys(versions[type] ?? {}),
    needs: (type, name, version) => needs[`${name}@${version}`] ?? (type === "CDS" ? [name] : []),
  };
}

export function changesBetween(before: Versions, after: Versions): readonly Change[] {
  return xdsTypes.flatMap((type) =>
    [...new Set([...Object.keys(before[type] ?? {}), ...Object.keys(after[type] ?? {})])]
      .filter((name) => before[type]?.[name] !== after[type]?.[name])
      .map((name) => ({ type, name, from: before[type]?.[name] ?? "absent" })),
  );
}
