import type { Answer, Change, DeltaSend, Item, StreamState, Target, Verdicts } from "../src/index.ts";
import { holds, isHeld, judge, newStream, nextOpening, noCanary, noVerdicts, quarantineOf, servedVersion, step, stepCanary } from "../src/index.ts";

/** One replica that serves clusters to several proxies of one view, with verdicts and canary. Time moves when it is told to. */
export interface Fleet {
  /** Name → version; a version that starts with `bad` is rejected by every proxy. */
  move(target: Readonly<Record<string, string>>, isRevocation: boolean): void;
  /** Delivers the oldest response under way to this proxy, and its answer. False when there is none. */
  deliver(proxy: number): boolean;
  /** Lets time go on until something opens. False when nothing is held. */
  wait(): boolean;
  held(proxy: number): Readonly<Record<string, string | undefined>>;
  served(name: string): string;
  /** What must never happen, and did. */
  readonly wrongs: readonly string[];
  /** How many proxies were sent a version. */
  reach(version: string): number;
}

interface Member {
  state: StreamState;
  /** What it is to have, as it was told last. */
  told: ReadonlyMap<string, string>;
  readonly pipe: DeltaSend[];
}

export function openFleet(size: number): Fleet {
  let verdicts: Verdicts = noVerdicts;
  let canary = noCanary;
  let wanted = new Map<string, string>();
  let now = 0;
  const wrongs: string[] = [];
  const sent = new Map<string, Set<number>>();
  const members: readonly Member[] = Array.from({ length: size }, () => ({ state: newStream(), told: new Map(), pipe: [] }));

  members.forEach((_, index) => tell(index, { ...blank, type: "CDS" }));

  function itemOf(name: string): Item {
    return { type: "CDS", name, version: wanted.get(name) ?? "absent" };
  }

  function servedTo(index: number): ReadonlyMap<string, string> {
    return new Map([...wanted.keys()].map((name) => [name, servedVersion(verdicts, itemOf(name), isHeld(canary, itemOf(name), String(index)))]));
  }

  function targetOf({ told }: Member): Target {
    return { version: (type, name) => (type === "CDS" ? (told.get(name) ?? "absent") : "absent"), names: () => told.keys(), needs: () => [] };
  }

  function tell(index: number, request: typeof blank & { readonly type: "CDS" }): void {
    const member = memberAt(index);
    const result = step(member.state, { kind: "request", request }, targetOf(member));
    take(index, result);
    for (const answer of result.answers) learn(index, answer);
  }

  function memberAt(index: number): Member {
    const member = members[index];
    if (member === undefined) throw new RangeError("no such proxy");
    return member;
  }

  function take(index: number, { state, send }: { readonly state: StreamState; readonly send: readonly DeltaSend[] }): void {
    const member = memberAt(index);
    member.state = state;
    member.pipe.push(...send);
    for (const { name, version } of send.flatMap(({ put }) => put)) {
      if (quarantineOf(verdicts, { type: "CDS", name, version }) !== undefined) wrongs.push(`${version} sent after its verdict`);
      sent.set(version, (sent.get(version) ?? new Set()).add(index));
    }
  }

  function learn(index: number, { put, guilty, error }: Answer): void {
    for (const each of guilty) verdicts = judge(verdicts, { kind: "rejected", type: "CDS", ...each, words: error ?? "" });
    if (error === undefined) for (const each of put) verdicts = judge(verdicts, { kind: "accepted", type: "CDS", ...each });
    for (const each of error === undefined ? put : guilty) {
      canary = stepCanary(canary, { kind: "answered", items: [{ type: "CDS", ...each }], proxy: String(index) }).canary;
    }
    retargetAll();
  }

  function retargetAll(): void {
    members.forEach((member, index) => {
      const after = servedTo(index);
      const changes = changesBetween(member.told, after);
      member.told = after;
      if (changes.length > 0) take(index, step(member.state, { kind: "retarget", changes }, targetOf(member)));
    });
  }

  return {
    wrongs,
    move: (target, isRevocation) => {
      const before = wanted;
      wanted = new Map(Object.entries(target));
      const moved = [...new Set([...before.keys(), ...wanted.keys()])].filter((name) => before.get(name) !== wanted.get(name));
      for (const name of moved) verdicts = judge(verdicts, { kind: "retarget", ...itemOf(name) });
      const dropped = moved.flatMap((name) => ({ type: "CDS" as const, name, version: before.get(name) ?? "absent" }));
      canary = stepCanary(canary, { kind: "dropped", items: dropped }).canary;
      const items = moved.filter((name) => wanted.has(name)).map(itemOf);
      canary = stepCanary(canary, { kind: "offered", items, proxies: members.map((_, index) => String(index)), isRevocation, at: now }).canary;
      retargetAll();
    },
    deliver: (index) => {
      const send = memberAt(index).pipe.shift();
      if (send === undefined) return false;
      const bad = send.put.filter(({ version }) => version.startsWith("bad")).map(({ name }) => name);
      tell(index, { ...blank, type: "CDS", nonce: send.nonce, error: bad.length === 0 ? undefined : `refused: ${bad.join(", ")}` });
      return true;
    },
    wait: () => {
      const next = nextOpening(canary);
      if (next === undefined) return false;
      now = next;
      canary = stepCanary(canary, { kind: "passed", at: now }).canary;
      retargetAll();
      return true;
    },
    held: (index) => {
      const member = memberAt(index);
      const names = [...wanted.keys()].toSorted();
      return Object.fromEntries(names.map((name) => [name, holds(member.state, targetOf(member), { type: "CDS", name })]));
    },
    served: (name) => servedVersion(verdicts, itemOf(name)),
    reach: (version) => sent.get(version)?.size ?? 0,
  };
}

const blank: { readonly nonce: string; readonly subscribe: readonly string[]; readonly unsubscribe: readonly string[]; readonly initial: ReadonlyMap<string, string>; readonly error: string | undefined } = {
  nonce: "",
  subscribe: [],
  unsubscribe: [],
  initial: new Map(),
  error: undefined,
};

function changesBetween(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): readonly Change[] {
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((name) => before.get(name) !== after.get(name))
    .map((name) => ({ type: "CDS", name, from: before.get(name) ?? "absent" }));
}
