import { BusError } from "@osm/bus";
import { runTasks, type Log } from "@osm/runtime";
import { encodeJson } from "@osm/wire";
import { dateOf } from "./fences.ts";
import { openHoldings, type Held, type Holdings, type HoldingsOptions } from "./holdings.ts";
import type { Shares } from "./shares.ts";

/** Something to be said under a subject. Without a change it is the very same object as the last time. */
export interface Item<T> {
  /** Two that have the same key need not be said again. */
  readonly key: string;
  /** What it is shared out by. */
  readonly owner: string;
  readonly value: T;
  readonly payload: (revision: number) => unknown;
}
export type Items<T> = ReadonlyMap<string, Item<T>>;

export interface LedgerOptions<T> extends HoldingsOptions<T> {
  readonly shares: Shares;
  readonly log: Log;
  /** What this one owns stands otherwise than it last said. */
  readonly disturbed: () => void;
}

/** What stands on the bus of one noun, whoever wrote it, and what this compiler has to say there. */
export interface Ledger<T> {
  /** Resolves when all that stands has been read. */
  readonly known: Promise<void>;
  /** Values that stand. */
  values(): Iterable<T>;
  /** Says what is owned and stands otherwise. Nothing that another has folded to a later fact is written over. */
  put(items: Items<T>, revision: number): Promise<void>;
  /** Withdraws what is owned and is not among these. */
  withdraw(items: Items<T>, revision: number): Promise<void>;
  /** Number of the newest entry that this one owns. */
  newest(): number;
  /** Everything is to be looked at again. */
  unsettle(): void;
  readonly done: Promise<void>;
}

/** How often a write is tried against others that write the same subject. */
const mostConflicts = 16;
/** Writes that are under way at once: a change of mode or of egress is one message to each view, and they leave in one go. */
const mostUnderWay = 128;

export function openLedger<T>(options: LedgerOptions<T>): Ledger<T> {
  const { shares } = options;
  /** Items that stand as they should; what is not this one's to say is among them. */
  const settled = new Map<string, Item<T>>();
  let wanted: Items<T> | undefined;
  /** Nothing but these stands. */
  let alone: Items<T> | undefined;
  let newest = 0;
  const heard = (subject: string, now: Held<T>) => {
    settled.delete(subject);
    alone = undefined;
    if (wanted && differs(wanted.get(subject), now, shares)) options.disturbed();
  };
  const held = openHoldings(options, heard);
  const settle = (subject: string, item: Item<T>) => {
    settled.set(subject, item);
    newest = Math.max(newest, held.at(subject).seq);
  };

  const putOne = async (subject: string, item: Item<T>, revision: number) => {
    for (let tries = 0; tries < mostConflicts; tries++) {
      if (!shares.owns(item.owner)) return void (shares.mayWrite() && settled.set(subject, item));
      if (stands(item, held.at(subject), { revision, shares })) return settle(subject, item);
      if (held.at(subject).revision > revision) return;
      if (await write(options, held, { subject, item, revision })) return settle(subject, item);
    }
    throw new BusError("WrongSequence", "others keep writing this subject");
  };
  const withdrawOne = async (subject: string, revision: number) => {
    for (let tries = 0; tries < mostConflicts; tries++) {
      const { isThere, owner, revision: theirs } = held.at(subject);
      if (!isThere || theirs > revision || !shares.owns(owner)) return;
      if (await write(options, held, { subject, item: undefined, revision })) return void (newest = Math.max(newest, held.at(subject).seq));
    }
    throw new BusError("WrongSequence", "others keep writing this subject");
  };
  return {
    known: held.known,
    values: held.values,
    put: async (items, revision) => {
      if (items === wanted && settled.size === items.size) return;
      wanted = items;
      for (const subject of settled.keys()) if (!items.has(subject)) settled.delete(subject);
      await each([...items].filter(([subject, item]) => settled.get(subject) !== item), ([subject, item]) => putOne(subject, item, revision));
    },
    withdraw: async (items, revision) => {
      if (items === alone) return;
      const past = [...held.subjects()].filter((subject) => !items.has(subject));
      if (past.length === 0) return void (alone = items);
      await each(past, (subject) => withdrawOne(subject, revision));
    },
    newest: () => newest,
    unsettle: () => {
      settled.clear();
      alone = undefined;
    },
    done: held.done,
  };
}

/** Something of this one's stands otherwise than it would say it. */
function differs<T>(ours: Item<T> | undefined, { key, owner, isThere }: Held<T>, shares: Shares): boolean {
  return (isThere || ours !== undefined) && ours?.key !== key && shares.owns(ours?.owner ?? owner);
}

interface Due extends Pick<LedgerOptions<unknown>, "shares"> {
  readonly revision: number;
}

/** What the dead owned is said again, the same or not: a write that they have under way finds another number there. */
function stands<T>(item: Item<T>, { key, isThere, revision: theirs }: Held<T>, { revision, shares }: Due): boolean {
  return isThere && key === item.key && (theirs >= revision || !shares.isOfTheDead(item.owner));
}

interface Write<T> {
  readonly subject: string;
  /** Undefined: what stands is withdrawn. */
  readonly item: Item<T> | undefined;
  readonly revision: number;
}

/** @returns false when something else stands than was known. */
async function write<T>({ bus, log }: LedgerOptions<T>, held: Holdings<T>, { subject, item, revision }: Write<T>): Promise<boolean> {
  const bytes = item && encodeJson(item.payload(revision));
  const before = held.at(subject);
  try {
    const seq = await bus.publish(subject, bytes, { expectedSeq: before.seq, headers: dateOf(revision) });
    held.wrote(subject, { ...(item ?? { key: "", owner: before.owner, value: undefined }), seq, revision, isThere: item !== undefined });
    return true;
  } catch (err) {
    if (!(err instanceof BusError) || (err.code !== "PayloadTooLarge" && err.code !== "WrongSequence")) throw err;
    if (err.code === "PayloadTooLarge") log.error({ err, subject, bytes: bytes?.length }, "too large to say, earlier one stays");
    else await held.learn(subject);
    return err.code === "PayloadTooLarge";
  }
}

/** Does a job for each, several side by side. All have ended when this returns; the first failure is thrown. */
async function each<E>(all: readonly E[], job: (one: E) => Promise<void>): Promise<void> {
  const rest = all.values();
  const worker = async () => {
    for (const one of rest) await job(one);
  };
  await runTasks(new AbortController().signal, ...Array.from({ length: Math.min(mostUnderWay, all.length) }, () => worker));
}
