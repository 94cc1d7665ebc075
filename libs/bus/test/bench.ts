import type { Bus } from "../src/index.ts";

/** A bus, fresh and empty, and the means to put it through its paces. Disposing ends all its connections. */
export interface BusUnderTest extends AsyncDisposable {
  readonly bus: Bus;
  /** Another connection to the same bus. */
  connect(): Promise<Bus>;
  /** Lets time pass where time stands still; where it does not, nothing. */
  pass(ms: number): void;
  readonly controls: BusControls;
}

/** What can be done to the bus behind the first connection. What an adapter's bench cannot do is left out, and not tested. */
export interface BusControls {
  readonly line?: { disconnect(): Promise<void>; reconnect(): Promise<void> };
  readonly loseDisk?: () => Promise<void>;
}

export type OpenBusUnderTest = (options?: { readonly maxBytes?: number }) => Promise<BusUnderTest>;
