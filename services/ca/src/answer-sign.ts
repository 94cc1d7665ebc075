import { Refusal } from "@osm/bus";
import { identityName, type Identity } from "@osm/model";
import { PkiError, signLeaf, type Authority, type Leaf } from "@osm/pki";
import type { Clock, Counter, Log } from "@osm/runtime";
import { decodeJson, encodeJson, PayloadError, signRequest, type signReply } from "@osm/wire";
import type { z } from "zod";

export interface Signing {
  readonly trustDomain: string;
  readonly validitySec: number;
  readonly root: Authority<"workloads">;
  readonly clock: Pick<Clock, "now">;
  readonly log: Log;
  readonly counter: Counter<"result">;
}

/** A CSR of 8 KiB in base64, two names, and what JSON puts around them. */
const largestRequest = 16_384;

/**
 * Answers one request for a leaf. Names come from the request, the public key from the CSR, nothing else from either.
 * Each answer is one line of audit; the asker learns in a few words why it was refused.
 */
export function answerSign(signing: Signing): (request: Uint8Array) => Promise<Uint8Array> {
  return async (request) => {
    try {
      const { identity, csr } = requestIn(request);
      return encodeJson(replyOf(signed(signing, identity, csr)));
    } catch (error) {
      throw refusalOf(signing, error);
    }
  };
}

function requestIn(bytes: Uint8Array): z.output<typeof signRequest> {
  if (bytes.length > largestRequest) throw new PayloadError("payload refused: too large");
  return decodeJson(signRequest, bytes);
}

function signed({ trustDomain, validitySec, root, clock, log, counter }: Signing, identity: Identity, csr: string): Leaf {
  const now = clock.now() / 1000;
  const leaf = signLeaf({ csrDer: Buffer.from(csr, "base64"), identity, trustDomain, ca: root, now, validitySec });
  counter.inc({ result: "issued" });
  log.info({ identity: identityName(identity), notAfter: leaf.notAfter, serial: leaf.serial, digest: leaf.digest }, "certificate issued");
  return leaf;
}

function replyOf({ chainPem, issuer, notAfter }: Leaf): z.input<typeof signReply> {
  return { chain: chainPem, issuer, notAfter };
}

function refusalOf({ log, counter }: Signing, error: unknown): unknown {
  counter.inc({ result: "refused" });
  if (error instanceof PkiError || error instanceof PayloadError) {
    log.warn({ reason: error.message }, "certificate refused");
    return new Refusal(error.message, { cause: error });
  }
  log.error({ err: error }, "signing failed");
  return error;
}
