import type { Bus } from "@osm/bus";
import type { MeshName } from "@osm/model";
import type { Authority } from "@osm/pki";
import { createMetrics, type Clock, type Log, type Metrics } from "@osm/runtime";
import { encodeJson, subjectsOf, type trustPayload } from "@osm/wire";
import type { z } from "zod";
import { answerSign } from "./answer-sign.ts";
import { keepTrust } from "./keep-trust.ts";

export interface CaOptions {
  readonly mesh: MeshName;
  readonly trustDomain: string;
  readonly validitySec: number;
  readonly root: Authority<"workloads">;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
  readonly metrics?: Metrics;
}

export interface RunningCa extends AsyncDisposable {
  /** Resolves once requests are answered and the trust bundle stands; rejects when the CA ends before. */
  readonly ready: Promise<void>;
  /** Resolves when the CA has ended; rejects when it failed. */
  readonly done: Promise<void>;
}

/** From here on a root's end is a person's business. */
const alarmSec = 30 * 86_400;

/** Signs for the replicas that ask on the bus, and keeps the mesh's trust bundle there; until it is disposed or the signal aborts. */
export async function startCa(options: CaOptions): Promise<RunningCa> {
  const { bus, mesh, root, clock, log } = options;
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);
  const subjects = subjectsOf(mesh);
  const metrics = metricsOf(options.metrics ?? createMetrics());
  watchEnd(options, metrics);

  const responder = await bus.respond(subjects.callCaSign, answerSign({ ...options, counter: metrics.certificates }));
  const ready = Promise.withResolvers<void>();
  // Who does not wait for it has no use for its rejection; `done` tells of a failure.
  ready.promise.catch(() => undefined);

  const bundle = encodeJson(bundleOf(options.trustDomain, root));
  const run = async (): Promise<void> => {
    await using _responder = responder;
    await keepTrust({ bus, subject: subjects.trust, bundle, clock, log, signal, said: ready.resolve });
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

type CaMetrics = ReturnType<typeof metricsOf>;

function metricsOf(metrics: Metrics) {
  return {
    certificates: metrics.counter({ name: "mesh_certificates_total", help: "Requests for a leaf, by what came of them.", labels: ["result"] }),
    rootEnd: metrics.gauge({ name: "mesh_root_not_after_seconds", help: "When the root that signs runs out, seconds since 1970." }),
  };
}

function watchEnd({ root, clock, log }: CaOptions, { rootEnd }: CaMetrics): void {
  rootEnd.set({}, root.notAfter);
  const fields = { digest: root.issuer, notAfter: root.notAfter };
  if (root.notAfter - clock.now() / 1000 < alarmSec) log.error(fields, "the root runs out within 30 days");
  else log.info(fields, "root taken");
}
