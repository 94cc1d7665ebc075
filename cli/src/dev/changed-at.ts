import { stat } from "node:fs/promises";
import { dirname } from "node:path";

/** An older change is another one: the file has been looked at for some other reason. */
const longestMs = 5000;

/** When a file was last written, moved or deleted, in ms since 1970: as its file system says, or else now. */
export async function changedAt(path: string, now: number): Promise<number> {
  const found = await whenOf(path, ({ ctimeMs }) => ctimeMs).catch(() => whenOf(dirname(path), ({ mtimeMs }) => mtimeMs)).catch(() => now);
  return found > now || found < now - longestMs ? now : found;
}

async function whenOf(path: string, pick: (found: { readonly ctimeMs: number; readonly mtimeMs: number }) => number): Promise<number> {
  return pick(await stat(path));
}
