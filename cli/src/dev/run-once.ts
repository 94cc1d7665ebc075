import { isAsExpected, lineOfCall, makeCall, type Call } from "./calls.ts";
import { openDevSession, type DevOptions, type DevSession } from "./dev-session.ts";
import { podOf } from "./pod-of.ts";
import { podLines, shownOf, type Shown } from "./shown.ts";
import type { Trouble } from "./trouble.ts";

export interface OnceOptions extends Omit<DevOptions, "hears"> {
  readonly calls: readonly Call[];
  /** For all of it. */
  readonly timeoutMs: number;
  /** The least severe finding that fails. */
  readonly failOn: Shown["severity"];
  readonly say: (line: string) => void;
}

/** Starts, waits until all is settled, makes the calls, and says what there is to say. @returns the exit code. */
export async function runOnce(options: OnceOptions): Promise<number> {
  const { say, timeoutMs } = options;
  const tooLate = AbortSignal.timeout(timeoutMs);
  const signal = AbortSignal.any([options.signal, tooLate]);
  const troubles: Trouble[] = [];
  const hears = { changed: () => undefined, remarked: () => undefined, troubled: (trouble: Trouble) => void troubles.push(trouble) };
  try {
    await using session = await openDevSession({ ...options, signal, hears });
    const proxies = await Promise.race([session.settle(signal), untilAborted(signal), failed(session)]);
    for (const line of podLines(session.run.deployments())) say(line);
    const shown = shownOf(await session.remarks(), session.manifests);
    for (const { severity, line } of shown) say(`${severity}: ${line}`);
    const unexpected = await makeCalls(session, options);
    for (const { severity, line } of troubles) say(`${severity}: ${line}`);
    const errors = [...shown, ...troubles].filter(({ severity }) => severity === "error").length;
    const warnings = shown.filter(({ severity }) => severity === "warning").length;
    say(`${proxies} proxies have it all; ${errors} errors, ${warnings} warnings, ${unexpected} of ${options.calls.length} calls not as expected`);
    return errors + unexpected + (options.failOn === "warning" ? warnings : 0) === 0 ? 0 : 1;
  } catch (error) {
    if (!tooLate.aborted || options.signal.aborted) throw error;
    for (const { severity, line } of troubles) say(`${severity}: ${line}`);
    say(`error: not settled within ${timeoutMs / 1000} s (--timeout)`);
    return 1;
  }
}

/** @returns how many were not answered as expected. */
async function makeCalls({ run }: DevSession, { calls, say }: OnceOptions): Promise<number> {
  let unexpected = 0;
  for (const call of calls) {
    const answer = await makeCall(podOf(run.deployments(), call.from), call);
    say(lineOfCall(call, answer));
    if (!isAsExpected(answer, call.expected)) unexpected++;
  }
  return unexpected;
}

async function failed({ done }: DevSession): Promise<never> {
  await done;
  throw new Error("the mesh has ended");
}

function untilAborted(signal: AbortSignal): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  return promise;
}
