import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { writeArchive, writeImage, type BuiltImage, type ImagePlan } from "./archive.ts";
import { cache } from "./places.ts";
import type { Programs, Recipe } from "./recipe.ts";
import { recipes } from "./recipes.ts";

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

/** Builds images from files of this machine, an archive each: no Docker engine, no registry. @throws Error for a name that is none */
export async function buildImages({ built = () => {}, into = join(cache, "images"), ...options }: BuildOptions): Promise<readonly BuiltImage[]> {
  return await prepared({ ...options, into }, async (plans) => {
    const images: BuiltImage[] = [];
    for await (const { name, plan } of plans) {
      const image = await writeImage(plan, join(into, `${name}.tar`));
      built(image);
      images.push(image);
    }
    return images;
  });
}

/** The same images as one archive, which is built and loaded in a fraction of the time: they share most of what they hold. */
export async function buildTogether({ into = join(cache, "images"), ...options }: Omit<BuildOptions, "built">, file: string): Promise<string> {
  return await prepared({ ...options, into }, async (plans) => {
    const all: ImagePlan[] = [];
    for await (const { plan } of plans) all.push(plan);
    return (await writeArchive(all, join(into, file))).file;
  });
}

interface Prepared {
  readonly name: string;
  readonly plan: ImagePlan;
}

/** What the images are made of lies below a folder of its own until they are written. */
async function prepared<T>({ registry, names, programs, into }: Omit<BuildOptions, "built"> & { readonly into: string }, write: (plans: AsyncIterable<Prepared>) => Promise<T>): Promise<T> {
  const chosen = choose(recipes(programs), names);
  await mkdir(into, { recursive: true });
  const work = await mkdtemp(join(into, "work-"));
  const plans = async function* (): AsyncIterable<Prepared> {
    for (const { name, tag, ref = `${registry}/${name}:${tag}`, prepare } of chosen) yield { name, plan: { ...(await prepare(work)), ref } };
  };
  try {
    return await write(plans());
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

function choose(all: readonly Recipe[], names: readonly string[]): readonly Recipe[] {
  const unknown = names.find((name) => !all.some((recipe) => recipe.name === name));
  if (unknown !== undefined) throw new Error(`no image is called ${unknown}; there are ${all.map(({ name }) => name).join(", ")}`);
  return names.length === 0 ? all : all.filter(({ name }) => names.includes(name));
}
