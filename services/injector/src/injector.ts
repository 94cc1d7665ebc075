import { createMetrics, meshMetrics, type Log, type Metrics } from "@osm/runtime";
import type { Reviewing } from "./answer-request.ts";
import { awaitKnowledge } from "./await-knowledge.ts";
import { followDirectory } from "./follow-directory.ts";
import type { RootsKeeper } from "./keep-roots.ts";
import type { Changed, MeshLookup } from "./mesh-lookup.ts";
import type { Reviewed } from "./review-pod.ts";
import { aborted } from "./aborted.ts";
import { readServingCertificate, readServingRoots } from "./serving-certificate.ts";
import { openWebhookServer } from "./webhook-server.ts";

export interface InjectorOptions {
  /** 0 takes a free one. */
  readonly port: number;
  readonly host?: string;
  /** Holds `tls.crt` and `tls.key`; they are read again when they change. */
  readonly tlsDir: string;
  readonly lookup: MeshLookup;
  /** Left out where what is known never changes by itself: then nobody waits for it to. */
  readonly changed?: Changed;
  /** Told of the roots in `ca.crt`, at first and when they change; a certificate is presented once this has resolved. */
  readonly trust?: RootsKeeper["trust"];
  readonly log: Log;
  readonly signal: AbortSignal;
  readonly metrics?: Metrics;
}

export interface RunningInjector extends AsyncDisposable {
  readonly port: number;
  /** Resolves when API servers trust the roots of the first certificate. */
  readonly trusted: Promise<void>;
  /** Resolves when the injector has ended; rejects when it can follow its certificate no more. */
  readonly done: Promise<void>;
}

/**
 * Answers API servers that ask about new pods, until it is disposed; when the signal aborts it answers on, so that a load
 * balancer can see the end coming. Admitting a pod is a lookup in memory and a pure decision: nothing is written, issued or called.
 * @throws Error when there is no certificate or the port is taken.
 */
export async function startInjector(options: InjectorOptions): Promise<RunningInjector> {
  const { port, host, tlsDir, lookup, log, signal } = options;
  await using opened = new AsyncDisposableStack();
  const ended = new AbortController();
  const tell = await rootsTeller(options, AbortSignal.any([signal, ended.signal]));
  const certificate = await readServingCertificate(tlsDir);
  const reviewed = reporter(log, options.metrics ?? createMetrics());
  const server = opened.use(await openWebhookServer({ certificate, port, host, log, lookup, awaiting: awaitKnowledge(options.changed), reviewed }));

  let presented = certificate;
  const read = async (): Promise<void> => {
    const next = await readServingCertificate(tlsDir);
    await tell.again();
    if (ended.signal.aborted || (next.cert === presented.cert && next.key === presented.key)) return;
    presented = next;
    server.present(next);
    log.info({}, "serving certificate replaced");
  };
  const { done } = opened.use(await followDirectory({ dir: tlsDir, read, unreadable: "serving certificate unreadable" }, { signal, log }));
  opened.defer(() => ended.abort());
  const running = opened.move();
  return { port: server.port, trusted: tell.first, done, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

interface RootsTeller {
  /** Resolves when the roots that were there at first are trusted, or nobody is waited for any more. */
  readonly first: Promise<void>;
  /** Resolves at once where they are the same as before. */
  readonly again: () => Promise<void>;
}

/** Reads the roots of the certificate and has them trusted. @throws Error when there are none to be read at first */
async function rootsTeller({ tlsDir, trust }: InjectorOptions, signal: AbortSignal): Promise<RootsTeller> {
  if (trust === undefined) return { first: Promise.resolve(), again: async () => {} };
  let told = await readServingRoots(tlsDir);
  const first = Promise.race([trust(told), aborted(signal)]);
  const again = async (): Promise<void> => {
    const roots = await readServingRoots(tlsDir);
    if (roots.join() === told.join()) return;
    told = roots;
    await Promise.race([trust(roots), aborted(signal)]);
  };
  return { first, again };
}

const policies: ReadonlySet<string> = new Set<Reviewed["result"]>(["written", "not-written"]);
const denied: ReadonlySet<string> = new Set<Reviewed["result"]>(["refused", "unknown-namespace", "labels-not-seen", "not-written"]);

function reporter(log: Log, metrics: Metrics): Reviewing["reviewed"] {
  const [reviews, responses] = [metrics.counter(meshMetrics.injectorReviews), metrics.counter(meshMetrics.osmAdmissions)];
  return ({ namespace, result, reason, verdict }) => {
    reviews.inc({ result });
    responses.inc({ kind: policies.has(result) ? "policy" : "pod", success: `${verdict.kind !== "denied"}` });
    if (denied.has(result)) log.warn({ namespace, result, reason }, "refused");
    else log.debug({ namespace, result, reason }, "reviewed");
  };
}
