import { createHash } from "node:crypto";
import { chmod, mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { getAsset, getRawAsset } from "node:sea";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import type { Env } from "@osm/runtime";
import { z } from "zod";
import { Unusable } from "../unusable.ts";
import { ownFolder } from "./own-folder.ts";

export interface Carried {
  readonly asset: string;
  /** Of the file once it is unpacked. */
  readonly name: string;
  readonly executable: boolean;
}

const sums = z.record(z.string(), z.string().regex(/^[0-9a-f]{64}$/));

/**
 * Where a file that this program carries lies unpacked, in a folder named after its checksum. A file that is there already is
 * held against the checksum each time, and replaced where it differs. @throws Unusable where it cannot be written
 */
export async function unpacked(carried: Carried, env: Env): Promise<string> {
  const sum = sums.parse(JSON.parse(getAsset("sums.json", "utf8")))[carried.asset] ?? "";
  const folder = await ownFolder(env);
  const home = join(folder, `${carried.name}-${sum.slice(0, 16)}`);
  const file = join(home, carried.name);
  if ((await sumOf(file)) === sum) return file;
  const content = await contentOf(carried.asset);
  if (createHash("sha256").update(content).digest("hex") !== sum) throw new Unusable(`${carried.asset} within this program is damaged: download the program again`);
  await put(home, file, { content, mode: carried.executable ? 0o700 : 0o600 });
  return file;
}

async function contentOf(asset: string): Promise<Uint8Array> {
  const bytes = new Uint8Array(getRawAsset(asset));
  return asset.endsWith(".gz") ? await promisify(gunzip)(bytes) : bytes;
}

async function sumOf(file: string): Promise<string> {
  const content = await readFile(file).catch(() => undefined);
  return content === undefined ? "" : createHash("sha256").update(content).digest("hex");
}

/** Whole or not at all: another osm may do the same at this moment. */
async function put(home: string, file: string, { content, mode }: { readonly content: Uint8Array; readonly mode: number }): Promise<void> {
  await mkdir(home, { recursive: true, mode: 0o700 });
  const draft = await mkdtemp(join(home, ".draft-"));
  try {
    await writeFile(join(draft, "file"), content, { mode });
    await chmod(join(draft, "file"), mode);
    await rename(join(draft, "file"), file);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}
