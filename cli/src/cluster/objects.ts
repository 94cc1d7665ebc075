import { KubeError } from "@osm/kube";
import { z } from "zod";
import type { OpenedCluster } from "./open-cluster.ts";

type Asking = Pick<OpenedCluster, "api" | "signal">;

const page = z.object({
  kind: z.string().default(""),
  apiVersion: z.string().default("v1"),
  metadata: z.object({ continue: z.string().optional() }).default({}),
  items: z.array(z.record(z.string(), z.unknown())).nullish().transform((items) => items ?? []),
});

/** All objects of a list, page by page. An item says its kind, which the API leaves out. @throws KubeError */
export async function listObjects({ api, signal }: Asking, path: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const objects: Readonly<Record<string, unknown>>[] = [];
  for (let rest: string | undefined = ""; rest !== undefined; ) {
    const query: string = `limit=500${rest === "" ? "" : `&continue=${encodeURIComponent(rest)}`}`;
    const read: z.output<typeof page> = page.parse(await api.json({ path: `${path}${path.includes("?") ? "&" : "?"}${query}`, signal }));
    const kind = read.kind.replace(/List$/, "");
    objects.push(...read.items.map((item) => ({ apiVersion: read.apiVersion, kind, ...item })));
    rest = read.metadata.continue === "" ? undefined : read.metadata.continue;
  }
  return objects;
}

/** The same; nothing where the cluster does not know the kind. */
export async function listIfServed(asking: Asking, path: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
  return (await orNothing(listObjects(asking, path))) ?? [];
}

/** An object, or undefined where there is none. */
export async function findObject({ api, signal }: Asking, path: string): Promise<unknown> {
  return await orNothing(api.json({ path, signal }));
}

/** Changes what is named and leaves the rest; null takes away. @throws KubeError */
export async function mergeInto({ api, signal }: Asking, path: string, body: object): Promise<unknown> {
  return await api.json({ method: "PATCH", path, body, contentType: "application/merge-patch+json", signal });
}

/** @returns false where there was none. */
export async function removeObject({ api, signal }: Asking, path: string): Promise<boolean> {
  return (await orNothing(api.json({ method: "DELETE", path, body: { propagationPolicy: "Background" }, signal }))) !== undefined;
}

export async function orNothing<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof KubeError && error.status === 404) return undefined;
    throw error;
  }
}

