import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { writeImage, type BuiltImage } from "./archive.ts";
import { cache } from "./places.ts";
import { recipes, type Programs, type Recipe } from "./recipes.ts";

export interface BuildOptions {
  /** What stands before the names: `localhost/openservicemesh`. */
  readonly registry: string;
  /** Only these, by name; all where it is empty. */
  readonly names: readonly string[];
  readonly programs: Programs;
  readonly into?: string;
  readonly built?: (image: BuiltImage) => void;
}

export const usualRegistry = "localhost/openservicemesh";

/** Builds images from files of this machine: no Docker engine, no registry. @throws Error for a name that is none */
export async function buildImages({ registry, names, programs, into = join(cache, "images"), built = () => {} }: BuildOptions): Promise<readonly BuiltImage[]> {
  const chosen = choose(recipes(programs), names);
  await mkdir(into, { recursive: true });
  const work = await mkdtemp(join(into, "work-"));
  const images: BuiltImage[] = [];
  try {
    for (const recipe of chosen) {
      const plan = await recipe.prepare(work);
      const image = await writeImage({ ...plan, ref: `${registry}/${recipe.name}:${recipe.tag}` }, join(into, `${recipe.name}.tar`));
      built(image);
      images.push(image);
    }
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return images;
}

function choose(all: readonly Recipe[], names: readonly string[]): readonly Recipe[] {
  const unknown = names.find((name) => !all.some((recipe) => recipe.name === name));
  if (unknown !== undefined) throw new Error(`no image is called ${unknown}; there are ${all.map(({ name }) => name).join(", ")}`);
  return names.length === 0 ? all : all.filter(({ name }) => names.includes(name));
}
