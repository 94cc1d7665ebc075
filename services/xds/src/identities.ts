import type { Bus } from "@osm/bus";
import type { Identity } from "@osm/model";
import { createCsr, generateKeyPair, identityVersion, isLive, isOf, parseIdentityVersion, privateKeyPem, readCertificate, renewAt } from "@osm/pki";
import { backoffMs, inSpan, sleep, type Log, type Tracer } from "@osm/runtime";
import { decodeJson, encodeJson, originHeaders, signReply, type Subjects, type Trace } from "@osm/wire";
import { identityOf, type OwnIdentity } from "./secrets.ts";

export interface IdentityDeps {
  readonly bus: Bus;
  readonly subjects: Subjects;
  /** Who asks the certificate authority, for its limits and its audit. */
  readonly replica: string;
  readonly log: Log;
  readonly tracer: Tracer;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export interface Issued {
  readonly identity: OwnIdentity;
  /** Milliseconds since 1970. */
  readonly renewAt: number;
}

const callMs = 5000;

/** A fresh key, and a certificate for it: tried until there is one or the signal aborts (then undefined). */
export async function obtainIdentity(identity: Identity, deps: IdentityDeps, signal: AbortSignal): Promise<Issued | undefined> {
  for (let failures = 0; !signal.aborted; ) {
    try {
      return await inSpan(deps.tracer.root("ads.identity", { fields: { ...identity, failures } }), ({ trace }) => issue(identity, deps, trace));
    } catch (err) {
      failures++;
      deps.log.warn({ err, ...identity, failures }, "certificate not issued");
      await sleep(backoffMs({ firstMs: 100, maxMs: 10_000 }, failures, Math.random()), signal);
    }
  }
  return undefined;
}

async function issue(identity: Identity, { bus, subjects, replica, now }: IdentityDeps, trace: Trace | undefined): Promise<Issued> {
  const pair = await generateKeyPair();
  const csr = Buffer.from(createCsr(pair)).toString("base64");
  const headers = originHeaders({ trace, observedAt: undefined });
  const reply = decodeJson(signReply, await bus.request(subjects.callCaSign, encodeJson({ identity, csr, replica }), { timeoutMs: callMs, headers }));
  const certificate = readCertificate(reply.chain);
  if (!isOf(certificate, pair.publicKey)) throw new Error("the certificate that came is of another key");
  const version = identityVersion({ issuer: reply.issuer, notAfter: certificate.notAfter, certificate: certificate.digest });
  const due = renewAt({ notBefore: certificate.notBefore, notAfter: certificate.notAfter, jitter: Math.random() }) * 1000;
  return { identity: identityOf(version, reply.chain, privateKeyPem(pair.privateKey)), renewAt: Math.max(due, now()) };
}

/**
 * A certificate that the proxy holds from another replica or from before: as good as ours while its issuer signs and it
 * lives. When it was issued is not known, so it is renewed after half of what is left.
 */
export function heldIdentity(version: string | undefined, issuer: string, now: number): Issued | undefined {
  const parsed = version === undefined ? undefined : parseIdentityVersion(version);
  if (!version || !parsed || !isLive(version, { issuer: parsed.issuer, now: now / 1000 }) || parsed.issuer !== issuer) return undefined;
  return { identity: { version, bytes: undefined }, renewAt: (now + parsed.notAfter * 1000) / 2 };
}
