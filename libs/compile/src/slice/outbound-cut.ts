import { digestOfJson, type SpiffeId, type TlsSettings } from "@osm/model";
import type { Split } from "../resolve/splits.ts";
import { isIpv6 } from "../families.ts";
import type { CatalogEntry } from "./service-draft.ts";
import type { BackendSlice, OutboundSlice, SplitSlice, WeightedBackend } from "./slices.ts";

export interface SplitEntry {
  readonly entry: CatalogEntry;
  readonly weight: number;
}

/** A service port with those that its calls are shared out among. */
export interface OfferedPort {
  readonly entry: CatalogEntry;
  readonly split: Split | undefined;
  readonly backends: readonly SplitEntry[];
  readonly tls: TlsSettings;
  /** All who may answer. */
  readonly servers: readonly SpiffeId[];
  /** As callers see it that may reach every server; undefined when there is nothing to call. */
  readonly whole: OutboundSlice | undefined;
  /** The same for those without IPv6; the very same where it has no such address. */
  readonly wholeOnIpv4: OutboundSlice | undefined;
}

/** A port before it is cut for anybody. */
export type UncutPort = Pick<OfferedPort, "entry" | "split" | "backends" | "tls">;

/** What a caller can do of itself, and what it may. */
export interface Caller<R extends ReadonlySet<SpiffeId> | undefined = ReadonlySet<SpiffeId> | undefined> {
  /** Servers that it may reach; undefined: every server. */
  readonly reachable: R;
  /** Without IPv6 it calls nobody there, and its Envoy need not know such addresses. */
  readonly ipv6: boolean;
}

/** What is left of a port for a caller; undefined when there is nothing to call. */
export function cut(port: UncutPort, { reachable, ipv6 }: Caller): OutboundSlice | undefined {
  const { entry, tls } = port;
  const self = backendOf(entry, reachable);
  const split = splitOf(port, reachable);
  const mayServe = (server: SpiffeId | undefined) => !entry.headless || (server !== undefined && self?.servers.includes(server));
  const addresses = entry.addresses.filter(({ at, server }) => (ipv6 || !isIpv6(at)) && mayServe(server)).map(({ at }) => at);
  if (addresses.length === 0 || (!self && !split)) return undefined;
  const { namespace, name, port: number, targetPort, protocol, headless } = entry;
  const slice = { namespace, name, port: number, targetPort, protocol, headless, addresses, self, split, tls };
  return { ...slice, digest: digestOfJson(slice) };
}

function backendOf({ namespace, name, port, targetPort, servers }: CatalogEntry, reachable: ReadonlySet<SpiffeId> | undefined): BackendSlice | undefined {
  const allowed = reachable ? servers.filter((server) => reachable.has(server)) : servers;
  if (allowed.length === 0) return undefined;
  const only = allowed.length === servers.length ? undefined : allowed.map(accountOf);
  return { namespace, name, port, targetPort, servers: allowed, only };
}

function accountOf(id: SpiffeId): string {
  return id.slice(id.lastIndexOf("/") + 1);
}

/** Backends that the caller may not reach, or that have no pods, get no share (OSM §5.7). */
function splitOf({ entry, split, backends }: Pick<OfferedPort, "entry" | "split" | "backends">, reachable: ReadonlySet<SpiffeId> | undefined): SplitSlice | undefined {
  if (!split || entry.headless) return undefined;
  const weighted = backends.flatMap(({ entry: found, weight }): readonly WeightedBackend[] => {
    const backend = backendOf(found, reachable);
    return backend ? [{ ...backend, weight }] : [];
  });
  return weighted.length === 0 ? undefined : { matches: split.matches, backends: weighted };
}
