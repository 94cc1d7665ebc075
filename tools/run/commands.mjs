import { join } from "node:path";
import { cwd, env } from "node:process";
import { findBackbone, findBackboneIfPossible } from "./backbone.mjs";
import { boundaries, check, lint, testAll, types } from "./checks.mjs";
import { run } from "./child.mjs";
import { ensureSystemTools, forNode } from "./debian.mjs";
import { findEnvoy, findEnvoyIfPossible } from "./envoy.mjs";
import { assertFresh, generate } from "./generated.mjs";
import { buildCluster, clusterPrograms, oldestPrograms } from "./kubernetes.mjs";
import { findPolicyAnalyzerIfPossible } from "./policy-analyzer.mjs";
import { ensurePackages } from "./packages.mjs";
import { lanesHere } from "./room-for-envoys.mjs";
import { findRotelIfPossible } from "./rotel.mjs";
import { inCi, top, which } from "./places.mjs";

/** What can be asked for. Each brings what it needs before it starts; each gives its exit code. */
export const commands = {
  demo: { says: "run the bookstore on this machine; --check runs its story as assertions, --distributed each service as processes of its own", run: demo },
  osm: { says: "the osm command line: node tools/run.mjs osm dev -f FOLDER tries manifests on this machine", run: osm },
  test: { says: "run all tests, tier by tier; arguments go to vitest, which then runs what they name", run: test, tallies: true },
  oldest: { says: "run the tests of a Kubernetes API on the oldest release that we claim; more arguments go to vitest", run: oldest },
  failure: { says: "all faults, one after the other, on a mesh of separate processes under load; words choose some by name", run: failure },
  check: { says: "all that CI runs", run: checkAll, tallies: true },
  types: { says: "check the types", run: withPackages(types) },
  lint: { says: "lint; more arguments go to oxlint", run: withPackages(lint) },
  boundaries: { says: "check who imports whom", run: withPackages(boundaries) },
  gen: { says: "make the generated files", run: withPackages(generate) },
  fresh: { says: "make the generated files and fail when that changes any", run: withPackages(assertFresh) },
  goldens: { says: "rewrite the goldens; more arguments go to vitest", run: goldens },
  bench: { says: "measure what it costs: compile, push, envoy; --json prints objects", run: bench },
  cluster: { says: "a Kubernetes for tests: build, up, down, load-image FILE, kubectl", run: cluster },
  images: { says: "build the container images from this machine's files; names build only these", run: images },
  sbom: { says: "write the bill of materials of each service's image, from the lockfile; --into FOLDER", run: withPackages(sbom) },
  "osm-file": { says: "build osm as one file with Node, the chart and Helm inside, and its release archive; --into FOLDER", run: osmFile },
  setup: { says: "fetch everything and stop", run: setup },
};

export function usage(asked) {
  const lines = Object.entries(commands).map(([name, { says }]) => `  ${name.padEnd(12)}${says}`);
  const problem = asked === "help" ? [] : [`unknown command: ${asked}`];
  return [...problem, "usage: node tools/run.mjs <command> [arguments]", ...lines].join("\n");
}

async function demo(args) {
  const envoy = await findEnvoy();
  await ensureSystemTools();
  await ensurePackages();
  const backbone = args.includes("--distributed") ? await findBackbone() : {};
  return await run([...tiedToUs(), "node", "demo/src/main.ts", ...args], { extra: { ENVOY_BIN: envoy, ...backbone } });
}

/** Paths among its arguments are the caller's, wherever in the tree npm was asked. */
async function osm(args) {
  const runsPods = args[0] === "dev" && !args.some((each) => each === "--help" || each === "-h");
  const extra = runsPods ? { ENVOY_BIN: await findEnvoy() } : {};
  if (runsPods) await ensureSystemTools();
  await ensurePackages();
  return await run([...tiedToUs(), "node", join(top, "cli/src/main.ts"), ...args], { extra, cwd: env.INIT_CWD || cwd() });
}

/** The demo ends, and cleans up, even when this process is killed outright. */
function tiedToUs() {
  return which("setpriv") === undefined ? [] : ["setpriv", "--pdeathsig", "TERM"];
}

async function test(args) {
  if (args.length === 0) return await testAll(await tierTools());
  return await run(["vitest", "run", ...args], { extra: await forTests() });
}

/** Nothing may be missing there, and nothing writes a golden. */
async function oldest(args) {
  return await run(["vitest", "run", "--project", "cluster", ...args], { extra: { ...(await forTests()), ...(await clusterPrograms({ build: true })), ...(await oldestPrograms()), OSM_TEST_KUBERNETES: "oldest", CI: "true" } });
}

async function failure(args) {
  return await run(["node", "demo/test/failure/main.ts", "--every", ...args], { extra: { ...(await forTests()), ...(await findBackbone()) } });
}

async function checkAll() {
  return await check(await tierTools());
}

/** The programs of a cluster are built, where they are asked for and not there, while what needs none of them runs. */
async function tierTools() {
  const tools = await quickTools();
  const cluster = clusterPrograms();
  cluster.catch(() => {});
  return { tools, cluster, lanes: await lanesHere() };
}

async function goldens(args) {
  await ensurePackages();
  return await run(["vitest", "run", "--update", "--project", "unit", ...args]);
}

async function bench(args) {
  return await run(["node", "--expose-gc", "bench/src/main.ts", ...args], { extra: await forTests() });
}

async function cluster([what = "", ...args]) {
  if (what === "build") return await buildCluster();
  await ensureSystemTools(forNode);
  await ensurePackages();
  return await run(["node", "tools/cluster/node/main.ts", what, ...args], { extra: await clusterPrograms() });
}

async function images(args) {
  const envoy = await findEnvoyIfPossible();
  await ensurePackages();
  return await run(["node", "tools/images/main.ts", ...args], { extra: { ...(envoy === undefined ? {} : { ENVOY_BIN: envoy }), ...(await findBackboneIfPossible()) } });
}

async function sbom(args) {
  return await run(["node", join(top, "tools/sbom/main.ts"), ...args], { cwd: env.INIT_CWD || cwd() });
}

async function osmFile(args) {
  await ensurePackages();
  return await run(["node", "tools/cli-package/main.ts", ...args], { extra: await clusterPrograms() });
}

async function setup() {
  await forTests();
  return 0;
}

/** Brings all that tests need; gives what is to be added to their environment. */
async function forTests() {
  return { ...(await quickTools()), ...(await clusterPrograms()) };
}

/** All of that but what is built from source. */
async function quickTools() {
  const envoy = await findEnvoyIfPossible();
  await ensureSystemTools();
  if (inCi) await ensureSystemTools(forNode);
  await ensurePackages();
  const rotel = await findRotelIfPossible();
  const analyzer = await findPolicyAnalyzerIfPossible();
  return { ...(envoy === undefined ? {} : { ENVOY_BIN: envoy }), ...(rotel === undefined ? {} : { ROTEL_BIN: rotel }), ...(analyzer === undefined ? {} : { NCA_BIN: analyzer }), ...(await findBackboneIfPossible()) };
}

function withPackages(work) {
  return async (args) => {
    await ensurePackages();
    return await work(args);
  };
}
