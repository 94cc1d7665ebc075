import { compareCodePoints, distinct } from "@osm/model";
import { isIpv6 } from "./families.ts";
import type { Server } from "./render/assignment.ts";

/** A ready endpoint of an EndpointSlice. */
export interface Listed {
  /** `<ip> <port>` */
  readonly at: string;
  /** Empty when no pod is named. */
  readonly pod: string;
}

/**
 * A service of both families has slices of each, and lists a pod in both. Such a pod is one server, called on IPv4 and, where
 * that does not answer, on IPv6, so that it gets the share of one. In order of address.
 */
export function serversOf(listed: readonly Listed[]): readonly Server[] {
  const [sixes, fours] = [listed.filter(({ at }) => isIpv6(at)), listed.filter(({ at }) => !isIpv6(at))];
  if (sixes.length === 0 || fours.length === 0) return distinct(listed.map(({ at }) => at)).map(alone);
  const byPod = Map.groupBy(listed, ({ at, pod }) => (pod === "" ? at : pod));
  const servers = [...byPod.values()].flatMap((of) => paired(distinct(of.map(({ at }) => at))));
  return [...new Map(servers.map((server) => [server.address, server])).values()].toSorted((a, b) => compareCodePoints(a.address, b.address));
}

function alone(address: string): Server {
  return { address, others: [] };
}

/** The first of one family goes with the first of the other; none is lost where a pod has more of one. */
function paired(addresses: readonly string[]): readonly Server[] {
  const [fours, sixes] = [addresses.filter((each) => !isIpv6(each)), addresses.filter(isIpv6)];
  const pairs = fours.map((address, at) => ({ address, others: sixes.slice(at, at + 1) }));
  return [...pairs, ...sixes.slice(fours.length).map(alone)];
}
