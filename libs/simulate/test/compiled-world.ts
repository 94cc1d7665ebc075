import { compileMesh, type CompiledMesh } from "@osm/compile";
import { parseObject } from "@osm/intake";
import { emptyState, fold, meshName, type Fact, type MeshState, type Resource } from "@osm/model";
import { simulatedMesh, type SimulatedMesh } from "@osm/simulate";

export const meshOf = { mesh: meshName("osm"), osmNamespace: "osm-system" };
export const trustDomain = "cluster.local";

export interface CompiledWorld {
  readonly state: MeshState;
  readonly compiled: CompiledMesh;
}

/** Something wrong in what is read, or in what is made of it. */
export type Fault =
  | { readonly kind: "fact"; readonly change: (fact: Fact) => Fact }
  | { readonly kind: "resource"; readonly change: (resource: Resource) => Resource };

/** Objects as the product takes them: read, cut to the mesh's namespaces, folded, compiled. */
export function compiledWorld(objects: readonly object[], fault?: Fault): CompiledWorld {
  const facts = factsOf(objects);
  const state = (fault?.kind === "fact" ? facts.map(fault.change) : facts).reduce((folded, fact) => fold(folded, { fact }, 1), emptyState);
  const compiled = compileMesh(state, { trustDomain });
  return { state, compiled: fault?.kind === "resource" ? changed(compiled, fault.change) : compiled };
}

function factsOf(objects: readonly object[]): readonly Fact[] {
  const facts = objects.flatMap((object) => parseObject(object, meshOf).value ?? []);
  const members = new Set(facts.filter(({ kind }) => kind === "Namespace").map(({ name }) => name));
  return facts.filter((fact) => fact.kind === "Namespace" || fact.kind === "MeshConfig" || members.has(fact.namespace));
}

/** Views go on listing the digest that was; the changed bytes are found under it. */
function changed(compiled: CompiledMesh, change: (resource: Resource) => Resource): CompiledMesh {
  const resources = new Map([...compiled.resources].map(([digest, resource]) => [digest, change(resource)]));
  return { ...compiled, resources, assignments: compiled.assignments.map(change) };
}

export function simulated({ state, compiled }: CompiledWorld): SimulatedMesh {
  const pods = [...state.facts.Pod.values()].flatMap((names) => [...names.values()]);
  return simulatedMesh({ ...compiled, pods, trustDomain });
}
