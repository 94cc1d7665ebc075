import { KubeError, type KubeApi } from "@osm/kube";
import { Sealed } from "@osm/model";
import { z } from "zod";

/** What a Secret holds, by key. */
export type SecretContent = Readonly<Record<string, Sealed<string>>>;

/** Secrets of one namespace. */
export interface SecretPlace {
  read(name: string): Promise<FoundSecret | undefined>;
  /** False where another was first. */
  create(name: string, content: SecretContent): Promise<boolean>;
  /** False where it was changed since it was read. */
  replace(found: FoundSecret, content: SecretContent): Promise<boolean>;
}

export interface FoundSecret {
  readonly name: string;
  readonly content: SecretContent;
  /** The object as it was read, so that what others wrote into its metadata stays. */
  readonly metadata: Readonly<Record<string, unknown>>;
}

export interface PlaceOptions {
  readonly api: KubeApi;
  readonly namespace: string;
  /** Put on what is made, so that it can be found. */
  readonly labels: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

const secret = z.object({ metadata: z.looseObject({ name: z.string() }), data: z.record(z.string(), z.base64()).default({}) });

export function secretsOf({ api, namespace, labels, signal }: PlaceOptions): SecretPlace {
  const folder = `/api/v1/namespaces/${namespace}/secrets`;
  const write = (to: { readonly method: "POST" | "PUT"; readonly path: string }, metadata: object, content: SecretContent) =>
    accepted(api.json({ ...to, signal, body: { apiVersion: "v1", kind: "Secret", type: "Opaque", metadata, data: encoded(content) } }));
  return {
    read: async (name) => {
      const object = await unlessMissing(api.json({ path: `${folder}/${name}`, signal }));
      return object === undefined ? undefined : foundOf(object);
    },
    create: (name, content) => write({ method: "POST", path: folder }, { name, namespace, labels }, content),
    replace: ({ name, metadata }, content) => write({ method: "PUT", path: `${folder}/${name}` }, metadata, content),
  };
}

function foundOf(object: unknown): FoundSecret {
  const { metadata, data } = secret.parse(object);
  const content = Object.entries(data).map(([key, text]) => [key, new Sealed(Buffer.from(text, "base64").toString("utf8"))] as const);
  return { name: metadata.name, metadata, content: Object.fromEntries(content) };
}

function encoded(content: SecretContent): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(content).map(([key, text]) => [key, Buffer.from(text.open(), "utf8").toString("base64")]));
}

async function unlessMissing(answer: Promise<unknown>): Promise<unknown> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof KubeError && error.status === 404) return undefined;
    throw error;
  }
}

async function accepted(answer: Promise<unknown>): Promise<boolean> {
  try {
    await answer;
    return true;
  } catch (error) {
    if (error instanceof KubeError && error.status === 409) return false;
    throw error;
  }
}
