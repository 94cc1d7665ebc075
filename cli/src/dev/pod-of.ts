import type { DeploymentState, Pod } from "@osm/sandbox";
import { Unusable } from "../unusable.ts";

/** A pod of a Deployment. @throws Unusable that names those there are. */
export function podOf(deployments: ReadonlyMap<string, DeploymentState>, ref: string): Pod {
  const state = deployments.get(ref);
  const pod = state?.pods[0] ?? state?.outdated[0];
  if (pod) return pod;
  const known = [...deployments.values()].filter(({ pods }) => pods.length > 0).map((each) => each.ref).toSorted();
  throw new Unusable(`no pod of a Deployment ${ref} runs: ${known.length === 0 ? "no Deployment has one" : `there are ${known.join(", ")}`}`);
}
