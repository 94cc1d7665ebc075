import { DeltaRequestError, decodeDeltaRequest, type Answer, type DeltaRequest, type DeltaSend } from "@osm/ads";
import type { Metadata, ServerDuplexStream, ServiceDefinition } from "@grpc/grpc-js";
import { status } from "@grpc/grpc-js";
import { identitySecret, xdsTypeOf } from "@osm/model";
import { sleep, type Log } from "@osm/runtime";
import type { Admission, Gate } from "./admission.ts";
import { heldIdentity, obtainIdentity, type IdentityDeps, type Issued } from "./identities.ts";
import { createProxyStream, type ProxyStream } from "./stream.ts";
import type { Streams } from "./streams.ts";
import type { World } from "./world.ts";

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

export interface AdsDeps extends IdentityDeps {
  readonly world: World;
  readonly streams: Streams;
  readonly gate: Gate;
  readonly answered: (stream: ProxyStream, answer: Answer) => void;
  readonly sent: (send: DeltaSend) => void;
  readonly opened: () => void;
  readonly closed: () => void;
  readonly refused: (reason: string) => void;
  readonly signal: AbortSignal;
}

/** Token grace: a stream ends this long after its token did, so that a proxy shows a fresh one. */
const tokenGraceMs = 60_000;
/** Envoy sends its first requests in one go. One that holds everything says no more, so time tells that they are in. */
const introductionMs = 250;

/** Serves one stream from its opening to its end. */
export async function serveStream(call: Call, deps: AdsDeps): Promise<void> {
  const ended = new AbortController();
  const signal = AbortSignal.any([ended.signal, deps.signal]);
  call.on("close", () => ended.abort());
  call.on("cancelled", () => ended.abort());
  call.on("error", () => ended.abort());

  const admission = await deps.gate.admit(tokenOf(call.metadata), signal);
  if (signal.aborted) return;
  if (admission.kind === "refused") return refuse(call, admission.reason, deps);
  await serveProxy(call, admission, { ...deps, signal });
}

async function serveProxy(call: Call, { proxy, view, claims }: Extract<Admission, { kind: "admitted" }>, deps: AdsDeps): Promise<void> {
  const { world, streams, log, signal } = deps;
  const end = (details: string) => call.emit("error", { code: status.UNAVAILABLE, details });
  const stream: ProxyStream = createProxyStream({
    world, proxy, view,
    write: (response) => call.write(Buffer.from(response.buffer, response.byteOffset, response.byteLength)),
    sent: deps.sent,
    answered: (answer) => deps.answered(stream, answer),
  });
  const certificate = createCertificate(stream, deps);

  streams.add(stream, () => end("the pod is gone"));
  deps.opened();
  log.debug({ proxy: proxy.uid, pod: proxy.pod, namespace: proxy.namespace }, "stream opened");
  const expiry = setTimeout(end, Math.min(claims.expiresAt * 1000 + tokenGraceMs - deps.now(), 2 ** 31 - 1), "the token has run out");
  const introduction = setTimeout(() => {
    stream.introduced();
    deps.opened();
  }, introductionMs);
  call.on("data", (bytes: Buffer) => receive(bytes, { stream, certificate, log, end }));
  signal.addEventListener("abort", () => {
    clearTimeout(expiry);
    clearTimeout(introduction);
    streams.remove(stream);
    deps.closed();
  }, { once: true });
}

interface Receiving {
  readonly stream: ProxyStream;
  readonly certificate: Certificate;
  readonly log: Log;
  readonly end: (details: string) => void;
}

function receive(bytes: Buffer, { stream, certificate, log, end }: Receiving): void {
  try {
    const { typeUrl, nodeId: _label, ...rest } = decodeDeltaRequest(bytes);
    const type = xdsTypeOf(typeUrl);
    if (!type) return;
    const request = { type, ...rest };
    certificate.asked(request);
    stream.on({ kind: "request", request });
  } catch (err) {
    if (!(err instanceof DeltaRequestError)) throw err;
    log.warn({ proxy: stream.proxy.uid, err }, "request refused");
    end("malformed request");
  }
}

interface Certificate {
  /** Looks at what a proxy asks for, before the engine does. */
  asked(request: DeltaRequest): void;
}

/** Keeps a stream's certificate: adopts the one its proxy holds, issues one where it is wanted, renews in time. */
function createCertificate(stream: ProxyStream, deps: AdsDeps): Certificate {
  let obtaining = false;
  const present = (issued: Issued) => {
    stream.present(issued.identity);
    void renewLater(issued.renewAt);
  };
  const obtain = async () => {
    if (obtaining) return;
    obtaining = true;
    const issued = await obtainIdentity(stream.proxy.identity, deps, deps.signal);
    obtaining = false;
    if (issued && !deps.signal.aborted) present(issued);
  };
  const renewLater = async (at: number) => {
    const version = stream.identity()?.version;
    while (deps.now() < at && !deps.signal.aborted) await sleep(Math.min(at - deps.now(), 2 ** 31 - 1), deps.signal);
    if (!deps.signal.aborted && stream.identity()?.version === version) await obtain();
  };
  return {
    asked: ({ type, subscribe, initial }) => {
      if (type !== "SDS" || !(subscribe.includes(identitySecret) || initial.has(identitySecret)) || stream.identity()?.bytes) return;
      const held = heldIdentity(initial.get(identitySecret), deps.world.trust?.issuer ?? "", deps.now());
      if (held) return present(held);
      stream.present(undefined);
      void obtain();
    },
  };
}

function tokenOf(metadata: Metadata): string | undefined {
  const [value] = metadata.get("authorization");
  return typeof value === "string" ? value.replace(/^Bearer /i, "") : undefined;
}

function refuse(call: Call, reason: string, { refused, log }: AdsDeps): void {
  refused(reason);
  log.warn({ reason, peer: call.getPeer() }, "stream refused");
  const code = reason === "not-compiled-yet" || reason === "too-many-waiting" ? status.UNAVAILABLE : status.UNAUTHENTICATED;
  call.emit("error", { code, details: reason });
}
