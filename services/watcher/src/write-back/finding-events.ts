import { sentenceOf } from "@osm/compile/findings";
import type { FoundObject, OwnedObjects } from "@osm/kube";
import { digestOfJson } from "@osm/model";
import type { FindingsPayload } from "@osm/wire";
import type { Wanted } from "./keep-written.ts";

type Finding = FindingsPayload["findings"][number];

export interface FindingEvents {
  readonly replica: string;
  /** Findings by the subject under which they stand. */
  readonly standing: ReadonlyMap<string, FindingsPayload>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Kubernetes forgets an event after an hour; a remark that stands is said again before. */
const againMs = 30 * 60_000;
const longestMessage = 1024;

/**
 * Every remark as an Event on its object: what is wrong, in which field, and the way out, where `kubectl describe` shows it. The
 * policies have no status to write to. An event of a remark that was withdrawn ends with its hour.
 */
export function findingEvents({ replica, standing, now }: FindingEvents, objects: OwnedObjects): readonly Wanted[] {
  return [...standing.values()].flatMap(({ findings }) =>
    findings.flatMap((finding) => {
      const [kind = "", namespace = "", name = ""] = finding.on.split("/");
      if (kind === "" || name === "") return [];
      const event = { namespace: namespace || "default", name: eventName(name, finding) };
      return [{
        key: `Event/${event.namespace}/${event.name}`,
        digest: digestOfJson(finding),
        againMs,
        write: async (signal: AbortSignal) => {
          const found = await objects.find({ kind, namespace, name }, signal);
          if (!found) return;
          const about = { kind, namespace, name, apiVersion: found.apiVersion, uid: found.uid };
          await objects.apply({ plural: "events", kind: "Event", ...event, content: contentOf(finding, about, { replica, time: now() }) }, signal);
        },
      }];
    }),
  );
}

/** One event a code and field, however often it is said. */
function eventName(name: string, { on, code, field }: Finding): string {
  return `${name.slice(0, 200).replace(/[^a-z0-9]+$/, "")}.${digestOfJson([on, code, field]).replace(/^.*:/, "").slice(0, 16)}`;
}

interface Saying {
  readonly replica: string;
  readonly time: number;
}

function contentOf(finding: Finding, about: object & Pick<FoundObject, "uid">, { replica, time }: Saying): Readonly<Record<string, unknown>> {
  const at = finding.field === "" ? "" : `${finding.field}: `;
  const stamp = new Date(time).toISOString().replace(/\.\d+Z$/, "Z");
  return {
    involvedObject: about,
    type: "Warning",
    reason: finding.code,
    message: `${at}${sentenceOf(finding)}`.slice(0, longestMessage),
    source: { component: "osm-watcher" },
    reportingComponent: "openservicemesh.io/watcher",
    reportingInstance: replica,
    lastTimestamp: stamp,
    count: 1,
  };
}
