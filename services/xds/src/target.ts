import type { Target } from "@osm/ads";
import { identitySecret, trustSecret, type XdsType } from "@osm/model";
import { namesOf, refIn } from "./listing.ts";
import { narrowed, type OwnIdentity } from "./secrets.ts";
import { secretIn, servedIn, type ActiveView, type World } from "./world.ts";

/** What one stream is served from. */
export interface Serving {
  readonly world: World;
  view(): ActiveView;
  identity(): OwnIdentity | undefined;
}

/** What the stream's proxy should have now. */
export function targetOf(serving: Serving): Target {
  const { world, view } = serving;
  return {
    version: (type, name) => versionOf(serving, type, name),
    names: (type) => (type === "CDS" || type === "LDS" ? namesOf(view().listed[type]) : []),
    needs: (type, _name, version) => world.sealed[type].get(version)?.needs,
  };
}

interface Wanted {
  readonly type: XdsType;
  readonly name: string;
  readonly version: string;
}

/** The bytes of what the target lists. */
export function bytesOf(serving: Serving, wanted: Wanted): Uint8Array {
  const bytes = bytesIn(serving, wanted);
  if (!bytes) throw new Error(`no bytes for a ${wanted.type} resource that was listed`);
  return bytes;
}

function bytesIn(serving: Serving, { type, name, version }: Wanted): Uint8Array | undefined {
  const { world } = serving;
  switch (type) {
    case "CDS":
    case "ECDS":
    case "LDS":
    case "RDS":
      return world.sealed[type].get(version)?.bytes;
    case "EDS":
      return world.assignments.get(name)?.bytes;
    case "SDS":
      return secretBytes(serving, { name, version });
  }
}

function versionOf(serving: Serving, type: XdsType, name: string): string {
  const { world, view } = serving;
  switch (type) {
    case "CDS":
    case "ECDS":
    case "LDS":
    case "RDS":
      return servedIn(view(), type, name);
    case "EDS":
      return view().endpoints.has(name) ? (world.assignments.get(name)?.version ?? "pending") : "absent";
    case "SDS":
      return secretVersion(serving, name);
  }
}

/** A proxy is given its own certificate, the mesh's roots, and whom its doors are open to; every other secret is absent, whoever has it. */
function secretVersion({ world, view, identity }: Serving, name: string): string {
  switch (name) {
    case identitySecret:
      return identity()?.version ?? "pending";
    case trustSecret:
      return world.trust?.version ?? "pending";
    default:
      return secretIn(view(), name, world.trust?.version);
  }
}

function secretBytes({ world, view, identity }: Serving, { name, version }: Omit<Wanted, "type">): Uint8Array | undefined {
  switch (name) {
    case identitySecret:
      return identity()?.bytes;
    case trustSecret:
      return world.trust?.bytes;
    default: {
      const digest = refIn(view().listed.SDS, name)?.digest;
      const callers = digest && world.sealed.SDS.get(digest);
      return callers && world.trust && narrowed(world.trust, { name, version, bytes: callers.bytes });
    }
  }
}
