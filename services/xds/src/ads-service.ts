import { decodeDeltaRequest, type Answer, type DecodedRequest, type DeltaRequest, type DeltaSend } from "@osm/ads";
import type { Metadata, ServerDuplexStream, ServiceDefinition } from "@grpc/grpc-js";
import { status } from "@grpc/grpc-js";
import { xdsTypeOf } from "@osm/model";
import type { Log } from "@osm/runtime";
import type { Admission, Gate } from "./admission.ts";
import { createCertificate, type Certificate, type CertificateDeps } from "./certificate.ts";
import { createProxyStream, type EndReason, type ProxyStream } from "./stream.ts";
import type { Streams } from "./streams.ts";

type Call = ServerDuplexStream<Buffer, Buffer>;

const raw = (bytes: Buffer) => bytes;
/** envoy.service.discovery.v3.AggregatedDiscoveryService, incremental, with messages left as they travel. */
export const adsService = {
  DeltaAggregatedResources: {
    path: "/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources",
    requestStream: true,
    responseStream: true,
    requestSerialize: raw,
    requestDeserialize: raw,
    responseSerialize: raw,
    responseDeserialize: raw,
  },
} as const satisfies ServiceDefinition;

export interface AdsDeps extends CertificateDeps {
  readonly streams: Streams;
  readonly gate: Gate;
  readonly answered: (stream: ProxyStream, answer: Answer) => void;
  readonly asked: (stream: ProxyStream, request: DeltaRequest) => void;
  readonly sent: (send: DeltaSend) => void;
  readonly opened: () => void;
  readonly closed: () => void;
  readonly refused: (reason: string) => void;
  readonly ended: (reason: EndReason) => void;
}

/** Token grace: a stream ends this long after its token did, so that a proxy shows a fresh one. */
const tokenGraceMs = 60_000;
/** Envoy sends its first requests in one go. One that holds everything says no more, so time tells that they are in. */
const introductionMs = 250;
/** Responses that wait to be written. A proxy that reads before it answers never has more than one of each type. */
const mostQueued = 8;
const longestMs = 2 ** 31 - 1;

/** Serves one stream from its opening to its end. */
export async function serveStream(call: Call, deps: AdsDeps): Promise<void> {
  const over = new AbortController();
  const signal = AbortSignal.any([over.signal, deps.signal]);
  for (const event of ["close", "cancelled", "error"]) call.on(event, () => over.abort());

  const admission = await deps.gate.admit(tokenOf(call.metadata), signal);
  if (signal.aborted) return;
  if (admission.kind === "refused") return refuse(call, admission.reason, deps);
  serveProxy(call, admission, { ...deps, signal });
}

type Admitted = Extract<Admission, { kind: "admitted" }>;

function serveProxy(call: Call, { proxy, view, claims }: Admitted, deps: AdsDeps): void {
  const { world, streams, log, now, schedule, signal } = deps;
  const end = (reason: EndReason) => {
    if (signal.aborted) return;
    deps.ended(reason);
    log.debug({ proxy: proxy.uid, reason }, "stream ended");
    call.emit("error", { code: status.UNAVAILABLE, details: reason });
  };
  const stream: ProxyStream = createProxyStream({
    world, proxy, view, now, end,
    write: (response) => (call.writableLength > mostQueued ? end("not-draining") : void call.write(bufferOf(response))),
    sent: deps.sent,
    answered: (answer) => deps.answered(stream, answer),
    failed: (err) => {
      log.error({ proxy: proxy.uid, err }, "stream failed");
      end("failed");
    },
  });
  const certificate = createCertificate(stream, deps);

  streams.add(stream);
  deps.opened();
  log.debug({ proxy: proxy.uid, pod: proxy.pod, namespace: proxy.namespace }, "stream opened");
  const left = claims.expiresAt * 1000 + tokenGraceMs - now();
  const cancelExpiry = schedule(Math.max(0, Math.min(left, longestMs)), () => end("token-expired"));
  const cancelIntroduction = schedule(introductionMs, () => {
    stream.introduced();
    deps.opened();
  });
  call.on("data", (bytes: Buffer) => signal.aborted || receive(bytes, { stream, certificate, asked: deps.asked, log }));
  signal.addEventListener("abort", () => {
    cancelExpiry();
    cancelIntroduction();
    streams.remove(stream);
    deps.closed();
  }, { once: true });
}

function bufferOf({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

interface Receiving {
  readonly stream: ProxyStream;
  readonly certificate: Certificate;
  readonly asked: AdsDeps["asked"];
  readonly log: Log;
}

function receive(bytes: Buffer, { stream, certificate, asked, log }: Receiving): void {
  const decoded = requestIn(bytes, stream, log);
  const type = decoded && xdsTypeOf(decoded.typeUrl);
  if (!type) return;
  const { typeUrl: _, nodeId: _label, ...rest } = decoded;
  const request = { type, ...rest };
  certificate.asked(request);
  asked(stream, request);
  stream.on({ kind: "request", request });
}

/** What is no request ends the stream that it came on. */
function requestIn(bytes: Buffer, stream: ProxyStream, log: Log): DecodedRequest | undefined {
  try {
    return decodeDeltaRequest(bytes);
  } catch (err) {
    log.warn({ proxy: stream.proxy.uid, err }, "request refused");
    stream.end("malformed-request");
    return undefined;
  }
}

function tokenOf(metadata: Metadata): string | undefined {
  const [value] = metadata.get("authorization");
  return typeof value === "string" ? value.replace(/^Bearer /i, "") : undefined;
}

/** Refusals that say nothing of who asks. */
const comesLater: ReadonlySet<string> = new Set(["not-compiled-yet", "too-many-waiting", "no-keys"]);

function refuse(call: Call, reason: string, { refused, log }: AdsDeps): void {
  refused(reason);
  log.warn({ reason, peer: call.getPeer() }, "stream refused");
  const code = comesLater.has(reason) ? status.UNAVAILABLE : status.UNAUTHENTICATED;
  call.emit("error", { code, details: reason });
}
