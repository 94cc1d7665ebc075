declare const brand: unique symbol;
type Brand<T extends string> = string & { readonly [brand]: T };

/** Name of a mesh: a DNS label, since it becomes part of subjects, keys, audiences and object names. */
export type MeshName = Brand<"MeshName">;
/** `spiffe://<trust domain>/ns/<namespace>/sa/<service account>` (SPIFFE-ID §2). */
export type SpiffeId = Brand<"SpiffeId">;
/** `<kind>/<namespace>/<name>`; the namespace is empty for cluster-scoped kinds. */
export type ObjectRef = Brand<"ObjectRef">;
/** Uid of a pod, as Kubernetes writes it. */
export type PodUid = Brand<"PodUid">;

/** Who a workload is: its ServiceAccount. All pods of one account share all rights (OSM §5.1). */
export interface Identity {
  readonly namespace: string;
  readonly serviceAccount: string;
}

const dnsLabel = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const dnsName = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/** @throws TypeError when the text is no DNS label (RFC 1123, at most 63 characters). */
export function meshName(text: string): MeshName {
  if (!dnsLabel.test(text)) throw new TypeError(`not a mesh name: ${JSON.stringify(text)}`);
  return text as MeshName;
}

/** True when Kubernetes would take the text as an object's name (RFC 1123 subdomain). */
export function isObjectName(text: string): boolean {
  return text.length > 0 && text.length <= 253 && dnsName.test(text);
}

export function objectRef(kind: string, namespace: string, name: string): ObjectRef {
  return `${kind}/${namespace}/${name}` as ObjectRef;
}

/** The parts of a ref; names hold no slash, so the split is exact. */
export function refParts(ref: ObjectRef): { readonly kind: string; readonly namespace: string; readonly name: string } {
  const [kind = "", namespace = "", name = ""] = ref.split("/");
  return { kind, namespace, name };
}

/** @throws TypeError when the text is empty or could not be one token of a subject. */
export function podUid(text: string): PodUid {
  if (!/^[0-9A-Za-z-]{1,64}$/.test(text)) throw new TypeError("not a pod uid");
  return text as PodUid;
}

export function spiffeId(trustDomain: string, identity: Identity): SpiffeId {
  return `spiffe://${trustDomain}/ns/${identity.namespace}/sa/${identity.serviceAccount}` as SpiffeId;
}

/** `<service account>.<namespace>`: how OSM writes an identity, and the start of its DNS name. */
export function identityName(identity: Identity): string {
  return `${identity.serviceAccount}.${identity.namespace}`;
}
