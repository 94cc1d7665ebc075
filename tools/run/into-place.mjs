import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";

/** Fills a draft folder beside `home` and renames it there: a half-made one is never seen under the name. */
export async function intoPlace(home, fill) {
  await mkdir(dirname(home), { recursive: true });
  const draft = await mkdtemp(`${home}.draft-`);
  try {
    await fill(draft);
    await rm(home, { recursive: true, force: true });
    await rename(draft, home);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}
