import type { ProxyStream } from "./stream.ts";

/** How many proxies are connected, and how many of them have everything. */
export interface SettledCount {
  /** Something about the proxy may be different: it is looked at when it is counted next. */
  touched(uid: string): void;
  count(): Tally;
}

export interface Tally {
  readonly proxies: number;
  readonly settled: number;
}

interface Counted {
  readonly ofProxy: (uid: string) => ReadonlySet<ProxyStream>;
  readonly proxies: () => number;
  readonly isSettled: (stream: ProxyStream) => boolean;
}

/** Counting costs what was touched since the last time, however many are connected. */
export function createSettledCount({ ofProxy, proxies, isSettled }: Counted): SettledCount {
  const touched = new Set<string>();
  const unsettled = new Set<string>();
  const look = (uid: string) => {
    for (const stream of ofProxy(uid)) if (!isSettled(stream)) return void unsettled.add(uid);
    unsettled.delete(uid);
  };
  return {
    touched: (uid) => void touched.add(uid),
    count: () => {
      for (const uid of touched) look(uid);
      touched.clear();
      return { proxies: proxies(), settled: proxies() - unsettled.size };
    },
  };
}
