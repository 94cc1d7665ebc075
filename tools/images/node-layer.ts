import { existsSync, realpathSync } from "node:fs";
import { addProgram, makeRoot } from "./root-folder.ts";

/** Below every service and every app of the example, and the same bytes each time, so that a node holds it once. */
export async function nodeLayer(root: string): Promise<void> {
  if (existsSync(root)) return;
  await makeRoot(root);
  await addProgram(root, realpathSync(process.execPath), "usr/local/bin/node");
}
