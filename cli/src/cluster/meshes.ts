import { z } from "zod";
import { Unmet } from "../unusable.ts";
import { listObjects } from "./objects.ts";
import type { OpenedCluster } from "./open-cluster.ts";

/** A control plane in the cluster. */
export interface Mesh {
  readonly name: string;
  readonly namespace: string;
  readonly version: string;
  /** Ours, or of an Open Service Mesh before 2.0, whose namespaces must not be taken over. */
  readonly make: "osm" | "older";
  /** Wants no other mesh in the cluster. */
  readonly single: boolean;
  readonly deployments: readonly ControlDeployment[];
}

export interface ControlDeployment {
  readonly name: string;
  readonly wanted: number;
  readonly ready: number;
  readonly env: Readonly<Record<string, string>>;
}

/** A mesh, as far as the label `osm-injection=enabled` may mean it. */
export interface Claimant {
  readonly name: string;
  readonly claimsAlias: boolean;
}

export function claimantOf({ name, deployments }: Pick<Mesh, "name" | "deployments">): Claimant {
  return { name, claimsAlias: deployments.some(({ env }) => env["OSM_CLAIMS_ALIAS"] === "true") };
}

const labels = z.record(z.string(), z.string()).default({});
const deployment = z.object({
  metadata: z.object({ name: z.string(), namespace: z.string(), labels }),
  spec: z.object({
    replicas: z.number().default(1),
    template: z.object({ spec: z.object({ containers: z.array(z.object({ env: z.array(z.object({ name: z.string(), value: z.string().optional() })).default([]) })) }) }),
  }),
  status: z.object({ readyReplicas: z.number().default(0) }).default({ readyReplicas: 0 }),
});
type Deployment = z.output<typeof deployment>;

const controlPlane = encodeURIComponent("app.kubernetes.io/name=openservicemesh.io");
const version = "app.kubernetes.io/version";
const instance = "app.kubernetes.io/instance";

/** Every mesh, by name. @throws KubeError */
export async function findMeshes(cluster: OpenedCluster): Promise<readonly Mesh[]> {
  const found = (await listObjects(cluster, `/apis/apps/v1/deployments?labelSelector=${controlPlane}`)).map((object) => deployment.parse(object));
  const groups = Map.groupBy(found, (each) => `${meshOf(each)} ${each.metadata.namespace}`);
  return [...groups.values()].flatMap(meshIn).toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** A mesh is where its controller is: Prometheus or Jaeger alone are none. */
function meshIn(deployments: readonly Deployment[]): readonly Mesh[] {
  const heart = deployments.find(({ metadata }) => metadata.name === "osm-watcher") ?? deployments.find(({ metadata }) => metadata.name === "osm-controller");
  if (!heart) return [];
  const { namespace, name, labels: marks } = heart.metadata;
  return [{
    name: meshOf(heart),
    namespace,
    version: marks[version] ?? "unknown",
    make: name === "osm-watcher" ? "osm" : "older",
    single: deployments.some(({ metadata }) => metadata.labels["enforceSingleMesh"] === "true"),
    deployments: deployments.map(controlDeployment),
  }];
}

function meshOf({ metadata: { labels: marks } }: Deployment): string {
  return marks["meshName"] ?? marks[instance] ?? "";
}

function controlDeployment({ metadata, spec, status }: Deployment): ControlDeployment {
  const variables = spec.template.spec.containers.flatMap(({ env }) => env).map(({ name, value = "" }) => [name, value]);
  return { name: metadata.name, wanted: spec.replicas, ready: status.readyReplicas, env: Object.fromEntries(variables) };
}

/** @throws Unmet that says which there are */
export async function meshNamed(cluster: OpenedCluster, name: string): Promise<Mesh> {
  const all = await findMeshes(cluster);
  const found = all.find((each) => each.name === name);
  if (found) return found;
  throw new Unmet(`there is no mesh ${name} in the cluster: ${all.length === 0 ? "install one with osm install" : `name one of ${all.map((each) => each.name).join(", ")} with --mesh-name`}`);
}
