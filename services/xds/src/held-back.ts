import type { XdsType } from "@osm/model";
import { sealedKey, type ActiveView, type ListedType } from "./world.ts";

/**
 * True for what a revocation may travel in: who may come in (routes, filters and secrets of the sidecar's own ports), and whether
 * anything may leave the mesh. The local clusters and the way out go along, since those need them. Such things never wait.
 */
export function mayRevoke(type: XdsType, name: string): boolean {
  switch (type) {
    case "CDS":
      return name.startsWith("local|") || name === "passthrough-outbound";
    case "LDS":
      return name === "inbound-listener" || name === "outbound-listener";
    case "RDS":
      return name.startsWith("rds-inbound.");
    case "EDS":
    case "ECDS":
    case "SDS":
      return true;
  }
}

const known = new WeakMap<ActiveView, WeakMap<ActiveView, ActiveView>>();

/**
 * A view for proxies that wait for another's answer: towards other services as they were, and all that may revoke as it is
 * now. Both halves are closed under reference, and so is the whole. Equal arguments give one and the same view.
 */
export function heldBack(before: ActiveView, after: ActiveView): ActiveView {
  const ofBefore = known.get(before) ?? new WeakMap<ActiveView, ActiveView>();
  known.set(before, ofBefore);
  const held = ofBefore.get(after) ?? mixed(before, after);
  ofBefore.set(after, held);
  return held;
}

function mixed(before: ActiveView, after: ActiveView): ActiveView {
  const halves = <T>(type: ListedType, of: (view: ActiveView) => Iterable<readonly [name: string, T]>): readonly (readonly [string, T])[] => [
    ...[...of(before)].filter(([name]) => !mayRevoke(type, name)),
    ...[...of(after)].filter(([name]) => mayRevoke(type, name)),
  ];
  const listedOf = (type: ListedType) =>
    before.listed[type] === after.listed[type] ? after.listed[type] : new Map(halves(type, ({ listed }) => listed[type]));
  const listed = { CDS: listedOf("CDS"), ECDS: after.listed.ECDS, SDS: after.listed.SDS, LDS: listedOf("LDS"), RDS: listedOf("RDS") };
  const insteadOf = (type: ListedType) => halves(type, (view) => standIns(type, view)).map(([name, version]) => [sealedKey(type, name), version] as const);
  const instead = new Map((["CDS", "ECDS", "SDS", "LDS", "RDS"] as const).flatMap(insteadOf));
  return { payload: after.payload, listed, endpoints: before.endpoints === after.endpoints ? after.endpoints : before.endpoints.union(after.endpoints), instead, left: after.left };
}

function standIns(type: ListedType, { instead }: ActiveView): readonly (readonly [name: string, version: string])[] {
  const prefix = sealedKey(type, "");
  return [...instead].filter(([key]) => key.startsWith(prefix)).map(([key, version]) => [key.slice(prefix.length), version] as const);
}
