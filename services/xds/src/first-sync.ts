import type { AdsService, Answer } from "@osm/ads";
import { systemClock } from "@osm/runtime";
import type { Asked } from "./conversation.ts";
import { createTurnstile, type EndTurn, type Turnstile } from "./turnstile.ts";

/** So many proxies are given their first configuration at a time: what is pushed to others meanwhile comes after a few messages only. */
export function createSyncTurns(): Turnstile {
  return createTurnstile({ most: 32, mostOfOne: 4, mostWaiting: 10_000, longestWaitMs: 10_000, longestTurnMs: 1000, schedule: systemClock.schedule });
}

/** One stream's first synchronisation. It begins with the first word: who opens a stream and says nothing takes nobody's turn. */
export interface FirstSync {
  /** Who shows versions of an earlier stream is sent next to nothing. */
  asked(asked: Asked): void;
  /** Of an answer, after what follows from it was sent. */
  answered(answer: Answer, isSettled: boolean): void;
  /** Lets the words of a stream through, the first when it is its turn. */
  hear(bytes: Buffer): void;
  /** Words have come, and wait for its turn. */
  waits(): boolean;
  over(): void;
}

interface FirstSyncDeps {
  readonly turns: Turnstile;
  readonly uid: string;
  readonly service: AdsService;
  readonly signal: AbortSignal;
  /** The stream is not to be read for now; and is again. */
  readonly pause: () => void;
  readonly resume: () => void;
  readonly hear: (bytes: Buffer) => void;
  readonly tooBusy: () => void;
}

export function createFirstSync({ turns, uid, service, signal, pause, resume, hear, tooBusy }: FirstSyncDeps): FirstSync {
  let state: "silent" | "waiting" | "on" = "silent";
  const early: Buffer[] = [];
  let [end, hasListeners]: [EndTurn | undefined, boolean] = [undefined, false];
  const begin = async () => {
    state = "waiting";
    end = await turns.enter(uid, signal);
    if (signal.aborted) return end?.();
    if (!end) return tooBusy();
    state = "on";
    for (const bytes of early.splice(0)) hear(bytes);
    resume();
  };
  return {
    asked: ({ initial }) => {
      if (initial.size > 0) end?.();
    },
    answered: ({ type }, isSettled) => {
      // Envoy asks for its listeners last, and may have all of its clusters before it does.
      hasListeners ||= service.serves !== "all" || type === "LDS";
      if (isSettled && hasListeners) end?.();
    },
    hear: (bytes) => {
      if (state === "on") return hear(bytes);
      early.push(bytes);
      if (state === "waiting") return;
      pause();
      void begin();
    },
    waits: () => state === "waiting",
    over: () => end?.(),
  };
}
