import type { Bus, Entry, WatchEvent } from "../src/index.ts";

/** Reads a watch step by step. */
export interface Reader extends AsyncDisposable {
  /** The next event. @throws Error when the watch has ended. */
  next(): Promise<WatchEvent>;
  /** The next entry; another event is an error. */
  entry(): Promise<Entry>;
  /** All up to an event of that kind, which is the last. */
  until(kind: WatchEvent["kind"]): Promise<readonly WatchEvent[]>;
  /** Resolves when the watch has ended. */
  stop(): Promise<void>;
}

export function openReader(bus: Bus, filter: string): Reader {
  const abort = new AbortController();
  const events = bus.watch(filter, { signal: abort.signal })[Symbol.asyncIterator]();
  const next = async (): Promise<WatchEvent> => {
    const result = await events.next();
    if (result.done === true) throw new Error("the watch has ended");
    return result.value;
  };
  const stop = async (): Promise<void> => {
    abort.abort();
    await events.return?.();
  };
  return {
    next,
    entry: async () => {
      const event = await next();
      if (event.kind !== "entry") throw new Error(`no entry but ${event.kind}`);
      return event.entry;
    },
    until: async (kind) => {
      const seen: WatchEvent[] = [];
      do seen.push(await next());
      while (seen.at(-1)?.kind !== kind);
      return seen;
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export const bytesOf = (text: string): Uint8Array => encoder.encode(text);
export const textOf = (bytes: Uint8Array | undefined): string | undefined => bytes && decoder.decode(bytes);

/** An event as short text: `a=1`, `a gone`, `current`, `reset`. */
export function shown(event: WatchEvent): string {
  if (event.kind !== "entry") return event.kind;
  const name = event.entry.subject.split(".").at(-1) ?? "";
  return event.entry.bytes === undefined ? `${name} gone` : `${name}=${textOf(event.entry.bytes)}`;
}
