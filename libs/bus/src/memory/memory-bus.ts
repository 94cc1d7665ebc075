import { silentLog, systemClock, type Clock, type Log } from "@osm/runtime";
import type { Bus } from "../bus.ts";
import { createCalls } from "./calls.ts";
import { close, createConnection, disconnect, reconnect, type Server } from "./connection.ts";
import { lastValues } from "./last-values.ts";
import { requestReply } from "./request-reply.ts";
import { createStream } from "./stream.ts";
import type { Faults } from "./subscription.ts";

export interface MemoryBusOptions {
  readonly clock?: Clock;
  readonly log?: Log;
  /** No bound when not given. */
  readonly maxBytes?: number;
  /** One hour when not given. */
  readonly tombstoneTtlMs?: number;
  readonly faults?: Faults;
  readonly heartbeatMs?: number;
}

/** One connection to a bus that lives in this process, and what can befall it. */
export interface MemoryBus extends Bus {
  /** Another connection to the same stream, with a fate of its own. */
  connect(): MemoryBus;
  /** The line breaks: calls and writes fail, watches fall silent. */
  disconnect(): void;
  /** The line is back; watches catch up by last value. */
  reconnect(): void;
  /** The stream comes back empty, as another incarnation. */
  loseDisk(): void;
}

const hour = 3_600_000;

/** A bus like the real one in all that its users can see, without a server. It is gone when its last connection is disposed. */
export function createMemoryBus(options: MemoryBusOptions = {}): MemoryBus {
  const { clock = systemClock, log = silentLog, maxBytes = Infinity, tombstoneTtlMs = hour, faults = {}, heartbeatMs = 100 } = options;
  const stream = createStream({ clock, maxBytes, tombstoneTtlMs });
  return connectionTo({ stream, calls: createCalls(clock), clock, log, faults, heartbeatMs }, new Set());
}

function connectionTo(server: Server, open: Set<object>): MemoryBus {
  const connection = createConnection();
  open.add(connection);
  return {
    ...lastValues(server, connection),
    ...requestReply(server, connection),
    connect: () => connectionTo(server, open),
    disconnect: () => disconnect(connection),
    reconnect: () => reconnect(connection),
    loseDisk: () => server.stream.loseDisk(),
    [Symbol.asyncDispose]: async () => {
      await close(connection);
      open.delete(connection);
      if (open.size === 0) server.stream.close();
    },
  };
}
