import { chmodSync, chownSync, mkdirSync, readlinkSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { userIds } from "./user-ids.ts";

/** Files of a projected volume: name → text. */
export type VolumeFiles = Readonly<Record<string, string>>;

export interface VolumeOwner {
  /** Of no effect where the sandbox has but one id. */
  readonly gid: number;
  /** Mode of each file, as 0o440. */
  readonly mode: number;
}

/**
 * Replaces all files of a volume at once, the way a kubelet does: each name is a link through `..data`, and renaming that
 * one link switches them together. Who watches the directory sees a single rename.
 */
export function writeVolume(dir: string, files: VolumeFiles, owner: VolumeOwner): void {
  openDirectory(dir);
  const before = linkTarget(join(dir, "..data"));
  const version = `..${randomBytes(6).toString("hex")}`;
  openDirectory(join(dir, version));
  for (const [name, content] of Object.entries(files)) writeOwned(join(dir, version, name), content, owner);

  symlinkSync(version, join(dir, "..data_tmp"));
  renameSync(join(dir, "..data_tmp"), join(dir, "..data"));
  for (const name of Object.keys(files)) {
    if (linkTarget(join(dir, name)) === undefined) symlinkSync(join("..data", name), join(dir, name));
  }
  if (before !== undefined) rmSync(join(dir, before), { recursive: true });
}

/** A directory that every user may enter and list, whatever the umask. */
export function openDirectory(path: string): void {
  mkdirSync(path, { recursive: true });
  chmodSync(path, 0o755);
}

function writeOwned(path: string, content: string, { gid, mode }: VolumeOwner): void {
  writeFileSync(path, content, { mode: 0o400 });
  if (userIds() === "many") chownSync(path, 0, gid);
  chmodSync(path, mode);
}

function linkTarget(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}
