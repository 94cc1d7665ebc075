import {
  generateKeyPair, issuerDigest, privateKeyPem, readCertificate, renewAt, Sealed, signServer, type Authority, type UnixSeconds,
} from "@osm/pki";
import { textIn } from "./keep-secret.ts";
import type { SecretContent } from "./secret-place.ts";

export interface ServingWish {
  readonly ca: Authority<"servers">;
  readonly dnsNames: readonly string[];
  readonly callsPeers?: boolean;
  readonly now: UnixSeconds;
}

const yearSec = 365 * 86_400;
const issuerKey = "tls.issuer";

/** `tls.crt` and `tls.key` for a server: those that are held, until two thirds of their life are over, or names or issuer are others. */
export async function servingCertificate(held: SecretContent, wish: ServingWish): Promise<SecretContent> {
  return isGood(held, wish) ? {} : await newOne(wish);
}

function isGood(held: SecretContent, { ca, dnsNames, now }: ServingWish): boolean {
  const [certPem, key, issuer] = [textIn(held, "tls.crt"), textIn(held, "tls.key"), textIn(held, issuerKey)];
  if (certPem === undefined || key === undefined || issuer !== issuerDigest(ca.certPem)) return false;
  const { dns, notBefore, notAfter } = readCertificate(certPem);
  return now < renewAt({ notBefore, notAfter, jitter: 0 }) && dns.toSorted().join() === dnsNames.toSorted().join();
}

async function newOne({ ca, dnsNames, callsPeers = false, now }: ServingWish): Promise<SecretContent> {
  const pair = await generateKeyPair();
  const { chainPem } = signServer({ publicKey: pair.publicKey, callsPeers, dnsNames, ips: [], ca, now, validitySec: yearSec });
  return { "tls.crt": new Sealed(chainPem), "tls.key": privateKeyPem(pair.privateKey), [issuerKey]: new Sealed(issuerDigest(ca.certPem)) };
}
