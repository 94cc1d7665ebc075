import { mkdirSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface MountedVolume {
  readonly dir: string;
  /** Puts other files in place of all, in one step. */
  readonly replace: (files: Readonly<Record<string, string>>) => void;
}

/** A directory as the kubelet keeps a projected volume: files are links through `..data`, which a rename points elsewhere. */
export function mountVolume(dir: string, files: Readonly<Record<string, string>>): MountedVolume {
  let generation = 0;
  const replace: MountedVolume["replace"] = (next) => {
    const written = `..${(generation += 1)}`;
    mkdirSync(join(dir, written), { recursive: true });
    for (const [name, text] of Object.entries(next)) writeFileSync(join(dir, written, name), text);
    symlinkSync(written, join(dir, "..data_tmp"));
    renameSync(join(dir, "..data_tmp"), join(dir, "..data"));
  };
  replace(files);
  for (const name of Object.keys(files)) symlinkSync(join("..data", name), join(dir, name));
  return { dir, replace };
}
