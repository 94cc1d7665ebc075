import { issuerDigest, readCertificate } from "@osm/pki";
import type { Log } from "@osm/runtime";
import type { Workload } from "./config.ts";
import { textIn } from "./keep-secret.ts";
import type { SecretPlace } from "./secret-place.ts";
import type { FoundWorkload, WorkloadPlace } from "./workload-place.ts";

export interface StartAnewParts {
  /** In the order in which they are looked at. */
  readonly workloads: readonly Workload[];
  readonly secrets: SecretPlace;
  readonly place: WorkloadPlace;
  readonly log: Log;
}

/**
 * Starts a workload anew whose pods read an older certificate than its Secret holds now: they read theirs when they start. One of
 * them and no more, and none while the one before still begins, so that never two parts of the backbone do at once; the next run looks
 * at the next. Told by what stands in the cluster alone, so that a run which ended half-way is made up for.
 */
export async function startOneAnew({ workloads, secrets, place, log }: StartAnewParts): Promise<void> {
  const all = await Promise.all(workloads.map(async (workload) => ({
    workload,
    found: await place.find(workload),
    certPem: textIn((await secrets.read(workload.secret))?.content ?? {}, "tls.crt"),
  })));
  const beginning = all.find(({ found, certPem }) => found && certPem !== undefined && !found.isWhole && found.startedFor === issuerDigest(certPem));
  if (beginning) return log.warn({ kind: beginning.workload.kind, name: beginning.workload.name }, "workload started anew has not all of its pods yet, the next one waits");
  for (const { workload, found, certPem } of all) {
    if (certPem === undefined || found === undefined || hasRead(found, certPem)) continue;
    await place.startAnew(workload, issuerDigest(certPem));
    log.info({ kind: workload.kind, name: workload.name, secret: workload.secret }, "workload started anew for its certificate");
    return;
  }
}

/** What was made after the certificate has read it. Its beginning lies a clock skew before the moment in which it was signed. */
function hasRead({ createdAt, startedFor }: FoundWorkload, certPem: string): boolean {
  return startedFor === issuerDigest(certPem) || createdAt >= readCertificate(certPem).notBefore;
}
