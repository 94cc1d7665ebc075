import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { env } from "node:process";
import { must } from "./child.mjs";
import { exclusive } from "./exclusive.mjs";
import { intoPlace } from "./into-place.mjs";
import { cache, inCi, isExecutable, which } from "./places.mjs";
import { Missing, note, step } from "./progress.mjs";

/** The analyzer of NetworkPolicies and all that it needs. It is given rendered manifests, no secret, and no network of ours. */
const packages = [
  "network-config-analyzer==2.1.0", "PyYAML==6.0.2", "beautifulsoup4==4.12.3", "fastcore==2.2.39", "ghapi==1.0.6", "greenery==4.0.0", "lxml==5.3.0", "networkx==3.2.1", "packaging==26.3", "soupsieve==4.1.2",
];

/** Path of an `nca`: what $NCA_BIN names, else the one on the PATH, else the pinned one's, fetched once. @throws Missing when there is none to be had */
async function findPolicyAnalyzer() {
  if (env.NCA_BIN) return env.NCA_BIN;
  return which("nca") ?? (await fromPackages());
}

/** As findPolicyAnalyzer, but outside CI a machine without it goes on and says why. */
export async function findPolicyAnalyzerIfPossible() {
  return await findPolicyAnalyzer().catch((error) => {
    if (inCi || !(error instanceof Missing)) throw error;
    note(`no analyzer of NetworkPolicies, so tests that need one are skipped: ${error.message}`);
    return undefined;
  });
}

async function fromPackages() {
  const home = join(cache, `nca-${packages[0].split("==")[1]}`);
  const binary = join(home, "nca");
  if (isExecutable(binary)) return binary;
  await exclusive(home, async () => {
    if (!isExecutable(binary)) await step("network-config-analyzer fetched", () => intoPlace(home, install));
  });
  return binary;
}

/** Finds its packages beside itself, wherever the folder is moved to. */
const starter = `#!/usr/bin/env python3
import os, sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "packages"))
from nca.nca_cli import nca_main
sys.exit(nca_main())
`;

async function install(draft) {
  if (which("python3") === undefined) throw new Missing("network-config-analyzer is of Python, and there is no python3; set NCA_BIN to use another");
  await must(
    ["python3", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", "--no-deps", "--only-binary=:all:", "--target", join(draft, "packages"), ...packages],
    (last) => new Missing(`pip could not fetch network-config-analyzer; set NCA_BIN to use another\n${last}`),
  );
  await writeFile(join(draft, "nca"), starter);
  await chmod(join(draft, "nca"), 0o755);
  await must([join(draft, "nca"), "--help"], (last) => new Missing(`network-config-analyzer does not run here\n${last}`));
}
