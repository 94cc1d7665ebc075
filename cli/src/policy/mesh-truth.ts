import { compileMesh, type CompiledMesh } from "@osm/compile";
import { kinds, parseObject, type MeshContext } from "@osm/intake";
import { allFacts, emptyState, foldAll, meshName, type Fact, type Finding, type MeshState } from "@osm/model";
import { simulatedMesh, type SimulatedMesh } from "@osm/simulate";
import { claimantOf, type Mesh } from "../cluster/meshes.ts";
import { listIfServed } from "../cluster/objects.ts";
import type { OpenedCluster } from "../cluster/open-cluster.ts";
import { servedKind } from "../cluster/served.ts";

/** What the objects of a cluster come to in a mesh: compiled as the mesh itself compiles, by the same code. */
export interface MeshTruth {
  readonly state: MeshState;
  readonly compiled: CompiledMesh;
  readonly simulated: SimulatedMesh;
  /** Of reading and of compiling. */
  readonly findings: readonly Finding[];
  readonly trustDomain: string;
}

/** Reads what the mesh reads, as it stands now. @throws KubeError where it may not be read */
export async function readTruth(cluster: OpenedCluster, mesh: Mesh): Promise<MeshTruth> {
  return truthOf(await objectsOf(cluster), meshPlace(mesh));
}

export interface MeshPlace {
  readonly context: MeshContext;
  readonly trustDomain: string;
}

function meshPlace(mesh: Mesh): MeshPlace {
  const { name, namespace, deployments } = mesh;
  const env = (variable: string) => deployments.map((each) => each.env[variable]).find((value) => value !== undefined && value !== "");
  const context = { mesh: meshName(name), osmNamespace: namespace, claimsAlias: claimantOf(mesh).claimsAlias };
  return { context, trustDomain: env("OSM_TRUST_DOMAIN") ?? "cluster.local" };
}

async function objectsOf(cluster: OpenedCluster): Promise<readonly unknown[]> {
  const lists = await Promise.all(kinds.map(async (kind) => {
    const served = await servedKind(cluster, kind);
    return served ? await listIfServed(cluster, served.path) : [];
  }));
  return lists.flat();
}

/** The same of objects that are at hand. */
export function truthOf(objects: readonly unknown[], { context, trustDomain }: MeshPlace): MeshTruth {
  const read = objects.map((object) => parseObject(object, context));
  const facts = read.flatMap(({ value }) => value ?? []);
  const members = new Set(facts.filter(({ kind }) => kind === "Namespace").map(({ name }) => name));
  const state = foldAll(emptyState, facts.filter((fact) => counts(fact, members)).map((fact) => ({ observation: { fact }, revision: 1 })));
  const compiled = compileMesh(state, { trustDomain });
  const simulated = simulatedMesh({ ...compiled, pods: allFacts(state, "Pod"), trustDomain });
  return { state, compiled, simulated, findings: [...read.flatMap(({ findings }) => findings), ...compiled.findings], trustDomain };
}

function counts({ kind, namespace }: Fact, members: ReadonlySet<string>): boolean {
  return kind === "Namespace" || kind === "MeshConfig" || members.has(namespace);
}
