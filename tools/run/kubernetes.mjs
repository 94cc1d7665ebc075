import { createHash } from "node:crypto";
import { cp, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { env } from "node:process";
import { must } from "./child.mjs";
import { exclusive } from "./exclusive.mjs";
import { intoPlace } from "./into-place.mjs";
import { cache, inCi, isExecutable, top, which } from "./places.mjs";
import { Missing, note, step } from "./progress.mjs";

const modules = join(top, "tools", "cluster", "go");
const k8s = "1.34.4";

/** Without them /version says nothing that clients can read, and a kubelet has no version to show. */
function flagsOf(release) {
  const version = "k8s.io/component-base/version";
  const [major, minor] = release.split(".");
  return `-X ${version}.gitVersion=v${release} -X ${version}.gitMajor=${major} -X ${version}.gitMinor=${minor} -X ${version}.gitTreeState=clean`;
}

// What Helm takes for the version of a cluster that it does not ask, as in `helm template`.
const helmFlags = ["pkg/chartutil", "pkg/lint/rules"].flatMap((place) => k8s.split(".").slice(0, 2).map((part, at) => `-X helm.sh/helm/v3/${place}.k8sVersion${at === 0 ? "Major" : "Minor"}=${part}`)).join(" ");

/** What is built: programs by package, from a Go module of ours whose go.mod and go.sum pin every source. */
const builds = [
  { module: "etcd", version: "3.6.7", programs: { etcd: "go.etcd.io/etcd/server/v3" }, flags: "" },
  {
    module: "kubernetes",
    version: k8s,
    programs: {
      "kube-apiserver": "k8s.io/kubernetes/cmd/kube-apiserver",
      "kube-controller-manager": "k8s.io/kubernetes/cmd/kube-controller-manager",
      kubectl: "k8s.io/kubernetes/cmd/kubectl",
    },
    flags: flagsOf(k8s),
  },
  {
    module: "node",
    version: k8s,
    programs: {
      kubelet: "k8s.io/kubernetes/cmd/kubelet",
      "kube-proxy": "k8s.io/kubernetes/cmd/kube-proxy",
      "kube-scheduler": "k8s.io/kubernetes/cmd/kube-scheduler",
    },
    flags: flagsOf(k8s),
  },
  { module: "coredns", version: "1.12.4", programs: { coredns: "." }, flags: "" },
  { module: "pause", version: "1", programs: { pause: "." }, flags: "" },
  { module: "helm", version: "3.19.2", programs: { helm: "helm.sh/helm/v3/cmd/helm" }, flags: helmFlags },
  // Debian's has no discovery of Kubernetes' pods; of all that there are to discover this has that alone.
  { module: "prometheus", version: "3.13.5", programs: { prometheus: "github.com/prometheus/prometheus/cmd/prometheus" }, flags: "-X github.com/prometheus/common/version.Version=3.13.5", tags: "remove_all_sd,enable_kubernetes_sd" },
];

/** Of 1.27 the checksum database of Go modules lacks parts. */
const oldest = {
  module: "kubernetes-oldest",
  version: "1.28.15",
  programs: { "kube-apiserver": "k8s.io/kubernetes/cmd/kube-apiserver" },
  flags: flagsOf("1.28.15"),
};

/** Environment that names the API server of the oldest release in place of today's; its controllers stay today's. It is built once. */
export async function oldestPrograms() {
  const home = await homeOf(oldest);
  await built(oldest, home);
  return Object.fromEntries(Object.keys(oldest.programs).map((program) => [variableOf(program), join(home, program)]));
}

/**
 * Environment that names the programs of a Kubernetes API: those that the environment names already, else those in the cache.
 * Builds them where that is asked for, once a version. Programs that are not there are left out.
 */
export async function clusterPrograms({ build = inCi } = {}) {
  const found = {};
  for (const part of builds) {
    const named = Object.keys(part.programs).every((program) => env[variableOf(program)]);
    if (named) continue;
    const home = await homeOf(part);
    if (build) await built(part, home);
    for (const program of Object.keys(part.programs)) if (isExecutable(join(home, program))) found[variableOf(program)] = join(home, program);
  }
  return found;
}

/** Builds what is missing and says where it lies. */
export async function buildCluster() {
  const found = await clusterPrograms({ build: true });
  for (const [variable, file] of Object.entries(found)) console.log(`${variable}=${file}`);
  return 0;
}

function variableOf(program) {
  return `${program.replaceAll("-", "_").toUpperCase()}_BIN`;
}

/** Other pins are another folder, so that what is found there is what the pins ask for. */
async function homeOf({ module, version: of }) {
  const pins = await Promise.all(["go.mod", "go.sum"].map((file) => readFile(join(modules, module, file))));
  const digest = createHash("sha256").update(Buffer.concat(pins)).digest("hex").slice(0, 12);
  return join(cache, `${module}-${of}-${process.arch}-${digest}`);
}

async function built(part, home) {
  const isBuilt = () => Object.keys(part.programs).every((program) => isExecutable(join(home, program)));
  if (isBuilt()) return;
  if (which("go") === undefined) throw new Missing("the programs of a Kubernetes cluster are built from Go modules, and there is no go: install Go 1.26 or newer");
  note(`building ${Object.keys(part.programs).join(", ")} ${part.version}: minutes, once`);
  await exclusive(home, async () => {
    if (!isBuilt()) await step(`${part.module} ${part.version} built`, () => intoPlace(home, (draft) => compile(part, draft)));
  });
}

/**
 * In a copy, so that the tree is not written to; `-mod=readonly` refuses what go.mod and go.sum do not name. It gives way to whatever
 * else runs: tests that need none of it go on meanwhile.
 */
async function compile({ module, programs, flags, tags = "" }, draft) {
  const source = join(draft, ".source");
  await cp(join(modules, module), source, { recursive: true });
  for (const [program, path] of Object.entries(programs)) {
    await must(
      ["nice", "-n", "10", "go", "-C", source, "build", "-trimpath", "-buildvcs=false", "-mod=readonly", "-tags", tags, "-ldflags", `-s -w ${flags}`.trim(), "-o", join(draft, program), path],
      (last) => new Missing(`${program} could not be built\n${last}`),
      { CGO_ENABLED: "0", GOFLAGS: "", GOWORK: "off" },
    );
  }
  await rm(source, { recursive: true });
}
