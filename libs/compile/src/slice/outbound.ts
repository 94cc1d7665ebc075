import { digestOfJson, offeringId, type OfferingId, type SpiffeId, type TlsSettings } from "@osm/model";
import type { Split, Splits } from "../resolve/splits.ts";
import { isIpv6 } from "../families.ts";
import { made, type Made } from "../stage.ts";
import { cut, type Caller, type OfferedPort, type SplitEntry, type UncutPort } from "./outbound-cut.ts";
import type { CatalogEntry } from "./service-draft.ts";
import type { OutboundList, OutboundSlice } from "./slices.ts";

/** What the mesh offers to callers. */
export interface Offer {
  /** What callers with all rights see. */
  readonly everything: OutboundList;
  /** What those of them see that have no IPv6. */
  readonly everythingOnIpv4: OutboundList;
  /** By server: the ports behind which it is. */
  readonly served: ReadonlyMap<SpiffeId, readonly PlacedPort[]>;
  readonly ports: ReadonlyMap<CatalogEntry, Made<OfferedPort>>;
}

/** A port and its place in the order of all. */
interface PlacedPort {
  readonly at: number;
  readonly port: OfferedPort;
}

interface Offered {
  readonly entries: readonly CatalogEntry[];
  readonly splits: Splits;
  readonly tls: TlsSettings;
}

export function offer({ entries, splits, tls }: Offered, earlier: Offer | undefined): Offer {
  const byPort = new Map(entries.map((entry) => [portKey(entry, entry.name), entry]));
  const ports = new Map(entries.map((entry) => {
    const split = splits.get(`${entry.namespace}/${entry.name}`);
    const backends = backendsOf(entry, split, byPort);
    const of = [entry, tls, split, ...backends.map((backend) => backend.entry)];
    return [entry, made(earlier?.ports.get(entry), of, () => offeredPort({ entry, split, backends, tls }))] as const;
  }));
  const all = [...ports.values()].map(({ value }) => value);
  const everything = listOf(everybody(true), all.flatMap(({ whole }) => whole ?? []));
  const everythingOnIpv4 = listOf(everybody(false), all.flatMap(({ wholeOnIpv4 }) => wholeOnIpv4 ?? []));
  return { everything, everythingOnIpv4, served: byServer(all), ports };
}

/**
 * Service ports that a caller may call. Callers with the same rights to a port get the same
 * slice; those who may reach all of it share one.
 */
export function outboundTo({ served }: Offer, caller: Caller<ReadonlySet<SpiffeId>>): OutboundList {
  const { reachable, ipv6 } = caller;
  const placed = new Set([...reachable].flatMap((server) => served.get(server) ?? []));
  const inPlace = [...placed].toSorted((a, b) => a.at - b.at);
  const wholeOf = ({ whole, wholeOnIpv4 }: OfferedPort) => (ipv6 ? whole : wholeOnIpv4);
  return listOf(offeringTo(caller), inPlace.flatMap(({ port }) => (port.servers.every((server) => reachable.has(server)) ? wholeOf(port) : cut(port, caller)) ?? []));
}

/** Whom a caller may reach and whether it has IPv6 tells apart what callers see, and nothing else does. */
function offeringTo({ reachable, ipv6 }: Caller<ReadonlySet<SpiffeId>>): OfferingId {
  return idOf({ reachable: [...reachable].toSorted(), ipv6 });
}

function everybody(ipv6: boolean): OfferingId {
  return idOf({ reachable: "*", ipv6 });
}

function idOf(rights: unknown): OfferingId {
  return offeringId(digestOfJson(rights).slice(0, 32));
}

function listOf(id: OfferingId, slices: readonly OutboundSlice[]): OutboundList {
  return { id, slices, digest: digestOfJson(slices.map(({ digest }) => digest)) };
}

function portKey({ namespace, port }: CatalogEntry, service: string): string {
  return `${namespace}/${service} ${port}`;
}

/** Backends are called at the root's port number (OSM §5.7); those without such a port are left out. */
function backendsOf(entry: CatalogEntry, split: Split | undefined, byPort: ReadonlyMap<string, CatalogEntry>): readonly SplitEntry[] {
  return (split?.backends ?? []).flatMap(({ service, weight }) => {
    const found = byPort.get(portKey(entry, service));
    return found ? [{ entry: found, weight }] : [];
  });
}

function offeredPort(port: UncutPort): OfferedPort {
  const servers = [...new Set([port.entry, ...port.backends.map(({ entry }) => entry)].flatMap((entry) => entry.servers))];
  const whole = cut(port, { reachable: undefined, ipv6: true });
  const hasIpv6 = port.entry.addresses.some(({ at }) => isIpv6(at));
  return { ...port, servers, whole, wholeOnIpv4: hasIpv6 ? cut(port, { reachable: undefined, ipv6: false }) : whole };
}

function byServer(ports: readonly OfferedPort[]): Offer["served"] {
  const served = new Map<SpiffeId, PlacedPort[]>();
  for (const [at, port] of ports.entries()) {
    const placed = { at, port };
    for (const server of port.servers) {
      const others = served.get(server);
      if (others) others.push(placed);
      else served.set(server, [placed]);
    }
  }
  return served;
}
