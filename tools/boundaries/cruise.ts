import { execFile } from "node:child_process";
import { promisify } from "node:util";

interface Import {
  readonly resolved: string;
  readonly dependencyTypes: readonly string[];
}

/** What dependency-cruiser says, as far as we read it. */
export interface Cruise {
  readonly modules: readonly { readonly source: string; readonly dependencies: readonly Import[] }[];
  readonly summary: {
    readonly violations: readonly { readonly from: string; readonly to: string; readonly rule: { readonly name: string } }[];
  };
}

const top = `${import.meta.dirname}/../..`;
const most = 64 * 1024 * 1024;

/** Looks at the imports of the folders below `tree` under this project's rules. */
export async function cruise(tree: string, folders: readonly string[]): Promise<Cruise> {
  const argv = [`${top}/node_modules/dependency-cruiser/bin/dependency-cruiser.mjs`, "--config", `${top}/.dependency-cruiser.cjs`];
  const { stdout } = await promisify(execFile)(process.execPath, [...argv, "--output-type", "json", ...folders], { cwd: tree, maxBuffer: most });
  return JSON.parse(stdout) as Cruise;
}
