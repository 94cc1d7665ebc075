import type { ProxyStream } from "./stream.ts";

/** How many proxies are connected, and how many of them have everything. */
export interface SettledCount {
  /** Something about the proxy may be different. It is looked at at once, while what there is to see is at hand. */
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

/** A change of one proxy costs a look at its streams, and counting nothing, however many are connected. */
export function createSettledCount({ ofProxy, proxies, isSettled }: Counted): SettledCount {
  const unsettled = new Set<string>();
  const look = (uid: string) => {
    for (const stream of ofProxy(uid)) if (!isSettled(stream)) return void unsettled.add(uid);
    unsettled.delete(uid);
  };
  return {
    touched: look,
    count: () => ({ proxies: proxies(), settled: proxies() - unsettled.size }),
  };
}
