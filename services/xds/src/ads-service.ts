import type { AdsService, Answer } from "@osm/ads";
import type { Admission, Gate } from "./admission.ts";
import { childOf } from "./child-signal.ts";
import { createCertificate, type CertificateDeps } from "./certificate.ts";
import type { Asked, Outgoing } from "./conversation.ts";
import { createFirstSync, type FirstSync } from "./first-sync.ts";
import type { Call } from "./grpc-call.ts";
import { createProxyStream, type AnswerTime, type EndReason, type ProxyStream } from "./stream.ts";
import type { Streams } from "./streams.ts";
import type { Turnstile } from "./turnstile.ts";

/** A stream, and the method that it was opened on. */
export interface Opened {
  readonly call: Call;
  readonly service: AdsService;
}

export interface AdsDeps extends CertificateDeps {
  readonly streams: Streams;
  readonly gate: Gate;
  readonly turns: Turnstile;
  readonly answered: (stream: ProxyStream, answer: Answer) => void;
  readonly took: (time: AnswerTime) => void;
  readonly asked: (stream: ProxyStream, asked: Asked) => void;
  readonly sent: (sent: Outgoing, stream: ProxyStream) => void;
  readonly opened: () => void;
  readonly closed: (stream: ProxyStream) => void;
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

/** A sidecar opens one; one that asks type by type opens one for each assignment and route. */
const mostStreams = 512;

/** Serves one stream from its opening to its end. */
export async function serveStream({ call, service }: Opened, deps: AdsDeps): Promise<void> {
  const over = childOf(deps.signal);
  const { signal } = over;
  call.whenOver(() => over.abort());

  const admission = await deps.gate.admit(call.authorization?.replace(/^Bearer /i, ""), signal);
  if (signal.aborted) return;
  if (admission.kind === "refused") return refuse(call, admission.reason, deps);
  if (deps.streams.ofProxy(admission.proxy.uid).size >= mostStreams) return refuse(call, "too-many-streams", deps);
  serveProxy({ call, service }, admission, { ...deps, signal });
}

type Admitted = Extract<Admission, { kind: "admitted" }>;

function serveProxy({ call, service }: Opened, { proxy, view, claims }: Admitted, deps: AdsDeps): void {
  const { world, streams, log, now, signal } = deps;
  const end = (reason: EndReason) => {
    if (signal.aborted) return;
    deps.ended(reason);
    log.debug({ proxy: proxy.uid, reason }, "stream ended");
    call.end({ code: "unavailable", details: reason });
  };
  const stream: ProxyStream = createProxyStream({
    world, proxy, service, now, end,
    peer: call.peer,
    view: streams.viewFor(proxy.uid, view),
    write: (response) => (call.queued() > mostQueued ? end("not-draining") : call.write(response)),
    sent: (sent) => deps.sent(sent, stream),
    answered: (answer) => {
      deps.answered(stream, answer);
      sync.answered(answer, stream.settled());
    },
    took: deps.took,
    asked: (asked) => {
      certificate.asked(asked);
      deps.asked(stream, asked);
      sync.asked(asked);
    },
    moved: () => streams.touched(stream),
    malformed: (err) => {
      log.warn({ proxy: proxy.uid, err }, "request refused");
      end("malformed-request");
    },
    failed: (err) => {
      log.error({ proxy: proxy.uid, err }, "stream failed");
      end("failed");
    },
  });
  const certificate = createCertificate(stream, deps);
  const sync = createFirstSync({
    turns: deps.turns, uid: proxy.uid, service, signal,
    pause: call.pause,
    resume: call.resume,
    hear: (bytes) => signal.aborted || stream.hear(bytes),
    tooBusy: () => end("too-busy"),
  });

  streams.add(stream);
  deps.opened();
  log.debug({ proxy: proxy.uid, pod: proxy.pod, namespace: proxy.namespace }, "stream opened");
  const cancelTimers = startTimers({ stream, sync, expiresAt: claims.expiresAt }, deps);
  call.hear(sync.hear);
  signal.addEventListener("abort", () => {
    cancelTimers();
    sync.over();
    streams.remove(stream);
    deps.closed(stream);
  }, { once: true });
}

interface Timed {
  readonly stream: ProxyStream;
  readonly sync: FirstSync;
  readonly expiresAt: number;
}

/** A stream ends with its token, and is known after a moment. */
function startTimers({ stream, sync, expiresAt }: Timed, { now, schedule, opened }: AdsDeps): () => void {
  const left = expiresAt * 1000 + tokenGraceMs - now();
  const cancelExpiry = schedule(Math.max(0, Math.min(left, longestMs)), () => stream.end("token-expired"));
  const introduce = () => {
    if (sync.waits()) return void (cancelIntroduction = schedule(introductionMs, introduce));
    stream.introduced();
    opened();
  };
  let cancelIntroduction = schedule(introductionMs, introduce);
  return () => {
    cancelExpiry();
    cancelIntroduction();
  };
}

/** Refusals that say nothing of who asks. */
const comesLater: ReadonlySet<string> = new Set(["not-compiled-yet", "too-many-waiting", "too-many-streams", "no-keys"]);

function refuse(call: Call, reason: string, { refused, log }: AdsDeps): void {
  refused(reason);
  log.warn({ reason, peer: call.peer }, "stream refused");
  call.end({ code: comesLater.has(reason) ? "unavailable" : "unauthenticated", details: reason });
}
