import { randomBytes } from "node:crypto";
import { natsUser } from "@osm/bus";
import { Sealed, type MeshName } from "@osm/model";
import { redisUser } from "@osm/store";
import { rightsOf, services, type Service } from "@osm/wire";
import { sealed, textIn } from "./keep-secret.ts";
import type { SecretContent } from "./secret-place.ts";

/** A service's way into the backbone, and the passwords that the servers have to know. */
export interface Account {
  readonly service: Service;
  readonly busPassword: string | undefined;
  readonly storePassword: string | undefined;
}

export interface Bundled {
  readonly bus: boolean;
  readonly store: boolean;
}

/** Those that need any account: who reads nothing and writes nothing has none. */
export function servicesWithAccounts(mesh: MeshName): readonly Service[] {
  return services.filter((service) => usesBus(mesh, service) || usesStore(mesh, service));
}

/** User and password for each of our servers that the service uses; a password that is held stays. */
export function accountKeys(held: SecretContent, { mesh, service, bundled }: { readonly mesh: MeshName; readonly service: Service; readonly bundled: Bundled }): SecretContent {
  return {
    ...(bundled.bus && usesBus(mesh, service) ? keysFor(held, "bus", natsUser(mesh, service)) : {}),
    ...(bundled.store && usesStore(mesh, service) ? keysFor(held, "store", redisUser(mesh, service)) : {}),
  };
}

export function accountIn(service: Service, content: SecretContent): Account {
  return { service, busPassword: textIn(content, "bus.password"), storePassword: textIn(content, "store.password") };
}

function keysFor(held: SecretContent, of: "bus" | "store", user: string): SecretContent {
  const password = held[`${of}.password`] ?? new Sealed(randomBytes(32).toString("base64url"));
  return { ...sealed({ [`${of}.user`]: user }), [`${of}.password`]: password };
}

function usesBus(mesh: MeshName, service: Service): boolean {
  const { writes, reads, asks, answers } = rightsOf(mesh)[service];
  return writes.length + reads.length + asks.length + answers.length > 0;
}

function usesStore(mesh: MeshName, service: Service): boolean {
  return rightsOf(mesh)[service].blobs !== "none";
}
