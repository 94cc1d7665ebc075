import { tracePartsOf, type Origin } from "@osm/wire";
import type { Cancel, Clock } from "./clock.ts";
import type { Span, Tracer } from "./tracer.ts";

/** How one change fared with the proxies of a replica. */
export interface Pushed {
  readonly proxies: number;
  readonly acked: number;
  readonly rejected: number;
  readonly observedAt: number | undefined;
}

export interface PushesOptions {
  readonly tracer: Tracer;
  readonly clock: Clock;
  readonly replica: string;
  /** Called when every proxy that was sent something has answered; not where one stays silent. */
  readonly ended?: (pushed: Pushed) => void;
}

/** `ads.push`: one span for a change and a replica, however many proxies it reaches. */
export interface Pushes {
  /** A message of the change was read. */
  arrived(origin: Origin | undefined): void;
  /** All messages of the change were read, and are applied. */
  complete(origin: Origin | undefined): void;
  /** A proxy was sent something. */
  sent(proxy: string): void;
  /** A proxy has taken all it was sent. */
  settled(proxy: string): void;
  /** A proxy refused something; it still settles. */
  rejected(proxy: string): void;
  /** Some change waits for this proxy. */
  waitsFor(proxy: string): boolean;
  /** Looks at every proxy that is waited for. */
  settledWhere(hasAll: (proxy: string) => boolean): void;
  /** A proxy's stream ended: nobody waits for it. */
  gone(proxy: string): void;
}

interface Push {
  readonly span: Span;
  observedAt: number | undefined;
  readonly proxies: Set<string>;
  readonly waiting: Set<string>;
  readonly rejected: Set<string>;
  isComplete: boolean;
  cancel: Cancel;
}

/** A proxy that has said nothing for so long is its stream's concern, not this change's. */
const longestMs = 60_000;
/** In a storm the oldest ones end early: each response looks at all that are open. */
const mostOpen = 32;

/**
 * Follows changes from their messages to the last ACK. A proxy that was sent something while a change was open counts for it:
 * where changes overlap their pushes do too, since Envoy is only ever sent the newest.
 */
export function createPushes(options: PushesOptions): Pushes {
  const { open, begin, endIfDone } = openPushes(options);
  const each = (touch: (push: Push) => void): void => {
    for (const [key, push] of open) {
      touch(push);
      endIfDone(key, push);
    }
  };
  return {
    arrived: (origin) => {
      const key = keyOf(origin);
      if (origin === undefined || key === undefined) return;
      const push = open.get(key) ?? begin(key, origin);
      // Another compiler's part of the same change: it is not complete before that one is.
      push.isComplete = false;
    },
    complete: (origin) => {
      const key = keyOf(origin);
      const push = key === undefined ? undefined : open.get(key);
      if (key === undefined || push === undefined) return;
      push.isComplete = true;
      endIfDone(key, push);
    },
    sent: (proxy) => each(({ proxies, waiting }) => {
      proxies.add(proxy);
      waiting.add(proxy);
    }),
    settled: (proxy) => each(({ waiting }) => void waiting.delete(proxy)),
    waitsFor: (proxy) => {
      for (const { waiting } of open.values()) if (waiting.has(proxy)) return true;
      return false;
    },
    settledWhere: (hasAll) => each(({ waiting }) => {
      for (const proxy of waiting) if (hasAll(proxy)) waiting.delete(proxy);
    }),
    rejected: (proxy) => each(({ proxies, rejected }) => {
      if (proxies.has(proxy)) rejected.add(proxy);
    }),
    gone: (proxy) => each(({ proxies, waiting, rejected }) => {
      if (waiting.delete(proxy)) [proxies, rejected].forEach((all) => all.delete(proxy));
    }),
  };
}

function openPushes({ tracer, clock, replica, ended = () => undefined }: PushesOptions) {
  const open = new Map<string, Push>();
  const begin = (key: string, origin: Origin): Push => {
    const push: Push = {
      span: tracer.span("ads.push", origin.trace, { fields: { replica } }),
      observedAt: origin.observedAt, proxies: new Set(), waiting: new Set(), rejected: new Set(), isComplete: false,
      cancel: clock.schedule(longestMs, () => end(key, push)),
    };
    open.set(key, push);
    const [oldest] = open;
    if (open.size > mostOpen && oldest) end(...oldest);
    return push;
  };
  const end = (key: string, push: Push): void => {
    push.cancel();
    open.delete(key);
    const { span, proxies, waiting, rejected, observedAt, isComplete } = push;
    const acked = [...proxies].filter((proxy) => !waiting.has(proxy) && !rejected.has(proxy)).length;
    const counts = { proxies: proxies.size, acked, rejected: rejected.size };
    span.end({ ...counts, unanswered: waiting.size });
    if (waiting.size === 0 && isComplete) ended({ ...counts, observedAt });
  };
  const endIfDone = (key: string, push: Push): void => {
    if (push.isComplete && push.waiting.size === 0) end(key, push);
  };
  return { open, begin, endIfDone };
}

/** Messages of one change are those of one trace; where nobody traces, of one time of observation. */
function keyOf(origin: Origin | undefined): string | undefined {
  if (origin?.trace !== undefined) return tracePartsOf(origin.trace).traceId;
  return origin?.observedAt?.toString();
}
