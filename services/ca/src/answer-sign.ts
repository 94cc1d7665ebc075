import { Refusal, type Answer } from "@osm/bus";
import { identityName } from "@osm/model";
import { PkiError, signLeaf, type Authority, type Leaf } from "@osm/pki";
import { inSpan, type Clock, type Log, type Tracer } from "@osm/runtime";
import { decodeJson, encodeJson, originIn, PayloadError, signRequest, type signReply } from "@osm/wire";
import type { z } from "zod";
import type { CaMetrics } from "./ca-metrics.ts";
import type { ReplicaLimits } from "./replica-limits.ts";

export interface Signing {
  readonly trustDomain: string;
  readonly validitySec: number;
  readonly root: Authority<"workloads">;
  readonly clock: Pick<Clock, "now">;
  readonly log: Log;
  readonly tracer: Tracer;
  readonly limits: ReplicaLimits;
  readonly metrics: Pick<CaMetrics, "certificates" | "issued" | "issueSeconds">;
}

type SignRequest = z.output<typeof signRequest>;

/** A CSR of 8 KiB in base64, three names, and what JSON puts around them. */
const largestRequest = 16_384;
const unreadable = "unreadable";

/**
 * Answers one request for a leaf. Names come from the request, the public key from the CSR, nothing else from either.
 * Each answer is one line of audit (who asked, for whom, which certificate; no key, no CSR); the asker learns in a few words
 * why it was refused. A replica that asks too often gets one line when that begins, and a refusal each time. What is asked within a
 * trace goes on in it.
 */
export function answerSign(signing: Signing): Answer {
  const answer = answerTo(signing);
  return (bytes, headers) => inSpan(signing.tracer.span("ca.sign", originIn(headers)?.trace), () => answer(bytes));
}

function answerTo(signing: Signing): (request: Uint8Array) => Promise<Uint8Array> {
  return async (bytes) => {
    const request = readRequest(bytes);
    const replica = request instanceof PayloadError ? unreadable : request.replica;
    admit(signing, replica);
    try {
      if (request instanceof PayloadError) throw request;
      return encodeJson(replyOf(issued(signing, request)));
    } catch (error) {
      throw refusalOf(signing, error, request instanceof PayloadError ? { replica } : auditOf(request));
    }
  };
}

function readRequest(bytes: Uint8Array): SignRequest | PayloadError {
  if (bytes.length > largestRequest) return new PayloadError("payload refused: too large");
  try {
    return decodeJson(signRequest, bytes);
  } catch (error) {
    if (error instanceof PayloadError) return error;
    throw error;
  }
}

/** @throws Refusal */
function admit({ limits, log, metrics }: Signing, replica: string): void {
  const leave = limits.ask(replica);
  if (leave === "given") return;
  metrics.certificates.inc({ result: "limited" });
  if (leave === "over-now") log.warn({ replica }, "replica asks for more certificates than its share, refused for now");
  throw new Refusal("this replica asks for more certificates than its share: try again later");
}

function issued({ trustDomain, validitySec, root, clock, log, metrics }: Signing, request: SignRequest): Leaf {
  const begun = performance.now();
  const now = clock.now() / 1000;
  const leaf = signLeaf({ csrDer: Buffer.from(request.csr, "base64"), identity: request.identity, trustDomain, ca: root, now, validitySec });
  metrics.certificates.inc({ result: "issued" });
  metrics.issued.inc({});
  metrics.issueSeconds.observe({}, (performance.now() - begun) / 1000);
  log.info({ ...auditOf(request), notAfter: leaf.notAfter, serial: leaf.serial, digest: leaf.digest }, "certificate issued");
  return leaf;
}

function auditOf({ replica, identity }: SignRequest) {
  return { replica, identity: identityName(identity) };
}

function replyOf({ chainPem, issuer, notAfter }: Leaf): z.input<typeof signReply> {
  return { chain: chainPem, issuer, notAfter };
}

function refusalOf({ log, metrics }: Signing, error: unknown, audit: Readonly<Record<string, string>>): unknown {
  if (error instanceof PkiError || error instanceof PayloadError) {
    metrics.certificates.inc({ result: "refused" });
    log.warn({ ...audit, reason: error.message }, "certificate refused");
    return new Refusal(error.message, { cause: error });
  }
  metrics.certificates.inc({ result: "failed" });
  log.error({ ...audit, err: error }, "signing failed");
  return error;
}
