import type { DeploymentState, Pod } from "@osm/sandbox";
import type { Fault } from "./faults.ts";
import type { ManifestWatch } from "./manifest-watch.ts";
import { lineOf, type Remark } from "./remarks.ts";

/** One line of what is wrong, and how much so. */
export interface Shown {
  readonly severity: "error" | "warning";
  readonly line: string;
}

/** All that is to be said of the manifests, by file, errors before warnings. */
export function shownOf(remarks: readonly Remark[], manifests: Pick<ManifestWatch, "faults" | "undeclared">): readonly Shown[] {
  const all = [
    ...manifests.faults().map((fault): Shown => ({ severity: "error", line: lineOfFault(fault) })),
    ...remarks.map((remark): Shown => ({ severity: remark.finding.severity, line: lineOf(remark) })),
    ...manifests.undeclared().map((namespace): Shown => ({ severity: "warning", line: lineOfNamespace(namespace) })),
  ];
  return [...new Map(all.map((each) => [each.line, each])).values()].toSorted((a, b) => rank(a).localeCompare(rank(b), "en"));
}

function rank({ severity, line }: Shown): string {
  return `${severity} ${line}`;
}

function lineOfFault({ file, line, reason }: Fault): string {
  return `${file}${line === 0 ? "" : ` line ${line}`}: ${reason}; correct it, until then what was read from it before stays`;
}

function lineOfNamespace(name: string): string {
  return `no manifest declares namespace ${name}, so nothing in it runs or counts; add its Namespace to the manifests, or --namespace ${name}`;
}

/** A line for each Deployment: how far it is, and where its pods are. */
export function podLines(deployments: ReadonlyMap<string, DeploymentState>): readonly string[] {
  const shown = [...deployments.values()].filter(({ replicas, pods }) => replicas + pods.length > 0);
  const width = Math.max(0, ...shown.map(({ ref }) => ref.length));
  return shown.map(({ ref, pods, replicas, failure }) => `${ref.padEnd(width)}  ${pods.length} of ${replicas} ready  ${failure ? failure.message : addressesOf(pods)}`.trimEnd());
}

function addressesOf(pods: readonly Pod[]): string {
  return pods.map(({ ip }) => ip).join(", ");
}
