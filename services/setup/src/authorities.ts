import { createRoot, parseAuthority, Sealed, type Authority, type RootRequest, type Vouched } from "@osm/pki";
import { keepSecret, textIn } from "./keep-secret.ts";
import type { SecretContent, SecretPlace } from "./secret-place.ts";

/** A root in a Secret: `ca.crt` and `ca.key`. */
export interface KeptAuthority<V extends Vouched> {
  readonly secret: string;
  readonly vouchesFor: V;
  readonly root: RootRequest;
}

export const tenYearsSec = 3650 * 86_400;

/** The root of a Secret, made once. One that is there is never written to. @throws Error for half a one; PkiError for one that may not sign */
export async function keepAuthority<V extends Vouched>(place: SecretPlace, { secret, vouchesFor, root }: KeptAuthority<V>): Promise<Authority<V>> {
  const { content } = await keepSecret(place, { name: secret, wanted: (held) => rootOf(held, secret, root) });
  return parseAuthority(vouchesFor, pemOf(content, secret));
}

async function rootOf(held: SecretContent, secret: string, request: RootRequest): Promise<SecretContent> {
  if (textIn(held, "ca.crt") !== undefined || textIn(held, "ca.key") !== undefined) {
    pemOf(held, secret);
    return {};
  }
  const { certPem, keyPem } = await createRoot(request);
  return { "ca.crt": new Sealed(certPem), "ca.key": keyPem };
}

function pemOf(content: SecretContent, secret: string) {
  const [certPem, key] = [textIn(content, "ca.crt"), textIn(content, "ca.key")];
  if (certPem === undefined || key === undefined) throw new Error(`the Secret ${secret} holds half a root: it needs both ca.crt and ca.key`);
  return { certPem, keyPem: new Sealed(key) };
}
