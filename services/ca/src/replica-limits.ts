import type { Clock } from "@osm/runtime";

export interface Rate {
  /** So many requests a second a replica may make for as long as it likes, */
  readonly perSecond: number;
  /** and so many at once, when all its proxies have just connected. */
  readonly burst: number;
}

/** `over-now`: this is the first one too many. */
export type Leave = "given" | "over-now" | "over";

/** What each asking replica may still ask for: one that floods does not take the others' share. */
export interface ReplicaLimits {
  ask(replica: string): Leave;
}

interface Bucket {
  left: number;
  at: number;
  isOver: boolean;
}

/** Names beyond these share one share: inventing names gains nothing for long. */
const mostReplicas = 256;
const beyond = "beyond the others";

export function createReplicaLimits({ perSecond, burst }: Rate, clock: Pick<Clock, "now">): ReplicaLimits {
  const buckets = new Map<string, Bucket>();

  const bucketOf = (replica: string): Bucket => {
    const known = buckets.get(replica);
    if (known) return known;
    const isRoom = buckets.size < mostReplicas || freed(clock.now());
    return isRoom || replica === beyond ? added(replica) : bucketOf(beyond);
  };
  const added = (replica: string): Bucket => {
    const bucket = { left: burst, at: clock.now(), isOver: false };
    buckets.set(replica, bucket);
    return bucket;
  };
  /** A replica whose share is whole again is forgotten: it would begin with a whole one. */
  const freed = (now: number): boolean => {
    for (const [replica, bucket] of buckets) if (replica !== beyond && refilled(bucket, now) >= burst) buckets.delete(replica);
    return buckets.size < mostReplicas;
  };
  const refilled = ({ left, at }: Bucket, now: number): number => Math.min(burst, left + (Math.max(0, now - at) / 1000) * perSecond);

  return {
    ask: (replica) => {
      const bucket = bucketOf(replica);
      const wasOver = bucket.isOver;
      bucket.left = refilled(bucket, clock.now());
      bucket.at = clock.now();
      bucket.isOver = bucket.left < 1;
      if (bucket.isOver) return wasOver ? "over" : "over-now";
      bucket.left -= 1;
      return "given";
    },
  };
}
