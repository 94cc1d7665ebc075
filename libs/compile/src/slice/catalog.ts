import { refOf, type Finding, type ServiceFact, type Staged } from "@osm/model";
import type { CatalogEntry, ServiceDraft } from "./service-draft.ts";

/**
 * Every service port. Of two that claim one address and port the first by namespace and name has it: two listeners on one
 * address would be refused as a whole. `drafts` are in that order.
 */
export function catalog(drafts: Iterable<ServiceDraft>): Staged<readonly CatalogEntry[]> {
  const taken = new Set<string>();
  const findings: Finding[] = [];
  const value: CatalogEntry[] = [];
  for (const { service, entries } of drafts) {
    for (const entry of entries) {
      const addresses = entry.addresses.filter(({ at }) => !taken.has(at));
      const isWhole = addresses.length === entry.addresses.length;
      if (!service.headless && !isWhole) findings.push(addressTaken(service, entry.port));
      for (const { at } of addresses) taken.add(at);
      value.push(isWhole ? entry : { ...entry, addresses });
    }
  }
  return { value, findings };
}

function addressTaken(service: ServiceFact, port: number): Finding {
  return { code: "SERVICE_ADDRESS_TAKEN", severity: "error", on: refOf(service), field: `spec.ports[${port}]`, detail: service.clusterIps.join(",") };
}
