import { execFile } from "node:child_process";
import { env } from "node:process";
import type { RealCluster } from "../../cluster/for-tests.ts";
import { top } from "../../images/places.ts";

export interface Ended {
  readonly code: number;
  readonly said: string;
  readonly warned: string;
}

/** Runs `osm` from the tree against a cluster, as a person would: words as they are typed, then what holds blanks. */
export async function osmOn(cluster: RealCluster, words: string, ...more: readonly string[]): Promise<Ended> {
  const settings = { env: { ...env, KUBECONFIG: cluster.kubeconfig, OSM_HELM_BIN: env["HELM_BIN"] }, maxBuffer: 2 ** 26 };
  return await new Promise((resolve) => {
    execFile(process.execPath, [`${top}/cli/src/main.ts`, ...words.split(" "), ...more], settings, (error, said, warned) => resolve({ code: error === null ? 0 : Number(error.code), said, warned }));
  });
}
