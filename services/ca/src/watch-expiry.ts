import type { Authority } from "@osm/pki";
import type { Cancel, Clock, Log } from "@osm/runtime";
import type { CaMetrics } from "./ca-metrics.ts";

export interface Expiry {
  readonly root: Authority<"workloads">;
  readonly validitySec: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Pick<CaMetrics, "rootEnd" | "alarm">;
  readonly signal: AbortSignal;
}

/** From here on a root's end is a person's business. */
const alarmSec = 30 * 86_400;
const everyMs = 3_600_000;

/**
 * Raises an alarm well before the root runs out, and when leaves begin to be cut short since they never outlive it; looks
 * every hour until the signal aborts. Each alarm is one line of the log when it begins.
 */
export function watchExpiry({ root, validitySec, clock, log, metrics, signal }: Expiry): void {
  const fields = { digest: root.issuer, notAfter: root.notAfter };
  const raised = new Set<string>();
  const judge = (subject: "root" | "leaf", isDue: boolean, words: string): void => {
    metrics.alarm.set({ subject }, isDue ? 1 : 0);
    if (!isDue || raised.has(subject)) return;
    raised.add(subject);
    log.error(fields, words);
  };
  let cancel: Cancel = () => undefined;
  const look = (): void => {
    const leftSec = root.notAfter - clock.now() / 1000;
    judge("root", leftSec < alarmSec, "the root runs out within 30 days");
    judge("leaf", leftSec < validitySec, "the root runs out before the leaves it signs, which are cut short");
    cancel = clock.schedule(everyMs, look);
  };
  metrics.rootEnd.set({}, root.notAfter);
  log.info(fields, "root taken");
  if (signal.aborted) return;
  signal.addEventListener("abort", () => cancel(), { once: true });
  look();
}
