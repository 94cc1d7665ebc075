import { existsSync } from "node:fs";
import { run } from "./child.mjs";
import { inCi, isRoot, which } from "./places.mjs";
import { Missing, note, step } from "./progress.mjs";

/** What sandboxed pods and some tests call, by the Debian package that holds it. */
const wanted = {
  iproute2: ["ip"],
  iptables: ["iptables", "iptables-restore"],
  uidmap: ["newuidmap"],
  openssl: ["openssl"],
  "util-linux": ["setpriv", "nsenter", "unshare"],
  postgresql: ["postgres"],
};

/** What a node of our own and its images call beside that. */
export const forNode = {
  containerd: ["containerd", "ctr"],
  runc: ["runc"],
  "containernetworking-plugins": ["/usr/lib/cni/bridge"],
  conntrack: ["conntrack"],
  "redis-tools": ["redis-check-rdb"],
  "busybox-static": ["busybox"],
};

/** Debian keeps PostgreSQL's programs out of the PATH, a folder for each version. */
function found(program) {
  if (program.startsWith("/")) return existsSync(program) ? program : undefined;
  return which(program) ?? (program === "postgres" && existsSync("/usr/lib/postgresql") ? program : undefined);
}

/** Names what the machine lacks for pods in namespaces; in CI, as root, installs it. Never fails: tests say what they miss. */
export async function ensureSystemTools(tools = wanted) {
  const packages = Object.keys(tools).filter((name) => !tools[name].every(found));
  if (packages.length === 0) return;
  if (canInstall()) await installDebian(packages);
  else note(`some things need more from this machine: ${asCommand(packages)}`);
}

export function canInstall() {
  return inCi && isRoot && which("apt-get") !== undefined;
}

/** @throws Missing when apt fails. */
export async function installDebian(packages) {
  await step(`installed ${packages.join(", ")}`, async () => {
    const codes = [await apt("update", "-q"), await apt("install", "-q", "-y", "--no-install-recommends", ...packages)];
    if (codes[1] !== 0) throw new Missing(`apt-get could not install ${packages.join(", ")}`);
  });
}

/** What a person would type to install them. */
export function asCommand(packages) {
  return `apt-get install ${packages.join(" ")}`;
}

/** Its words go to stderr, since stdout belongs to the command. */
function apt(...args) {
  return run(["apt-get", ...args], { stdio: ["ignore", 2, 2], extra: { DEBIAN_FRONTEND: "noninteractive" } });
}
