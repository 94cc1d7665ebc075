import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { Sealed, type Authority, type RootPem } from "@osm/pki";
import { rootIn, type RootPlace, type RootWish } from "./root-place.ts";

const ownerOnly = 0o600;

export interface RootFolder extends RootWish {
  /** Holds `ca.crt` and `ca.key`, as a Secret is mounted. */
  readonly path: string;
}

/**
 * The mesh root in a folder. The folder is put in place whole, so it must not itself be a mount point where it is to be created.
 * @throws as `rootIn` does
 */
export async function openRoot(folder: RootFolder): Promise<Authority<"workloads">> {
  return rootIn(folderPlace(folder.path), folder);
}

function folderPlace(path: string): RootPlace {
  return { name: path, read: () => readRoot(path), create: (root) => createIn(path, root) };
}

async function createIn(path: string, root: RootPem): Promise<void> {
  const home = dirname(resolve(path));
  await mkdir(home, { recursive: true });
  const draft = await mkdtemp(join(home, ".new-root-"));
  try {
    await writeRoot(draft, root);
    await putInPlace(draft, path);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

async function writeRoot(folder: string, { certPem, keyPem }: RootPem): Promise<void> {
  await writeFile(join(folder, "ca.key"), keyPem.open(), { mode: ownerOnly, flag: "wx" });
  await writeFile(join(folder, "ca.crt"), certPem, { mode: ownerOnly, flag: "wx" });
}

/** Renaming a folder replaces an empty one and none other: that is what decides between two who try. */
async function putInPlace(draft: string, path: string): Promise<void> {
  try {
    await rename(draft, path);
  } catch (error) {
    if (!hasCode(error, "ENOTEMPTY", "EEXIST")) throw error;
  }
}

async function readRoot(path: string): Promise<RootPem | undefined> {
  // The folder may have been put in place between one file and the other; what is half then as well is half for good.
  const first = await readHalves(path);
  const { certPem, key } = (first.certPem === undefined) === (first.key === undefined) ? first : await readHalves(path);
  if (certPem === undefined && key === undefined) return undefined;
  if (certPem === undefined || key === undefined) throw new Error(`half a root in ${path}: ca.crt and ca.key belong together`);
  return { certPem, keyPem: new Sealed(key) };
}

async function readHalves(path: string): Promise<{ readonly certPem: string | undefined; readonly key: string | undefined }> {
  return { certPem: await textOf(join(path, "ca.crt")), key: await textOf(join(path, "ca.key")) };
}

async function textOf(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined;
    throw error;
  }
}

function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && "code" in error && codes.some((code) => code === error.code);
}
