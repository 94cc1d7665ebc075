import { chmod, mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { env } from "node:process";
import { must } from "./child.mjs";
import { checked } from "./envoy.mjs";
import { exclusive } from "./exclusive.mjs";
import { intoPlace } from "./into-place.mjs";
import { cache, inCi, isExecutable, which } from "./places.mjs";
import { Missing, note, step } from "./progress.mjs";

const version = "0.0.1a15";
/** Wheel of rotel, a receiver of OTLP, by Node's name of the processor: pip's name of the platform, and SHA-256. */
const wheels = {
  x64: { platform: "manylinux_2_34_x86_64", digest: "2f4117e58410c933e0dc042a268ef738dab2e3a5d63b5831209acdac2a6ddcb7" },
  arm64: { platform: "manylinux_2_34_aarch64", digest: "4eb01f9e5d228e4086f63e16cf1d0fa6e92b724bde51f120932a742acec5b0ba" },
};

/**
 * Path of a rotel-agent, which tests of traces send to: what $ROTEL_BIN names, else the one on the PATH, else the pinned
 * wheel's, fetched once. @throws Missing when there is none to be had.
 */
async function findRotel() {
  if (env.ROTEL_BIN) return named(env.ROTEL_BIN);
  return which("rotel-agent") ?? (await fromWheel());
}

/** As findRotel, but outside CI a machine without it goes on and says why. */
export async function findRotelIfPossible() {
  return await findRotel().catch((error) => {
    if (inCi || env.ROTEL_BIN || !(error instanceof Missing)) throw error;
    note(`no OTLP receiver, so tests that need one are skipped: ${error.message}`);
    return undefined;
  });
}

function named(file) {
  if (!isExecutable(file)) throw new Missing(`ROTEL_BIN is ${file}, which is not an executable file`);
  return file;
}

async function fromWheel() {
  const wheel = process.platform === "linux" ? wheels[process.arch] : undefined;
  if (wheel === undefined) throw new Missing("rotel's wheel is for Linux on x86-64 and arm64: put a rotel-agent on the PATH or into ROTEL_BIN");
  const home = join(cache, `rotel-${version}`);
  const binary = join(home, "rotel-agent");
  if (isExecutable(binary)) return binary;
  await exclusive(home, async () => {
    if (!isExecutable(binary)) await step(`rotel ${version} fetched`, () => intoPlace(home, (draft) => unpack(draft, wheel)));
  });
  return binary;
}

/** The binary needs no Python: whichever there is may fetch the wheel. */
async function unpack(draft, { platform, digest }) {
  if (which("python3") === undefined) throw new Missing("rotel comes as a Python wheel, and there is no python3; set ROTEL_BIN to use another");
  const files = join(draft, "wheel");
  await mkdir(files);
  await must(
    ["python3", "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-input", "--no-deps", "--only-binary=:all:",
      "--platform", platform, "--python-version", "3.11", "--dest", files, `rotel==${version}`],
    (last) => new Missing(`pip could not fetch rotel ${version}; set ROTEL_BIN to use another\n${last}`),
  );
  const wheel = await checked(files, digest);
  await must(["python3", "-m", "zipfile", "-e", wheel, files], (last) => new Error(`cannot unpack ${wheel}\n${last}`));
  await rename(join(files, "rotel", "rotel-agent"), join(draft, "rotel-agent"));
  await rm(files, { recursive: true });
  await chmod(join(draft, "rotel-agent"), 0o755);
  await must([join(draft, "rotel-agent"), "--version"], (last) => new Missing(`rotel ${version} does not run here\n${last}`));
}
