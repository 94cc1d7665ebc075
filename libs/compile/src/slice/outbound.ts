import { digestOfJson, type SpiffeId, type TlsSettings } from "@osm/model";
import type { Splits } from "../resolve/splits.ts";
import type { CatalogEntry } from "./catalog.ts";
import type { BackendSlice, OutboundSlice, SplitSlice, WeightedBackend } from "./slices.ts";

/** What the mesh offers to callers, cut to each one's rights. */
export interface Offer {
  /** Service ports that a caller may call, which reaches these servers; undefined: all of them. */
  to(reachable: ReadonlySet<SpiffeId> | undefined): readonly OutboundSlice[];
}

interface Offered {
  readonly entries: readonly CatalogEntry[];
  readonly splits: Splits;
  readonly tls: TlsSettings;
}

/** Callers with the same rights to a service port get the same slice; those who may reach all of it share one. */
export function offer({ entries, splits, tls }: Offered): Offer {
  const byPort = new Map(entries.map((entry) => [`${entry.namespace}/${entry.name} ${entry.port}`, entry]));
  const whole = new Map<CatalogEntry, OutboundSlice | undefined>();

  const cut = (entry: CatalogEntry, reachable: ReadonlySet<SpiffeId> | undefined): OutboundSlice | undefined => {
    const self = backendOf(entry, reachable);
    const split = splitOf({ entry, splits, byPort, reachable });
    const addresses = entry.addresses.filter(({ server }) => !entry.headless || (server !== undefined && self?.servers.includes(server))).map(({ at }) => at);
    if (addresses.length === 0 || (!self && !split)) return undefined;
    const { namespace, name, port, targetPort, protocol, headless } = entry;
    const slice = { namespace, name, port, targetPort, protocol, headless, addresses, self, split, tls };
    return { ...slice, digest: digestOfJson(slice) };
  };
  const sharedCut = (entry: CatalogEntry) => {
    if (!whole.has(entry)) whole.set(entry, cut(entry, undefined));
    return whole.get(entry);
  };
  const involved = (entry: CatalogEntry): readonly SpiffeId[] => {
    const backends = splits.get(`${entry.namespace}/${entry.name}`)?.backends ?? [];
    return [entry, ...backends.flatMap(({ service }) => byPort.get(`${entry.namespace}/${service} ${entry.port}`) ?? [])].flatMap(({ servers }) => servers);
  };
  return {
    to: (reachable) => entries.flatMap((entry) => {
      const servers = reachable && involved(entry);
      if (servers && !servers.some((server) => reachable.has(server))) return [];
      const isWhole = !servers || servers.every((server) => reachable.has(server));
      return (isWhole ? sharedCut(entry) : cut(entry, reachable)) ?? [];
    }),
  };
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

interface Splitting {
  readonly entry: CatalogEntry;
  readonly splits: Splits;
  readonly byPort: ReadonlyMap<string, CatalogEntry>;
  readonly reachable: ReadonlySet<SpiffeId> | undefined;
}

/** Backends that the caller may not reach, or that have no pods or no such port, get no share (osm.md §5.7). */
function splitOf({ entry, splits, byPort, reachable }: Splitting): SplitSlice | undefined {
  const split = splits.get(`${entry.namespace}/${entry.name}`);
  if (!split || entry.headless) return undefined;
  const backends = split.backends.flatMap(({ service, weight }): readonly WeightedBackend[] => {
    const found = byPort.get(`${entry.namespace}/${service} ${entry.port}`);
    const backend = found && backendOf(found, reachable);
    return backend ? [{ ...backend, weight }] : [];
  });
  return backends.length === 0 ? undefined : { matches: split.matches, backends };
}

