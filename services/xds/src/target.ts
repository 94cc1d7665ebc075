import type { Target } from "@osm/ads";
import { identitySecret, trustSecret, type XdsType } from "@osm/model";
import { sealedKey, servedIn, type ActiveView, type World } from "./world.ts";

/** A proxy's certificate and key. Without bytes: the proxy holds it from another replica, and this one never saw it. */
export interface OwnIdentity {
  readonly version: string;
  readonly bytes: Uint8Array | undefined;
}

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
    names: (type) => (type === "CDS" || type === "LDS" ? view().listed[type].keys() : []),
    needs: (type, _name, version) => world.sealed.get(sealedKey(type, version))?.needs,
  };
}

interface Wanted {
  readonly type: XdsType;
  readonly name: string;
  readonly version: string;
}

/** The bytes of what the target lists. */
export function bytesOf({ world, identity }: Serving, wanted: Wanted): Uint8Array {
  const bytes = wanted.type === "SDS" && wanted.name === identitySecret ? identity()?.bytes : sharedBytes(world, wanted);
  if (!bytes) throw new Error(`no bytes for a ${wanted.type} resource that was listed`);
  return bytes;
}

function versionOf({ world, view, identity }: Serving, type: XdsType, name: string): string {
  switch (type) {
    case "CDS":
    case "ECDS":
    case "LDS":
    case "RDS":
      return servedIn(view(), type, name);
    case "EDS":
      return view().endpoints.has(name) ? (world.assignments.get(name)?.version ?? "pending") : "absent";
    case "SDS":
      return secretVersion(world, name, identity()?.version);
  }
}

/** A proxy is given its own certificate and the mesh's roots; every other secret is absent, whoever has it. */
function secretVersion(world: World, name: string, identity: string | undefined): string {
  if (name === identitySecret) return identity ?? "pending";
  return name === trustSecret ? (world.trust?.version ?? "pending") : "absent";
}

function sharedBytes(world: World, { type, name, version }: Wanted): Uint8Array | undefined {
  switch (type) {
    case "CDS":
    case "ECDS":
    case "LDS":
    case "RDS":
      return world.sealed.get(sealedKey(type, version))?.bytes;
    case "EDS":
      return world.assignments.get(name)?.bytes;
    case "SDS":
      return world.trust?.bytes;
  }
}
