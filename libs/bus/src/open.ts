import type { MeshName } from "@osm/model";
import type { Log } from "@osm/runtime";
import { streamOf } from "@osm/wire";
import type { Bus } from "./bus.ts";
import { createMemoryBus } from "./memory/memory-bus.ts";
import { parseNatsAddress } from "./nats/address.ts";
import { openNatsBus } from "./nats/nats-bus.ts";
import { maySetUp } from "./nats/permissions.ts";

/** How to reach a bus that lives as long as the caller's `await using`. The signal ends the attempt to connect. */
export interface OpenBusOptions {
  /** Whose stream it is. */
  readonly mesh: MeshName;
  readonly signal: AbortSignal;
  readonly log: Log;
}

/** How long a tombstone stands; a reader that was away for longer is told all anew. */
const tombstoneTtlMs = 3_600_000;
const supported = "supported are nats:, tls: and memory:";

/**
 * Connects to the bus of a URL: `nats://` or, encrypted, `tls://HOST[:PORT][?credentials=FOLDER&replicas=N&maxBytes=N]`, where
 * the folder is a mounted Secret with `user`, `password`, `ca.crt`. `memory:` makes one of its own, known to nobody else.
 * @throws Error for a URL that is none of these, with nothing of it but its scheme; BusError `Refused` for wrong credentials.
 */
export async function openBus(url: string, { mesh, signal, log }: OpenBusOptions): Promise<Bus> {
  signal.throwIfAborted();
  if (!URL.canParse(url)) throw new Error(`no bus behind what is no URL; ${supported}`);
  const parsed = new URL(url);
  switch (parsed.protocol) {
    case "memory:":
      return createMemoryBus({ log });
    case "nats:":
    case "tls:": {
      const address = parseNatsAddress(parsed);
      const { replicas, maxBytes } = address;
      return await openNatsBus({ address, signal, log, maySetUp: (user) => maySetUp(mesh, user), stream: { ...streamOf(mesh), replicas, maxBytes, tombstoneTtlMs } });
    }
    default:
      throw new Error(`no bus behind ${JSON.stringify(parsed.protocol)}; ${supported}`);
  }
}
