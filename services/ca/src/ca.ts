import type { Bus } from "@osm/bus";
import type { MeshName } from "@osm/model";
import type { Authority } from "@osm/pki";
import { createMetrics, noTracer, type Clock, type Log, type Metrics, type Tracer } from "@osm/runtime";
import { encodeJson, subjectsOf, type trustPayload } from "@osm/wire";
import type { z } from "zod";
import { answerSign } from "./answer-sign.ts";
import { caMetrics } from "./ca-metrics.ts";
import { keepTrust } from "./keep-trust.ts";
import { createReplicaLimits, type Rate } from "./replica-limits.ts";
import { watchExpiry } from "./watch-expiry.ts";

export interface CaOptions {
  readonly mesh: MeshName;
  readonly trustDomain: string;
  readonly validitySec: number;
  readonly root: Authority<"workloads">;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** What one asking replica may have; `usualRate` when not given. */
  readonly rate?: Rate;
  readonly metrics?: Metrics;
  readonly tracer?: Tracer;
}

export interface RunningCa extends AsyncDisposable {
  /** Resolves once requests are answered and the trust bundle stands; rejects when the CA ends before. */
  readonly ready: Promise<void>;
  /** Resolves when the CA has ended; rejects when it failed. */
  readonly done: Promise<void>;
}

/** A core signs 2,700 a second. A replica's 2000 proxies may all have just connected. */
export const usualRate: Rate = { perSecond: 500, burst: 2000 };

/**
 * Signs for the replicas that ask on the bus, and keeps the mesh's trust bundle there; until it is disposed or the signal
 * aborts. Any number of CAs with the same root share the requests; each answers alone, and what one leaves unanswered the asker
 * asks again. Disposing answers first what was begun.
 */
export async function startCa(options: CaOptions): Promise<RunningCa> {
  const { bus, mesh, root, clock, log, rate = usualRate, tracer = noTracer } = options;
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);
  const subjects = subjectsOf(mesh);
  const metrics = caMetrics(options.metrics ?? createMetrics());
  watchExpiry({ ...options, metrics, signal });

  const responder = await bus.respond(subjects.callCaSign, answerSign({ ...options, tracer, metrics, limits: createReplicaLimits(rate, clock) }));
  const ready = Promise.withResolvers<void>();
  // Who does not wait for it has no use for its rejection; `done` tells of a failure.
  ready.promise.catch(() => undefined);

  const bundle = encodeJson(bundleOf(options.trustDomain, root));
  const run = async (): Promise<void> => {
    await using _responder = responder;
    await keepTrust({ bus, subject: subjects.trust, bundle, clock, log, signal, tracer, differs: metrics.bundleDiffers, said: ready.resolve });
  };
  const done = run().finally(() => ready.reject(signal.aborted ? signal.reason : new Error("the bus was closed")));
  const end = async (): Promise<void> => {
    stop.abort(new DOMException("the CA was disposed", "AbortError"));
    await done;
  };
  return { ready: ready.promise, done, [Symbol.asyncDispose]: end };
}

function bundleOf(trustDomain: string, root: Authority<"workloads">): z.input<typeof trustPayload> {
  return { trustDomain, roots: [root.certPem], issuer: root.issuer };
}
