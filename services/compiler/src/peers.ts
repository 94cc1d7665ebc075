import { randomUUID } from "node:crypto";
import type { CompilerBeat } from "@osm/wire";
import { ownerOf } from "./rendezvous.ts";

/** What a peer's beat changed. */
export interface Heard {
  /** It does not know yet that it was heard. */
  readonly isNews: boolean;
  /** It had acknowledged this session, and does so no longer: it has given this one up. */
  readonly hasDroppedMe: boolean;
  /** What is owned may have become another. */
  readonly moves: boolean;
}

/** The other compilers as one of them knows them, and its own session, which they have to acknowledge. */
export interface Peers {
  readonly names: () => readonly string[];
  session(): string;
  /** Begins a new session, which nobody has acknowledged. */
  renew(): string;
  hear(beat: CompilerBeat): Heard;
  /** @returns false for one that was not known. */
  lose(name: string, goodbye: boolean): boolean;
  /** True when all have acknowledged this session, at facts that have been read through here. */
  acceptMe(through: number): boolean;
  isMine(key: string): boolean;
  /** True when one that died without a word owned the key. */
  isOfTheDead(key: string): boolean;
  /** What the dead owned has been seen to. */
  buried(): void;
  beat(revision: number): CompilerBeat;
}

interface Peer {
  readonly session: string;
  /**
   * The fact that it had come to when it first acknowledged this session; undefined: it has not. A lower number later on is
   * that of another stream, which begins anew: what it said of the one before would never be reached there.
   */
  readonly knowsMeFrom: number | undefined;
}

const stranger: Partial<Peer> = {};

export function createPeers(member: string): Peers {
  const peers = new Map<string, Peer>();
  const dead = new Set<string>();
  let session = newSession();
  const hear = (beat: CompilerBeat): Heard => {
    const before = peers.get(beat.member) ?? stranger;
    const knowsMe = beat.peers[member] === session;
    const after: Peer = { session: beat.session, knowsMeFrom: knowsMe ? Math.min(before.knowsMeFrom ?? Infinity, beat.revision) : undefined };
    peers.set(beat.member, after);
    dead.delete(beat.member);
    const isNews = before.session !== beat.session;
    return { isNews, hasDroppedMe: !isNews && !knowsMe && before.knowsMeFrom !== undefined, moves: isNews || before.knowsMeFrom !== after.knowsMeFrom };
  };
  return {
    names: () => [...peers.keys()].toSorted(),
    session: () => session,
    renew: () => {
      for (const [name, peer] of peers) peers.set(name, { ...peer, knowsMeFrom: undefined });
      return (session = newSession());
    },
    hear,
    lose: (name, goodbye) => {
      if (!goodbye && peers.has(name)) dead.add(name);
      return peers.delete(name);
    },
    acceptMe: (through) => [...peers.values()].every(({ knowsMeFrom = Infinity }) => knowsMeFrom <= through),
    isMine: (key) => ownerOf(key, [member, ...peers.keys()]) === member,
    isOfTheDead: (key) => dead.size > 0 && dead.has(ownerOf(key, [member, ...peers.keys(), ...dead])),
    buried: () => dead.clear(),
    beat: (revision) => ({ member, session, revision, peers: Object.fromEntries([...peers].map(([name, peer]) => [name, peer.session])) }),
  };
}

function newSession(): string {
  return randomUUID().slice(0, 8);
}
