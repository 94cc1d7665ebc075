import type { FactKind } from "@osm/model";
import { backoffMs, isAbort, sleep, type Log } from "@osm/runtime";
import type { ChangeNumber } from "../cluster.ts";
import { createKindTeller, type KindTeller, type TellerDeps } from "./kind-teller.ts";
import type { KubeApi } from "./kube-api.ts";
import { isExpired, isUnknownRequest, KubeError, unreachable } from "./kube-error.ts";
import { listPages } from "./list-pages.ts";
import { findServed, type ServedKind } from "./served.ts";
import { watchKind, type WatchMessage } from "./watch-stream.ts";
import type { WatchTimes } from "./watch-times.ts";

export interface FollowDeps extends TellerDeps {
  readonly api: KubeApi;
  /** Narrows what is watched, as `fieldSelector=...`; empty: all. */
  readonly selector: string;
  readonly times: WatchTimes;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** The server has shown that we know how things stand. */
  readonly fresh: (kind: FactKind) => void;
}

/** What is known while one kind is followed. */
interface Following {
  /** Undefined: to be found out. */
  served: ServedKind | undefined;
  /** How far all has been seen; undefined: everything is to be listed. */
  at: string | undefined;
  /** Whether the server is asked to begin its watches with a list. */
  streams: boolean;
  failures: number;
  /** Since when the kind is not served; undefined: it is. */
  missingSince: number | undefined;
}

interface Follower extends FollowDeps {
  readonly teller: KindTeller;
  readonly state: Following;
}

const mostResumes = 5;

/**
 * Lists and watches one kind until the signal aborts. Goes on where a watch ended; lists anew where the server no longer knows
 * that place, and then tells what is gone. A kind that is not served has no objects and is looked for again.
 */
export async function followKind(deps: FollowDeps): Promise<void> {
  const { signal, times } = deps;
  const state: Following = { served: undefined, at: undefined, streams: true, failures: 0, missingSince: undefined };
  const follower: Follower = { ...deps, teller: createKindTeller(deps), state };
  while (!signal.aborted) {
    try {
      const began = performance.now();
      await step(follower);
      // Who ends every watch at once is not asked again at once.
      if (performance.now() - began >= times.shortestMs) state.failures = 0;
      else await sleep(backoffMs(times.backoff, ++state.failures, Math.random()), signal);
    } catch (error) {
      if (isAbort(signal, error) || signal.aborted) return;
      if (!(error instanceof KubeError)) throw error;
      await recover(follower, error);
    }
  }
}

/** The next thing to do: find the kind, list it, or watch it for a while. @throws KubeError */
async function step(follower: Follower): Promise<void> {
  const { state, api, wanted, signal } = follower;
  state.served ??= await findServed(api, wanted, signal);
  if (!state.served) return await waitForKind(follower);
  state.missingSince = undefined;
  if (state.at === undefined && !state.streams) await listInPages(follower, state.served);
  else await watch(follower, state.served);
}

/** A server that starts may not know its own kinds for a moment: what was there is believed gone only when that lasts. */
async function waitForKind({ state, teller, times, signal, fresh, wanted }: Follower): Promise<void> {
  state.missingSince ??= performance.now();
  if (teller.hasNone() || performance.now() - state.missingSince >= times.goneAfterMs) {
    await teller.allGone();
    fresh(wanted.kind);
  }
  await sleep(times.lookAgainMs, signal);
}

async function listInPages({ state, api, teller, selector, times, signal, fresh, wanted }: Follower, served: ServedKind): Promise<void> {
  let reached = "";
  for await (const { objects, begins, at } of listPages(api, served, { selector, signal, pageSize: times.pageSize })) {
    if (begins) teller.listBegins();
    for (const object of objects) await teller.object(object);
    reached = at;
  }
  await teller.listEnds();
  state.at = reached;
  fresh(wanted.kind);
}

async function watch(follower: Follower, served: ServedKind): Promise<void> {
  const { state, api, teller, selector, times, signal } = follower;
  // Not all watches of all replicas end together.
  const lastsS = Math.max(1, Math.round(times.watchS * (1 - Math.random() / 6)));
  if (state.at === undefined) teller.listBegins();
  const options = { from: state.at, selector, signal, lastsS, silenceMs: times.silenceMs };
  for await (const message of watchKind(api, served, options)) await take(follower, message);
}

async function take({ state, teller, fresh, wanted }: Follower, message: WatchMessage): Promise<void> {
  state.failures = 0;
  const isListing = state.at === undefined;
  switch (message.kind) {
    case "object":
      await teller.object(message.object, isListing ? undefined : numberOf(message.at));
      break;
    case "gone":
      await teller.gone(message.object, isListing ? undefined : numberOf(message.at));
      break;
    case "bookmark":
      if (isListing && message.endsList) {
        await teller.listEnds();
        state.at = message.at;
      }
  }
  if (state.at === undefined) return;
  if (message.at !== "") state.at = message.at;
  fresh(wanted.kind);
}

async function recover(follower: Follower, error: KubeError): Promise<void> {
  const { state, times, signal, log, wanted } = follower;
  state.failures += 1;
  if (state.at === undefined && state.streams && isUnknownRequest(error)) {
    state.streams = false;
    return log.debug({ kind: wanted.kind, reason: error.reason }, "server lists in pages only");
  }
  if (error.status === 404) state.served = undefined;
  if (losesItsPlace(error, state.failures)) state.at = undefined;
  report(follower, error);
  const isOnlyOld = isExpired(error) && state.failures === 1;
  if (!isOnlyOld) await sleep(Math.max(error.retryAfterMs, backoffMs(times.backoff, state.failures, Math.random())), signal);
}

/** A server that cannot be reached says nothing of what we know; one that keeps refusing may not know the place any more. */
function losesItsPlace(error: KubeError, failures: number): boolean {
  return error.status === 404 || isExpired(error) || (failures > mostResumes && error.reason !== unreachable);
}

function report({ log, wanted: { kind }, state }: Follower, { status, reason, message: err }: KubeError): void {
  const fields = { kind, status, reason, err, failures: state.failures, relist: state.at === undefined };
  if (status === 403) log.warn(fields, "watch refused: grant get, list and watch of the kind to the watcher's account");
  else log.info(fields, "watch ended, begun again");
}

/** Resource versions count up, as etcd's do and as Kubernetes promises from 1.35 on; what is no such number orders nothing. */
function numberOf(resourceVersion: string): ChangeNumber | undefined {
  return /^\d{1,15}$/.test(resourceVersion) ? Number(resourceVersion) : undefined;
}
