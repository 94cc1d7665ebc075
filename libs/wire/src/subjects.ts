import { factKinds, refParts, type Digest, type FactKind, type MeshName, type ObjectRef, type OfferingId, type PodUid, type ViewId } from "@osm/model";

/** Everything a mesh says on the bus. Only this file writes a subject or a key. */
export function subjectsOf(mesh: MeshName) {
  const root = `mesh.${mesh}.v1`;
  return {
    fact: (kind: FactKind, namespace: string, name: string) => `${root}.fact.${kind}.${token(namespace)}.${token(name)}`,
    facts: `${root}.fact.>`,
    /** The object that a fact's subject speaks of; undefined for a kind that this reader does not know. */
    factKey: (subject: string) => factKeyOf(subject.slice(`${root}.fact.`.length)),
    sync: (kind: FactKind) => `${root}.sync.${kind}`,
    syncs: `${root}.sync.*`,
    view: (id: ViewId) => `${root}.view.${id}`,
    views: `${root}.view.*`,
    offering: (id: OfferingId) => `${root}.offering.${id}`,
    offerings: `${root}.offering.*`,
    proxy: (uid: PodUid) => `${root}.proxy.${uid}`,
    proxies: `${root}.proxy.*`,
    endpoints: (assignment: string) => `${root}.endpoints.${token(assignment)}`,
    allEndpoints: `${root}.endpoints.*`,
    compiled: (member: string) => `${root}.compiled.${token(member)}`,
    allCompiled: `${root}.compiled.*`,
    member: (service: MemberKind, id: string) => `${root}.member.${service}.${token(id)}`,
    members: (service: MemberKind) => `${root}.member.${service}.*`,
    trust: `${root}.trust.bundle`,
    progress: (replica: string) => `${root}.progress.${token(replica)}`,
    allProgress: `${root}.progress.*`,
    outcome: (view: ViewId, replica: string) => `${root}.outcome.${view}.${token(replica)}`,
    outcomes: `${root}.outcome.>`,
    verdict: (rejected: Digest) => `${root}.verdict.${rejected}`,
    verdicts: `${root}.verdict.*`,
    /** The watcher speaks of objects it could not read, the compiler of those it could: each has its own subject. */
    finding: (by: "watcher" | "compiler", on: ObjectRef) => `${root}.finding.${by}.${refTokens(on)}`,
    findings: `${root}.finding.>`,
    findingsBy: (by: "watcher" | "compiler") => `${root}.finding.${by}.>`,
    callCaSign: `${root}.call.ca.sign`,
    callBlob: (publisher: string) => `${root}.call.blob.${token(publisher)}`,
    callBlobs: `${root}.call.blob.*`,
  } as const;
}
export type Subjects = ReturnType<typeof subjectsOf>;

/** Services whose replicas know of one another. */
export type MemberKind = "compiler" | "xds";

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

function refTokens(ref: ObjectRef): string {
  const { kind, namespace, name } = refParts(ref);
  return [kind, namespace, name].map(token).join(".");
}

function factKeyOf(tokens: string): { readonly kind: FactKind; readonly namespace: string; readonly name: string } | undefined {
  const [kindToken, namespace = "", name = ""] = tokens.split(".");
  const kind = factKinds.find((each) => each === kindToken);
  return kind && { kind, namespace: untoken(namespace), name: untoken(name) };
}

/** Undoes `token` for names of Kubernetes objects. */
function untoken(text: string): string {
  return text === "=" ? "" : text.replaceAll("_", ".");
}
