import { identityName, isObjectName, type Identity } from "@osm/model";
import { PkiError } from "./error.ts";

/** Longest DNS name (RFC 1035); longer ones are left out of a certificate, since the SPIFFE URI says it all. */
const maxDnsName = 253;
/** Longest CommonName (RFC 5280, ub-common-name). One cut short could be somebody else's name, so it is left out. */
const maxCommonName = 64;

/** @throws PkiError when Kubernetes would not take the names. */
export function assertIdentity(identity: Identity): void {
  const { namespace, serviceAccount } = identity;
  const isNamespace = isObjectName(namespace) && namespace.length <= 63 && !namespace.includes(".");
  if (!isNamespace || !isObjectName(serviceAccount)) throw new PkiError("NameRefused", "not an identity of Kubernetes");
}

/** @throws PkiError unless it is a DNS name in lower case. */
export function assertTrustDomain(trustDomain: string): void {
  if (!isObjectName(trustDomain)) throw new PkiError("NameRefused", "not a trust domain");
}

/** `<service account>.<namespace>.<trust domain>`, as OSM writes it; undefined where that is too long for DNS. */
export function identityDnsName(identity: Identity, trustDomain: string): string | undefined {
  const name = `${identityName(identity)}.${trustDomain}`;
  return name.length <= maxDnsName ? name : undefined;
}

/** @throws PkiError unless it is a DNS name in lower case; a leading `*.` is not taken. */
export function assertHostName(host: string): void {
  if (!isObjectName(host)) throw new PkiError("NameRefused", "not a host name");
}

export function fitsCommonName(name: string | undefined): name is string {
  return name !== undefined && name.length <= maxCommonName;
}
