import { createRoot, parseAuthority, type Authority, type RootPem, type UnixSeconds } from "@osm/pki";

/** Where a root is kept: a folder, a Secret. */
export interface RootPlace {
  /** For errors: where a person looks. */
  readonly name: string;
  /** Undefined where there is none. @throws Error for half a one. */
  read(): Promise<RootPem | undefined>;
  /** Puts one where there is none, whole and at once. Where another was first nothing happens: what is there is never written to. */
  create(root: RootPem): Promise<void>;
}

export interface RootWish {
  /** Makes a root where there is none. */
  readonly create: boolean;
  readonly trustDomain: string;
  readonly now: UnixSeconds;
}

/** The root's name, as operators of OSM know it; roots that follow each other are told apart by their key ids. */
const commonName = "osm-ca.openservicemesh.io";
const tenYearsSec = 3650 * 86_400;

/**
 * The mesh root of a place. Of several processes that find none, one makes it and all read the same.
 * @throws Error when there is no root and none may be made, or half a one; PkiError when it is not fit to sign.
 */
export async function rootIn(place: RootPlace, wish: RootWish): Promise<Authority<"workloads">> {
  const found = (await place.read()) ?? (await makeRoot(place, wish));
  return parseAuthority("workloads", found);
}

async function makeRoot(place: RootPlace, { create, trustDomain, now }: RootWish): Promise<RootPem> {
  if (!create) throw new Error(`no root in ${place.name}: ca.crt and ca.key are missing`);
  await place.create(await createRoot({ commonName, trustDomain, now, lifetimeSec: tenYearsSec }));
  // Read back: it may be another process's.
  const standing = await place.read();
  if (!standing) throw new Error(`the root in ${place.name} is gone again`);
  return standing;
}
