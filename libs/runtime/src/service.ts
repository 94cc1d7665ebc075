import { ConfigError, type Env } from "./env.ts";
import { createHealth, type Health } from "./health.ts";
import { createLog, logLevels, type Log, type LogLevel } from "./log.ts";
import { createMetrics, type Metrics } from "./metrics.ts";
import { openTracer } from "./open-tracer.ts";
import { measureProcess } from "./process-metrics.ts";
import { processEnv } from "./process-env.ts";
import { isAbort } from "./tasks.ts";
import type { Tracer } from "./tracer.ts";

/** What a service is given to live with. */
export interface Service<C> {
  readonly config: C;
  /** Aborts on SIGTERM and SIGINT: end the loops, then return. */
  readonly signal: AbortSignal;
  readonly log: Log;
  readonly health: Health;
  /** Those of the process are in it. */
  readonly metrics: Metrics;
  /** Off unless `OTEL_*` names a collector; what it holds is sent when `run` has ended. */
  readonly tracer: Tracer;
  /** Says that the service does its work now; the first call counts. */
  readonly ready: () => void;
}

/**
 * The whole life of a service process. Exits 0 once `run` has returned, 1 with one line in the log when the configuration is
 * bad, `run` throws or something crashes. A second signal ends the process at once. `OSM_LOG_LEVEL` sets what is logged.
 */
export async function runService<C>(name: string, parseConfig: (env: Env) => C, run: (service: Service<C>) => Promise<void>): Promise<void> {
  const env = processEnv();
  const log = createLog(name, levelOf(env));
  const signal = stopSignal(log);
  process.on("uncaughtException", (err) => fail(log, err, "crashed"));
  try {
    const config = parseConfig(env);
    await using tracer = await openTracer({ service: name, env, log });
    await run(lifeOf({ config, signal, log, tracer }));
  } catch (err) {
    if (!isAbort(signal, err)) return fail(log, err, err instanceof ConfigError ? "bad configuration" : "failed");
  }
  log.info({}, "stopped");
  process.exit(0);
}

function lifeOf<C>({ config, signal, log, tracer }: Pick<Service<C>, "config" | "signal" | "log" | "tracer">): Service<C> {
  const health = createHealth();
  const started = health.condition("started");
  let isReady = false;
  const ready = (): void => {
    if (isReady) return;
    isReady = true;
    started.met();
    log.info({}, "ready");
  };
  const metrics = createMetrics();
  measureProcess(metrics);
  return { config, signal, log, health, metrics, tracer, ready };
}

function stopSignal(log: Log): AbortSignal {
  const stop = new AbortController();
  const onSignal = (received: NodeJS.Signals): void => {
    if (stop.signal.aborted) fail(log, undefined, "stopped by a second signal");
    log.info({ signal: received }, "stopping");
    stop.abort(new DOMException("the service is stopping", "AbortError"));
  };
  process.on("SIGTERM", onSignal);
  process.on("SIGINT", onSignal);
  return stop.signal;
}

function fail(log: Log, err: unknown, message: string): never {
  log.error(err instanceof ConfigError ? { variables: err.variables } : { err }, message);
  process.exit(1);
}

/** An unknown level is no reason not to start: it reads as info. */
function levelOf(env: Env): LogLevel {
  return logLevels.find((level) => level === env["OSM_LOG_LEVEL"]) ?? "info";
}
