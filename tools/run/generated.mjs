import { capture, run } from "./child.mjs";

/** Folders whose every file is made by `gen`, and files. */
const made = ["libs/envoy-api/gen", "docs/osm-rules.md"];
const makers = ["tools/gen/protos.mjs", "tools/rules/write-page.ts"];

/** Makes all generated files again. */
export async function generate() {
  for (const maker of makers) {
    const code = await run(["node", maker]);
    if (code !== 0) return code;
  }
  return 0;
}

/** Generates, then fails when that left anything that git does not have in its index. */
export async function assertFresh() {
  const code = await generate();
  if (code !== 0) return code;
  const changed = await listed("diff", "--name-only", "--", ...made);
  const unknown = await listed("ls-files", "--others", "--exclude-standard", "--", ...made);
  if (changed.length + unknown.length === 0) return 0;
  console.error(`not what gen makes (run it, and add what it changed):\n${[...changed, ...unknown].join("\n")}`);
  return 1;
}

async function listed(...args) {
  const { code, text } = await capture(["git", ...args]);
  if (code !== 0) throw new Error(`git ${args[0]} failed: ${text}`);
  return text.split("\n").filter((line) => line !== "");
}
