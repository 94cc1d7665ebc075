import { z } from "zod";
import { Unmet } from "../unusable.ts";
import { findObject, listObjects } from "./objects.ts";
import type { OpenedCluster } from "./open-cluster.ts";

const owners = z.array(z.object({ kind: z.string(), name: z.string() })).default([]);
const owned = z.object({ metadata: z.object({ name: z.string(), ownerReferences: owners }) });

/** Pods of a deployment, each as `namespace/name`. @throws Unmet where there is no such deployment */
export async function podsOfDeployment(cluster: OpenedCluster, deployment: string): Promise<readonly string[]> {
  const [namespace = "", name = ""] = deployment.split("/");
  const folder = `/apis/apps/v1/namespaces/${namespace}`;
  if ((await findObject(cluster, `${folder}/deployments/${name}`)) === undefined) throw new Unmet(`there is no deployment ${name} in namespace ${namespace}: correct the name`);
  const sets = await ownedBy(cluster, `${folder}/replicasets`, (owner) => owner.kind === "Deployment" && owner.name === name);
  const pods = await ownedBy(cluster, `/api/v1/namespaces/${namespace}/pods`, (owner) => owner.kind === "ReplicaSet" && sets.includes(owner.name));
  return pods.map((pod) => `${namespace}/${pod}`);
}

type Owner = z.output<typeof owners>[number];

async function ownedBy(cluster: OpenedCluster, list: string, isOwner: (owner: Owner) => boolean): Promise<readonly string[]> {
  const objects = (await listObjects(cluster, list)).map((object) => owned.parse(object).metadata);
  return objects.filter(({ ownerReferences }) => ownerReferences.some(isOwner)).map(({ name }) => name);
}
