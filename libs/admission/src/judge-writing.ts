import type { MeshContext } from "@osm/intake";
import type { Fault } from "./fault.ts";
import { findingsOf } from "./findings-of.ts";
import { egressFaults } from "./kinds/egress.ts";
import { ingressBackendFaults } from "./kinds/ingress-backend.ts";
import { rootCertificateFaults } from "./kinds/root-certificate.ts";
import { trafficSettingFaults } from "./kinds/traffic-setting.ts";
import type { Writing } from "./writing.ts";

export interface Judgement {
  /** Why it must not be written, each with its field and the way out; empty: it may be. */
  readonly faults: readonly string[];
  /** What is to be said to its author though it may be written. */
  readonly warnings: readonly string[];
}

/** Rules of the kinds that are judged as a whole, beside what reading them finds. */
const rules: ReadonlyMap<string, (writing: Writing) => readonly Fault[]> = new Map([
  ["Egress", egressFaults],
  ["IngressBackend", ingressBackendFaults],
  ["UpstreamTrafficSetting", trafficSettingFaults],
  ["MeshRootCertificate", rootCertificateFaults],
]);

/**
 * Judges an object by itself. Kept out is what OSM kept out; everything else that the mesh finds in it is a warning, for manifests
 * come in any order and what cannot be read grants nothing.
 */
export function judgeWriting(writing: Writing, context: MeshContext): Judgement {
  const { faults, warnings } = findingsOf(writing.object, context);
  const own = rules.get(kindOf(writing.object))?.(writing) ?? [];
  return { faults: [...faults, ...own].map(sentence), warnings: warnings.map(sentence) };
}

function kindOf(object: unknown): string {
  return typeof object === "object" && object !== null && "kind" in object && typeof object.kind === "string" ? object.kind : "";
}

function sentence({ field, what }: Fault): string {
  return field === "" ? what : `${field}: ${what}`;
}
