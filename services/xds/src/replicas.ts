import { joinMembers, type Bus, type Members } from "@osm/bus";
import type { Log } from "@osm/runtime";
import { decodeJson, encodeJson, xdsBeat, type Subjects, type XdsBeat } from "@osm/wire";
import { unlessUnreadable } from "./telling.ts";

interface ReplicasDeps {
  readonly bus: Bus;
  readonly subjects: Subjects;
  readonly replica: string;
  /** How many proxies are connected here. */
  readonly proxies: () => number;
  readonly log: Log;
  readonly signal: AbortSignal;
  readonly failed: (error: unknown) => void;
}

/** The xDS servers of the mesh that let proxies in, as they say themselves. */
export interface Replicas extends Pick<Members, "join" | "leave" | "done"> {
  /** How many proxies each of the others has. */
  others(): readonly number[];
  /** How often others have spoken until now. */
  beats(): number;
}

export function knowReplicas(deps: ReplicasDeps): Replicas {
  const { subjects, replica, proxies, log } = deps;
  const said = new Map<string, XdsBeat>();
  let beats = 0;
  const members = joinMembers({
    ...deps,
    subject: subjects.member("xds", replica),
    filter: subjects.members("xds"),
    say: () => encodeJson({ proxies: proxies() } satisfies XdsBeat),
    heard: (from, bytes) => {
      if (!bytes) return void said.delete(from);
      beats++;
      unlessUnreadable(log, () => said.set(from, decodeJson(xdsBeat, bytes)));
    },
    echoed: () => undefined,
  });
  const { join, leave, done } = members;
  return { join, leave, done, others: () => [...said.values()].map((each) => each.proxies), beats: () => beats };
}
