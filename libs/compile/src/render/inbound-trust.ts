import { SanType, SecretSchema } from "@osm/envoy-api";
import type { Resource } from "@osm/model";
import { inboundTrustName } from "../names.ts";
import { everybody } from "../resolve/doors.ts";
import { seal } from "../seal.ts";

/** No certificate bears it: those of the mesh are all `spiffe://`. */
const nobody = "urn:osm:nobody";

/**
 * Whose certificates may open a connection of bytes to a port: who is not among them fails in the handshake, before a server
 * that speaks first can say a word. The roots that such certificates must come from are added where it is served.
 */
export function renderInboundTrust(port: number, callers: readonly string[]): Resource {
  const name = inboundTrustName(port);
  const validation = callers.includes(everybody) ? {} : { matchTypedSubjectAltNames: (callers.length === 0 ? [nobody] : callers).map(uri) };
  return seal({ type: "SDS", name, schema: SecretSchema, content: { name, type: { case: "validationContext", value: validation } } });
}

function uri(exact: string) {
  return { sanType: SanType.URI, matcher: { matchPattern: { case: "exact", value: exact } } } as const;
}
