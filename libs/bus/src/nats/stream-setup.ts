import { DiscardPolicy, RetentionPolicy, StorageType, jetstreamManager, type JetStreamManager, type StreamConfig, type StreamInfo } from "@nats-io/jetstream";
import type { Log } from "@osm/runtime";
import { BusError } from "../bus.ts";
import { failureOf, isForbidden, isStreamMissing } from "./failures.ts";
import { whileUp, type Line } from "./line.ts";

/** The one stream of a mesh. */
export interface StreamPlan {
  readonly name: string;
  /** What it keeps; never the subjects of requests, which it would answer. */
  readonly subjects: readonly string[];
  readonly maxBytes: number;
  readonly replicas: number;
  readonly tombstoneTtlMs: number;
}

/** The stream, which whoever may sets up when it is not there. */
export interface KeptStream extends Pick<Keeping, "setsUp"> {
  readonly plan: StreamPlan;
  readonly manager: JetStreamManager;
  /** The stream as it stands. @throws BusError `Unavailable` where it is missing and we may not set it up. */
  info(): Promise<StreamInfo>;
  /** Does a job that needs the stream; one that finds it missing is done again once it is set up. @throws BusError */
  within<T>(job: () => Promise<T>): Promise<T>;
}

/** How long the bus may take to answer before it counts as unavailable. */
export const answerMs = 5000;
const nameInUse = 10058;
const notSetUp = "the stream is not set up yet: the watcher does it";

export interface Keeping {
  readonly line: Line;
  readonly plan: StreamPlan;
  readonly log: Log;
  /** False: it only waits for the stream, and never asks for what the server would refuse and tell its operator of. */
  readonly setsUp: boolean;
}

export async function keptStream({ line, plan, log, setsUp }: Keeping): Promise<KeptStream> {
  const manager = await jetstreamManager(line.nats, { checkAPI: false, timeout: answerMs });
  const setUp = once(async () => setsUp && (await settingUp({ manager, plan, log })));
  const missing = async (): Promise<void> => {
    if (!(await setUp())) throw new BusError("Unavailable", notSetUp);
  };
  const within = async <T>(job: () => Promise<T>): Promise<T> => {
    try {
      return await whileUp(line, job).catch(async (err: unknown) => {
        if (!isStreamMissing(err)) throw err;
        await whileUp(line, missing);
        return await whileUp(line, job);
      });
    } catch (err) {
      throw failureOf(err);
    }
  };
  return { plan, setsUp, manager, within, info: () => within(() => manager.streams.info(plan.name)) };
}

interface Setup {
  readonly manager: JetStreamManager;
  readonly plan: StreamPlan;
  readonly log: Log;
}

/** All who ask meanwhile share one run. */
function once<T>(job: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | undefined;
  return async () => {
    running ??= job().finally(() => (running = undefined));
    return await running;
  };
}

/** False when we may not. Several who do it at once end with one stream. */
async function settingUp({ manager, plan, log }: Setup): Promise<boolean> {
  try {
    await manager.streams.add(configOf(plan));
    log.info({ stream: plan.name, maxBytes: plan.maxBytes }, "bus stream set up");
    return true;
  } catch (err) {
    if (isForbidden(err)) return false;
    // Another one was first, with other limits or an older list of subjects.
    if (codeOf(err) === nameInUse) return true;
    throw err;
  }
}

/**
 * Gives a stream that stands the subjects which a newer release keeps, and the room that is asked for now. It takes no subject
 * away: an older replica that starts again must not undo it. False when we may not.
 */
export async function bringUpToDate({ plan, manager, info, within, setsUp }: KeptStream): Promise<boolean> {
  const { config } = await info();
  const subjects = [...new Set([...config.subjects, ...plan.subjects])];
  if (subjects.length === config.subjects.length && config.max_bytes === plan.maxBytes && config.num_replicas === plan.replicas) return true;
  if (!setsUp) return false;
  try {
    await within(() => manager.streams.update(plan.name, { ...config, subjects, max_bytes: plan.maxBytes, num_replicas: plan.replicas }));
    return true;
  } catch (err) {
    if (isForbidden(err)) return false;
    throw err;
  }
}

function configOf({ name, subjects, maxBytes, replicas, tombstoneTtlMs }: StreamPlan): Partial<StreamConfig> & { name: string } {
  return {
    name,
    subjects: [...subjects],
    storage: StorageType.File,
    retention: RetentionPolicy.Limits,
    discard: DiscardPolicy.New,
    max_msgs_per_subject: 1,
    max_bytes: maxBytes,
    num_replicas: replicas,
    allow_direct: false,
    allow_msg_ttl: true,
    subject_delete_marker_ttl: tombstoneTtlMs * 1_000_000,
    deny_delete: true,
  };
}

function codeOf(err: unknown): number | undefined {
  return err instanceof Error && "code" in err && typeof err.code === "number" ? err.code : undefined;
}
