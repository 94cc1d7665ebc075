import { capture, run } from "./child.mjs";

/** Folders whose every file is made by `gen`. */
const folders = ["libs/envoy-api/gen"];

/** Makes all generated files again. */
export async function generate() {
  return await run(["node", "tools/gen/protos.mjs"]);
}

/** Generates, then fails when that left anything that git does not have in its index. */
export async function assertFresh() {
  const code = await generate();
  if (code !== 0) return code;
  const changed = await listed("diff", "--name-only", "--", ...folders);
  const unknown = await listed("ls-files", "--others", "--exclude-standard", "--", ...folders);
  if (changed.length + unknown.length === 0) return 0;
  console.error(`not what gen makes (run it, and add what it changed):\n${[...changed, ...unknown].join("\n")}`);
  return 1;
}

async function listed(...args) {
  const { code, text } = await capture(["git", ...args]);
  if (code !== 0) throw new Error(`git ${args[0]} failed: ${text}`);
  return text.split("\n").filter((line) => line !== "");
}
