import type { FactKind, MeshName, PodUid, ViewId } from "@osm/model";

/** Everything a mesh says on the bus. Only this file writes a subject or a key. */
export function subjectsOf(mesh: MeshName) {
  const root = `mesh.${mesh}.v1`;
  return {
    fact: (kind: FactKind, namespace: string, name: string) => `${root}.fact.${kind}.${token(namespace)}.${token(name)}`,
    facts: `${root}.fact.>`,
    sync: (kind: FactKind) => `${root}.sync.${kind}`,
    syncs: `${root}.sync.*`,
    view: (id: ViewId) => `${root}.view.${id}`,
    views: `${root}.view.*`,
    proxy: (uid: PodUid) => `${root}.proxy.${uid}`,
    proxies: `${root}.proxy.*`,
    endpoints: (assignment: string) => `${root}.endpoints.${token(assignment)}`,
    allEndpoints: `${root}.endpoints.*`,
    compiled: (member: string) => `${root}.compiled.${token(member)}`,
    allCompiled: `${root}.compiled.*`,
    trust: `${root}.trust.bundle`,
    outcome: (view: ViewId, replica: string) => `${root}.outcome.${view}.${token(replica)}`,
    outcomes: `${root}.outcome.>`,
    finding: (kind: string, namespace: string, name: string) => `${root}.finding.${kind}.${token(namespace)}.${token(name)}`,
    findings: `${root}.finding.>`,
    callCaSign: `${root}.call.ca.sign`,
    callBlob: (publisher: string) => `${root}.call.blob.${token(publisher)}`,
  } as const;
}
export type Subjects = ReturnType<typeof subjectsOf>;

/** Where the blobs of a mesh lie in the store. */
export function blobPrefix(mesh: MeshName): string {
  return `osm:${mesh}:blob:`;
}

/** The audience of the tokens that proxies of a mesh present. */
export function tokenAudience(mesh: MeshName): string {
  return `osm.${mesh}`;
}

/**
 * A name as one token of a subject. A dot is written `_`, which no Kubernetes name holds; what a subject token may not
 * hold is written `=` and its hex code; nothing at all is `=`.
 */
function token(name: string): string {
  if (name === "") return "=";
  return name.replaceAll(/[^A-Za-z0-9-]/g, (char) => (char === "." ? "_" : `=${char.charCodeAt(0).toString(16).padStart(4, "0")}`));
}
