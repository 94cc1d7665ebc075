import type { Pod } from "@osm/sandbox";

/** What an Envoy itself counted. */
export interface Counters {
  readonly handshakes: number;
  readonly rejected: number;
  readonly accepted: number;
}

/** Sums Envoy's counters: TLS handshakes with peers of the mesh, and configuration it took or refused. */
export async function countersOf(pod: Pod): Promise<Counters> {
  const lines = (await pod.admin("/stats?usedonly")).split("\n").map((line) => line.split(": "));
  const sum = (matches: RegExp) => lines.filter(([name]) => name && matches.test(name)).reduce((total, [, value]) => total + Number(value), 0);
  return {
    handshakes: sum(/^(cluster\.(?!osm-xds\.).*|listener\..*15003)\.ssl\.handshake$/),
    rejected: sum(/\.update_rejected$/),
    accepted: sum(/\.update_success$/),
  };
}

/** SPIFFE names of the peers that a server's sidecar logged, with how often it answered each how. */
export async function peersOf(pod: Pod): Promise<ReadonlyMap<string, number>> {
  // Envoy writes its log in pieces; opening it anew writes what is still held back.
  await pod.admin("/reopen_logs", "POST");
  const seen = new Map<string, number>();
  for (const line of (await pod.logs("envoy")).split("\n")) {
    const match = /"peer":"(spiffe:[^"]+)".*"response_code":(\d+)/.exec(line);
    if (match) seen.set(`${match[1]} ${match[2]}`, (seen.get(`${match[1]} ${match[2]}`) ?? 0) + 1);
  }
  return seen;
}
