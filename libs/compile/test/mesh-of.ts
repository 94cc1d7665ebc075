import { compileMesh, type CompiledMesh, type MeshSettings } from "@osm/compile";
import { parseObject, splitDocuments } from "@osm/intake";
import { emptyState, fold, meshName, type Fact, type Finding, type MeshState } from "@osm/model";

const context = { mesh: meshName("osm"), osmNamespace: "osm-system" };
export const settings: MeshSettings = { trustDomain: "cluster.local" };

export interface Read {
  readonly state: MeshState;
  readonly findings: readonly Finding[];
}

/** Manifests as a watcher would have said them: the facts of the mesh's namespaces, in the order of the file. */
export function read(manifests: string): Read {
  const documents = splitDocuments(manifests);
  if (documents.kind === "broken") throw new Error(`line ${documents.line}: ${documents.reason}`);
  const staged = documents.objects.map((object) => parseObject(object, context));
  const facts = staged.flatMap(({ value }) => value ?? []);
  const members = new Set(facts.filter(({ kind }) => kind === "Namespace").map(({ name }) => name));
  const counted = facts.filter((fact) => fact.namespace === "" || fact.kind === "MeshConfig" || members.has(fact.namespace));
  return { state: stateOf(counted), findings: staged.flatMap(({ findings }) => findings) };
}

export function stateOf(facts: readonly Fact[]): MeshState {
  return facts.reduce((state, fact, at) => fold(state, { fact }, at + 1), emptyState);
}

/** As the scenario's comment `# trust domain: …` says, else the usual. */
function settingsOf(manifests: string): MeshSettings {
  const trustDomain = /^# trust domain: (\S+)$/m.exec(manifests)?.[1];
  return trustDomain === undefined ? settings : { trustDomain };
}

export interface Compiled extends CompiledMesh {
  /** Of reading and of compiling, in order of the object. */
  readonly remarks: readonly Finding[];
}

export function compiled(manifests: string): Compiled {
  const { state, findings } = read(manifests);
  const mesh = compileMesh(state, settingsOf(manifests));
  const order = ({ on, code, field }: Finding) => `${on} ${code} ${field}`;
  const remarks = [...findings, ...mesh.findings].toSorted((a, b) => (order(a) < order(b) ? -1 : 1));
  return { ...mesh, remarks };
}
