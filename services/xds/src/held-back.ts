import type { XdsType } from "@osm/model";
import { listPart, type Listing, type ListPart } from "./listing.ts";
import { listedTypes, sealedKey, standInsOf, type ActiveView, type ListedType } from "./world.ts";

/**
 * True for what a revocation may travel in: who may come in (routes, filters and secrets of the sidecar's own ports), and whether
 * anything may leave the mesh. The local clusters and the way out go along, since those need them. Such things never wait.
 */
export function mayRevoke(type: XdsType, name: string): boolean {
  switch (type) {
    case "CDS":
      return name.startsWith("local|") || name === "passthrough-outbound";
    case "LDS":
      return name.startsWith("inbound-listener") || name.startsWith("outbound-listener");
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
  const listedOf = (type: ListedType): Listing =>
    before.listed[type] === after.listed[type] ? after.listed[type] : { parts: [...halfOf(type, "waits", before.listed[type]), ...halfOf(type, "revokes", after.listed[type])] };
  const listed = { CDS: listedOf("CDS"), ECDS: after.listed.ECDS, SDS: after.listed.SDS, LDS: listedOf("LDS"), RDS: listedOf("RDS") };
  const isIn = (half: Half, type: ListedType) => ([name]: readonly [string, string]) => mayRevoke(type, name) === (half === "revokes");
  const standIns = (type: ListedType) => [...standInsOf(before, type).filter(isIn("waits", type)), ...standInsOf(after, type).filter(isIn("revokes", type))];
  const instead = new Map(listedTypes.flatMap((type) => standIns(type).map(([name, version]) => [sealedKey(type, name), version] as const)));
  return { payload: after.payload, listed, endpoints: before.endpoints === after.endpoints ? after.endpoints : before.endpoints.union(after.endpoints), instead, left: after.left };
}

type Half = "waits" | "revokes";
type Halves = Readonly<Record<Half, ListPart>>;
const halves: Readonly<Record<ListedType, WeakMap<ListPart, Halves>>> = { CDS: new WeakMap(), ECDS: new WeakMap(), LDS: new WeakMap(), RDS: new WeakMap(), SDS: new WeakMap() };

function halfOf(type: ListedType, half: Half, { parts }: Listing): readonly ListPart[] {
  return parts.map((part) => halvesOf(type, part)[half]).filter(({ size }) => size > 0);
}

/** A part that is of one half stays what it is, so that views which share it go on to. */
function halvesOf(type: ListedType, part: ListPart): Halves {
  const known = halves[type].get(part);
  if (known) return known;
  const revokes = listPart([...part.values()].filter(({ name }) => mayRevoke(type, name)));
  const waits = listPart([...part.values()].filter(({ name }) => !mayRevoke(type, name)));
  const made = { waits: revokes.size === 0 ? part : waits, revokes: waits.size === 0 ? part : revokes };
  halves[type].set(part, made);
  return made;
}
