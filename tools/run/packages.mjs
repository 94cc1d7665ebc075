import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { must } from "./child.mjs";
import { exclusive } from "./exclusive.mjs";
import { intoPlace } from "./into-place.mjs";
import { cache, isExecutable, toolBin, top } from "./places.mjs";
import { Missing, step } from "./progress.mjs";

const pnpmVersion = "12.21.0";
const stamp = join(top, "node_modules", ".osm-lockfile-digest");
/** An install takes all dependencies, whatever the caller's shell says of production. */
const installEnv = { NODE_ENV: "development" };

/** Makes node_modules fit the lockfile. Two runs at once wait for each other. */
export async function ensurePackages() {
  if (await fitsLockfile()) return;
  await exclusive(top, async () => {
    if (await fitsLockfile()) return;
    const pnpm = await ensurePnpm();
    await step("packages installed", () => must(installWith(pnpm), cannotInstall, installEnv));
    await writeFile(stamp, lockfileDigest());
  });
  assertNode();
}

function installWith(pnpm) {
  return [pnpm, "install", "--frozen-lockfile", "--config.confirmModulesPurge=false"];
}

function lockfileDigest() {
  return createHash("sha256").update(readFileSync(join(top, "pnpm-lock.yaml"))).digest("hex");
}

async function fitsLockfile() {
  const seen = await readFile(stamp, "utf8").catch(() => "");
  return seen === lockfileDigest();
}

async function ensurePnpm() {
  const home = join(cache, `pnpm-${pnpmVersion}`);
  const pnpm = join(home, "node_modules", ".bin", "pnpm");
  if (isExecutable(pnpm)) return pnpm;
  await exclusive(home, async () => {
    if (!isExecutable(pnpm)) await step(`pnpm ${pnpmVersion} installed`, () => installPnpm(home));
  });
  return pnpm;
}

async function installPnpm(home) {
  await intoPlace(home, (draft) =>
    must(
      ["npm", "install", "--prefix", draft, "--no-audit", "--no-fund", "--no-package-lock", `pnpm@${pnpmVersion}`],
      (last) => new Missing(`npm could not install pnpm ${pnpmVersion}. Can it reach its registry?\n${last}`),
      installEnv,
    ),
  );
}

function cannotInstall(last) {
  return new Missing(`pnpm could not install the packages of pnpm-lock.yaml:\n${last}`);
}

/** Node 24 comes as a package where there is one for the platform; elsewhere the machine's own has to do. */
function assertNode() {
  if (existsSync(join(toolBin, "node")) || Number(process.versions.node.split(".")[0]) >= 24) return;
  throw new Missing(
    `there is no Node 24 package for ${process.platform}-${process.arch}, and this is Node ${process.versions.node}: install Node 24`,
  );
}
