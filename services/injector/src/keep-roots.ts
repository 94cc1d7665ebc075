import { KubeError, type KubeApi } from "@osm/kube";
import { backoffMs, sleep, type Log } from "@osm/runtime";
import { z } from "zod";
import { aborted } from "./aborted.ts";
import { rootsPatch, type RootsWish } from "./webhook-roots.ts";

export interface KeepRootsOptions {
  readonly api: KubeApi;
  readonly log: Log;
  /** Of the two kinds of webhook configurations. */
  readonly plural: "mutatingwebhookconfigurations" | "validatingwebhookconfigurations";
  readonly name: string;
}

/** Keeps one webhook configuration naming our roots. */
export interface RootsKeeper {
  /** Resolves when API servers trust these roots, or ask nobody: where the configuration is not there. Later roots take over from earlier ones. */
  readonly trust: (roots: readonly string[]) => Promise<void>;
  /** Writes, and follows what others write, until the signal aborts. */
  readonly run: (signal: AbortSignal) => Promise<void>;
}

interface Wanted {
  readonly roots: readonly string[];
  readonly trusted: PromiseWithResolvers<void>;
  wish: RootsWish;
}

const backoff = { firstMs: 200, maxMs: 15_000 };
/** An API server takes up what was written in its own time, and several of them do. */
const settleMs = 1000;
const watchSec = 240;
const listSchema = z.object({ metadata: z.object({ resourceVersion: z.string() }), items: z.array(z.unknown()).default([]) });

export function createRootsKeeper({ api, log, plural, name }: KeepRootsOptions): RootsKeeper {
  const folder = `/apis/admissionregistration.k8s.io/v1/${plural}`;
  const selected = `fieldSelector=${encodeURIComponent(`metadata.name=${name}`)}`;
  const ref = `${plural}/${name}`;
  let wanted: Wanted | undefined;
  let changed = new AbortController();

  const write = async (object: unknown, { roots, wish }: Wanted, signal: AbortSignal): Promise<void> => {
    const patch = rootsPatch(object, roots, wish);
    if (patch.length === 0) return;
    await api.json({ method: "PATCH", path: `${folder}/${name}`, body: patch, contentType: "application/json-patch+json", signal });
    log.info({ ref, roots: roots.length }, "webhooks trust our roots");
    await sleep(settleMs, signal);
  };
  /** Returns when the configuration may be another. */
  const once = async (now: Wanted, signal: AbortSignal): Promise<void> => {
    const { metadata, items } = listSchema.parse(await api.json({ path: `${folder}?${selected}`, signal }));
    for (const item of items) await write(item, now, signal);
    if (signal.aborted) return;
    now.wish = "at least";
    now.trusted.resolve();
    const since = `resourceVersion=${encodeURIComponent(metadata.resourceVersion)}&timeoutSeconds=${watchSec}`;
    for await (const _line of api.lines({ path: `${folder}?watch=true&${selected}&${since}`, signal, silenceMs: (watchSec + 30) * 1000 })) return;
  };
  const run: RootsKeeper["run"] = async (signal) => {
    let failures = 0;
    while (!signal.aborted) {
      changed = new AbortController();
      const either = AbortSignal.any([signal, changed.signal]);
      try {
        await (wanted ? once(wanted, either) : aborted(either));
        failures = 0;
      } catch (error) {
        if (either.aborted) continue;
        if (!(error instanceof KubeError)) throw error;
        failures += 1;
        log.warn({ ref, status: error.status, err: error.message, failures }, "webhooks may not trust our roots yet, tried again");
        await sleep(backoffMs(backoff, failures, Math.random()), either);
      }
    }
  };
  const trust: RootsKeeper["trust"] = async (roots) => {
    const before = wanted?.trusted;
    wanted = { roots, wish: "exactly", trusted: Promise.withResolvers() };
    if (before) void wanted.trusted.promise.then(before.resolve);
    changed.abort(new DOMException("other roots", "AbortError"));
    await wanted.trusted.promise;
  };
  return { trust, run };
}
