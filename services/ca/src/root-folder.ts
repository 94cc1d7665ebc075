import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { createRoot, parseAuthority, Sealed, type Authority, type RootPem, type UnixSeconds } from "@osm/pki";

/** The root's name, as operators of OSM know it; roots that follow each other are told apart by their key ids. */
const commonName = "osm-ca.openservicemesh.io";
const tenYearsSec = 3650 * 86_400;
const ownerOnly = 0o600;

export interface RootFolder {
  /** Holds `ca.crt` and `ca.key`, as a Secret is mounted. */
  readonly path: string;
  /** Makes a root where there is none. What is there is never written to. */
  readonly create: boolean;
  readonly trustDomain: string;
  readonly now: UnixSeconds;
}

/**
 * The mesh root in a folder. Of several processes that find none, one makes it and all read the same.
 * The folder is put in place whole, so it must not itself be a mount point where it is to be created.
 * @throws Error when there is no root and none may be made, or half a one; PkiError when it is not fit to sign.
 */
export async function openRoot(folder: RootFolder): Promise<Authority<"workloads">> {
  const found = (await readRoot(folder.path)) ?? (await makeRoot(folder));
  return parseAuthority("workloads", found);
}

async function makeRoot({ path, create, trustDomain, now }: RootFolder): Promise<RootPem> {
  if (!create) throw new Error(`no root in ${path}: ca.crt and ca.key are missing`);
  const home = dirname(resolve(path));
  await mkdir(home, { recursive: true });
  const draft = await mkdtemp(join(home, ".new-root-"));
  try {
    await writeRoot(draft, await createRoot({ commonName, trustDomain, now, lifetimeSec: tenYearsSec }));
    await putInPlace(draft, path);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  // Read back: it may be another process's.
  const standing = await readRoot(path);
  if (!standing) throw new Error(`the root in ${path} is gone again`);
  return standing;
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
  const certPem = await textOf(join(path, "ca.crt"));
  const key = await textOf(join(path, "ca.key"));
  if (certPem === undefined && key === undefined) return undefined;
  if (certPem === undefined || key === undefined) throw new Error(`half a root in ${path}: ca.crt and ca.key belong together`);
  return { certPem, keyPem: new Sealed(key) };
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
