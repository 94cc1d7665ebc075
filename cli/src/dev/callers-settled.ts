import type { Bus, Entry } from "@osm/bus";
import type { MeshName } from "@osm/model";
import { decodeJson, factPayload, subjectsOf } from "@osm/wire";
import { settled } from "./convergence.ts";

export interface MeshBus {
  readonly bus: Bus;
  readonly mesh: MeshName;
}

const givingUpMs = 30_000;

/**
 * Waits until no caller sends to a pod any more: every EndpointSlice it is in says that it is not ready, and every proxy
 * has ACKed that. At once for a pod that no service selects. Fits `settled` of `runFolder`.
 */
export async function callersSettled({ bus, mesh }: MeshBus, { ip }: { readonly ip: string }): Promise<void> {
  const revision = await outOfService({ bus, mesh }, ip);
  await settled(bus, mesh, { revision, proxies: 0 });
}

/** @returns the revision since which no slice has the address as ready. */
async function outOfService({ bus, mesh }: MeshBus, ip: string): Promise<number> {
  const signal = AbortSignal.timeout(givingUpMs);
  const slices = createSlicesOf(ip);
  let current = false;
  for await (const event of bus.watch(subjectsOf(mesh).facts, { signal })) {
    current ||= event.kind === "current";
    if (event.kind === "entry") slices.take(event.entry);
    if (current && !slices.serve()) return slices.revision();
  }
  throw new Error(`the endpoint ${ip} was still in service after ${givingUpMs / 1000} s`);
}

/** The slices that have, or had, an address as endpoint. */
function createSlicesOf(ip: string) {
  const isReady = new Map<string, boolean>();
  let revision = 0;
  return {
    take: ({ subject, seq, bytes }: Entry) => {
      const found = bytes && endpointIn(bytes, ip);
      if (!found && !isReady.has(subject)) return;
      isReady.set(subject, found?.ready ?? false);
      revision = Math.max(revision, seq);
    },
    serve: () => [...isReady.values()].includes(true),
    revision: () => revision,
  };
}

function endpointIn(bytes: Uint8Array, ip: string): { readonly ready: boolean } | undefined {
  const { fact } = decodeJson(factPayload, bytes);
  return fact.kind === "EndpointSlice" ? fact.endpoints.find(({ address }) => address === ip) : undefined;
}
