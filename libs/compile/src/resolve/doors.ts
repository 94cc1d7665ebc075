import { digestOfJson, distinct, type Door } from "@osm/model";
import type { Access, InboundPort } from "../slice/slices.ts";
import { opens } from "./tcp-grants.ts";

/** All workloads of the mesh. */
export const everybody = "*";

/**
 * Who may open connections of bytes, port by port, and the epoch of that: it stays as it is while callers are added, and
 * moves on when one is lost, since only then the connections that stand have to end.
 */
export function doorsOf(ports: readonly InboundPort[], access: Access, before: Readonly<Record<string, Door>>): Readonly<Record<string, Door>> {
  const carrying = ports.filter(({ protocol }) => protocol !== "http");
  return Object.fromEntries(carrying.map(({ port }) => [`${port}`, nextDoor(before[`${port}`], callersOf(access, port))]));
}

function callersOf(access: Access, port: number): readonly string[] {
  switch (access.kind) {
    case "permissive":
      return [everybody];
    case "granted":
      return distinct(access.grants.filter(({ tcp }) => opens(tcp, port)).flatMap(({ callers }) => callers));
  }
}

function nextDoor(before: Door | undefined, callers: readonly string[]): Door {
  if (!before) return { epoch: "", callers };
  const lost = callers.includes(everybody) ? [] : before.callers.filter((caller) => !callers.includes(caller));
  return { epoch: lost.length === 0 ? before.epoch : digestOfJson({ after: before.epoch, lost, callers }).slice(0, 16), callers };
}
