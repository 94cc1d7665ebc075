import { z } from "zod";
import type { LineProcess } from "./line-process.ts";
import { startLineProcess } from "./line-process.ts";

/** Where the client's streams go. Without a certificate it shows none. */
export interface ServerAddress {
  readonly address: string;
  readonly name: string;
  /** PEM. */
  readonly root: string;
  readonly certificate?: string;
  readonly key?: string;
}

export interface ClientProxy {
  readonly id: string;
  readonly token?: string;
  /** How many clusters and listeners there are for it. */
  readonly expect: { readonly CDS: number; readonly LDS: number };
}

const wire = z.object({ bytes: z.number(), resources: z.number(), responses: z.number() }).readonly();
const times = z.array(z.number()).readonly();
const clientEvent = z.discriminatedUnion("event", [
  z.object({ event: z.literal("settled"), startedAt: z.number(), settledAt: times, wire, failures: z.number() }),
  z.object({ event: z.literal("reached"), received: times, acked: times, wire, cpuNs: z.number() }),
  z.object({ event: z.literal("stuck"), reached: z.number(), streams: z.number(), failure: z.string() }),
  z.object({ event: z.literal("armed") }),
  z.object({ event: z.literal("closed") }),
  z.object({ event: z.literal("slowed"), streams: z.number() }),
  z.object({ event: z.literal("usage"), cpuNs: z.number() }),
]);
type ClientEvent = z.output<typeof clientEvent>;
type EventOf<K extends ClientEvent["event"]> = Extract<ClientEvent, { event: K }>;

export type Settled = EventOf<"settled">;
export type Reached = EventOf<"reached">;

/** The proxies of one server. Times are nanoseconds of the machine's monotonic clock. */
export interface ClientFleet {
  /**
   * Opens all streams, with what they held before: so many at a time as may still lack something, or all at once.
   * @returns when each had everything.
   */
  open(width?: number): Promise<Settled>;
  /** Ends all streams; what they held is kept. */
  close(): Promise<void>;
  /** Runs a change. @returns when each of so many streams had this resource, and acknowledged it. */
  during(watched: Watched, change: () => Promise<void>): Promise<Reached>;
  /** Makes a share of the streams slow, and leaves them out of what is measured. */
  slow(share: number, pauseMs: number): Promise<number>;
}

export interface Watched {
  readonly type: string;
  readonly name: string;
  readonly streams: number;
}

/** One load client for all servers: a program in Go, on the other core. */
export interface LoadClient extends AsyncDisposable {
  readonly pid: number;
  fleet(name: string, server: ServerAddress, proxies: readonly ClientProxy[]): ClientFleet;
}

export function startLoadClient(binary: string, core: number | undefined): LoadClient {
  const client = startLineProcess({ command: [binary], core, event: clientEvent });
  return {
    pid: client.pid,
    fleet: (fleet, server, proxies) => ({
      open: async (width = 0) => taken(client, "settled", { op: "open", fleet, server, proxies, width }),
      close: async () => void (await taken(client, "closed", { op: "close", fleet })),
      during: async (watched, change) => {
        await taken(client, "armed", { op: "arm", fleet, ...watched });
        await change();
        return only("reached", await client.next());
      },
      slow: async (share, pauseMs) => (await taken(client, "slowed", { op: "slow", fleet, share, pauseMs })).streams,
    }),
    [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
  };
}

async function taken<K extends ClientEvent["event"]>(client: LineProcess<ClientEvent>, kind: K, command: object): Promise<EventOf<K>> {
  return only(kind, await client.ask(command));
}

function only<K extends ClientEvent["event"]>(kind: K, event: ClientEvent): EventOf<K> {
  if (event.event === "stuck") throw new Error(`a change reached only ${event.reached} of ${event.streams} proxies; last failure of a stream: ${event.failure || "none"}`);
  if (!isOf(kind, event)) throw new Error(`the client said ${event.event} where ${kind} was awaited`);
  return event;
}

function isOf<K extends ClientEvent["event"]>(kind: K, event: ClientEvent): event is EventOf<K> {
  return event.event === kind;
}
