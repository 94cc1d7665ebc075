import { Sealed } from "@osm/model";
import type { SecretContent, SecretPlace } from "./secret-place.ts";

export interface KeptSecret {
  readonly name: string;
  /** What it is to hold, given what it holds. Keys that it does not name stay as they are. */
  readonly wanted: (held: SecretContent) => Promise<SecretContent>;
}

export interface Kept {
  readonly content: SecretContent;
  readonly became: "created" | "changed" | "unchanged";
}

const tries = 10;

/** Makes a Secret what it is to be, and writes nothing where it is so already. Several who do it at once end with one content. */
export async function keepSecret(place: SecretPlace, { name, wanted }: KeptSecret): Promise<Kept> {
  for (let attempt = 0; attempt < tries; attempt += 1) {
    const found = await place.read(name);
    const held = found?.content ?? {};
    const content = { ...held, ...(await wanted(held)) };
    if (found === undefined) {
      if (await place.create(name, content)) return { content, became: "created" };
    } else if (isEqual(held, content)) {
      return { content, became: "unchanged" };
    } else if (await place.replace(found, content)) {
      return { content, became: "changed" };
    }
  }
  throw new Error(`the Secret ${name} changes all the time: something else writes to it`);
}

/** A text of the content; undefined where it is missing or empty. */
export function textIn(content: SecretContent, key: string): string | undefined {
  const text = content[key]?.open() ?? "";
  return text === "" ? undefined : text;
}

export function sealed(texts: Readonly<Record<string, string>>): SecretContent {
  return Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, new Sealed(text)]));
}

function isEqual(one: SecretContent, other: SecretContent): boolean {
  const keys = Object.keys(one);
  return keys.length === Object.keys(other).length && keys.every((key) => one[key]?.open() === other[key]?.open());
}
