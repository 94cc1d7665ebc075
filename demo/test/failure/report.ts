import type { Fault } from "./faults.ts";

/** How a fault was borne. Times in ms. */
export interface Borne extends Pick<Fault, "row" | "name" | "path" | "withinMs"> {
  /** Calls of both pairs while it went on. */
  readonly sent: number;
  readonly failed: number;
  readonly mostSent: number | "any";
  /** Whether the change of the policy still stood at the end: nobody took it back who came late. */
  readonly stood: boolean;
  /** All answers so far, of each pair. */
  readonly answers: readonly string[];
  /** From the change of a policy, or the mending where its way was cut, to the first request that felt it. */
  readonly policyMs: number;
  /** The same for the caller's sidecar having let go of a pod that goes. */
  readonly scaleMs: number;
  /** From the mending until all replicas had all proxies settled. */
  readonly recoveredMs: number;
  /** Resources sent to proxies from the fault until then, by type. */
  readonly resent: Readonly<Record<string, number>>;
}

/** Nothing failed, what was changed was felt in time and stayed, and proxies were sent nothing else. */
export function isBorne({ failed, stood, policyMs, scaleMs, withinMs, mostSent, resent }: Borne): boolean {
  return failed === 0 && stood && policyMs <= withinMs && scaleMs <= withinMs && (mostSent === "any" || isOnlyWhatChanged(resent, mostSent));
}

function isOnlyWhatChanged({ RDS: routes = 0, EDS: endpoints = 0, ...others }: Borne["resent"], most: number): boolean {
  return routes <= most && endpoints <= most && Object.keys(others).length === 0;
}

export function lineOf(borne: Borne): string {
  const { row, name, path, stood, sent, failed, policyMs, scaleMs, recoveredMs, resent, withinMs } = borne;
  const words = Object.entries(resent).map(([type, count]) => `${type} ${count}`).join(" ") || "nothing";
  const after = path === "cut" ? "after the mending began" : "during it";
  const times = `policy ${policyMs} ms, scale-down ${scaleMs} ms ${after} (at most ${withinMs}); recovered ${recoveredMs} ms after the mending began`;
  return `${isBorne(borne) ? "ok " : "BAD"} ${row.padEnd(14)} ${name.padEnd(40)} ${sent} requests, ${failed} failed; ${times}; sent ${words}${stood ? "" : "; THE CHANGE WAS TAKEN BACK"}`;
}
