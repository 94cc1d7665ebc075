import { joinMembers, type Bus } from "@osm/bus";
import type { Clock, Log } from "@osm/runtime";
import { compilerBeat, decodeJson, encodeJson, PayloadError, type CompilerBeat, type Subjects } from "@osm/wire";
import { createPeers } from "./peers.ts";

/** How far the facts were read. */
export interface Read {
  /** The newest fact. */
  readonly revision: number;
  /** Everything up to here was looked at; the newest fact may lie before it. */
  readonly through: number;
}

export interface SharesOptions {
  readonly bus: Bus;
  readonly subjects: Subjects;
  readonly member: string;
  readonly clock?: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** What is owned may have become another. */
  readonly changed: () => void;
  /** An own beat came back. */
  readonly echoed: () => void;
  readonly failed: (error: unknown) => void;
}

/** What this compiler writes and what it leaves to others. */
export interface Shares {
  /** Resolves when all who live have been heard of. */
  readonly known: Promise<void>;
  /** From here on others leave to this one what is its own. Only the first call counts. */
  join(): void;
  /** What the facts led to is about to be said. */
  reached(read: Read): void;
  /**
   * True when this one is to write what has this key. Others have said that they leave it alone, it has read all the facts that
   * they had, and none has given it up. Asked right before each write.
   */
  owns(key: string): boolean;
  /** True when one that has died, and may yet be resumed, owned the key: what it has under way is to find another number there. */
  isOfTheDead(key: string): boolean;
  /** True when this one may write what is its own; if not it becomes true with a call of `changed`. */
  mayWrite(): boolean;
  /** Another number when what is owned may have become another. */
  epoch(): number;
  /** The other members. */
  beside(): readonly string[];
  /** Who wrote something before this number and is not `beside` is gone. */
  heardUpTo(): number;
  /** What the dead owned has been given other numbers. */
  buried(): void;
  leave(): Promise<void>;
  readonly done: Promise<void>;
}

/**
 * Splits keys among the compilers that live. Who loses a key to a newcomer stops at once and says so; the newcomer begins when
 * everybody has. One that stood still, or was given up by a peer, begins a new session and waits to be acknowledged again.
 */
export function shareOut(options: SharesOptions): Shares {
  const { subjects, member, log } = options;
  const peers = createPeers(member);
  let [echoed, epoch, echoSeq] = ["", 0, 0];
  let read: Read = { revision: 0, through: 0 };
  const moved = () => {
    epoch++;
    options.changed();
  };
  const renew = (why: string) => {
    log.warn({ member, session: peers.renew() }, why);
    members.beat();
  };
  const hear = (beat: CompilerBeat) => {
    const { isNews, hasDroppedMe, moves } = peers.hear(beat);
    if (isNews) members.beat();
    if (hasDroppedMe) renew("given up by a peer, share begun again");
    if (moves) moved();
  };
  const lose = (from: string, goodbye: boolean) => {
    const peer = peers.names().find((each) => subjects.member("compiler", each) === from);
    if (peer === undefined || !peers.lose(peer, goodbye)) return;
    log.info({ peer, goodbye }, "peer gone, its share is taken over");
    moved();
  };
  const echo = (said: Uint8Array, seq: number) => {
    const before = echoed;
    [echoed, echoSeq] = [beatIn(said)?.session ?? "", seq];
    options.echoed();
    if (echoed !== before) moved();
  };
  const members = joinMembers({
    ...options,
    subject: subjects.member("compiler", member), filter: subjects.members("compiler"),
    say: () => encodeJson(peers.beat(read.revision)),
    heard: (from, said, goodbye) => {
      const beat = beatIn(said);
      return beat ? hear(beat) : lose(from, goodbye);
    },
    echoed: echo,
  });
  const mayWrite = () => {
    if (echoed === peers.session() && !members.isAlive()) renew("silent for too long, share begun again");
    return echoed === peers.session() && peers.acceptMe(read.through);
  };
  return {
    known: members.known,
    join: members.join,
    reached: (now) => void (read = now),
    owns: (key) => mayWrite() && peers.isMine(key),
    isOfTheDead: peers.isOfTheDead,
    mayWrite,
    epoch: () => epoch,
    beside: peers.names,
    heardUpTo: () => echoSeq,
    buried: peers.buried,
    leave: members.leave,
    done: members.done,
  };
}

function beatIn(said: Uint8Array | undefined): CompilerBeat | undefined {
  try {
    return said && decodeJson(compilerBeat, said);
  } catch (err) {
    if (!(err instanceof PayloadError)) throw err;
    return undefined;
  }
}
