import { spawn, type ChildProcessByStdio } from "node:child_process";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { buildTogether, usualRegistry } from "../images/build-images.ts";
import { postgresPrograms } from "../images/demo-images.ts";
import { top } from "../images/places.ts";
import { runTool } from "../images/run-tool.ts";
import { down } from "./node/down.ts";
import { nodePrograms, nodeSettings } from "./node/settings.ts";
import { up } from "./node/up.ts";
import { loadImages } from "./node/within.ts";

/** A cluster where pods really run, with our images in it. */
export interface RealCluster extends AsyncDisposable {
  readonly kubeconfig: string;
  /** Where the images of the chart are, as values of Helm. */
  readonly imageValues: readonly string[];
  /** Whether the example's database can run there. */
  readonly hasDatabase: boolean;
  kubectl(...args: readonly string[]): Promise<string>;
  /** Runs commands of a shell, at the top of the tree, in which `kubectl` and `helm` mean this cluster. @throws Error at the first that fails */
  shell(commands: string): Promise<string>;
  /** With something to read. */
  kubectlWith(stdin: string, ...args: readonly string[]): Promise<string>;
  /** One that goes on until its input ends. */
  spawn(...args: readonly string[]): ChildProcessByStdio<Writable, Readable, null>;
  helm(...args: readonly string[]): Promise<string>;
  apply(...objects: readonly object[]): Promise<void>;
}

type Env = Readonly<Record<string, string | undefined>>;

/** What an installation runs, what is injected into pods, and the example's apps. */
const installed = ["osm-watcher", "osm-compiler", "osm-ca", "osm-xds", "osm-injector", "osm-setup", "nats", "redis", "envoy", "osm-init"];
const apps = ["demo-bookbuyer", "demo-bookthief", "demo-bookstore", "demo-bookwarehouse"];

/** Programs of these names, for this cluster. */
const commands = join(top, "tools/cluster/commands");

/** Beside one that a person may have started as node 0. */
const ofTests = 9;

/**
 * A node of our own, made for the test and removed after it; or, where `OSM_TEST_KUBECONFIG` names a cluster, that one, with
 * images from `OSM_TEST_REGISTRY` (`tools/images --registry` names them so); it holds the example's apps under the names of their manifests.
 * `more` are further images for the node, by name.
 */
export async function openRealCluster(env: Env, { more = [] }: { readonly more?: readonly string[] } = {}): Promise<RealCluster> {
  const named = env["OSM_TEST_KUBECONFIG"];
  return named ? toolsOn(named, env, { registry: env["OSM_TEST_REGISTRY"] ?? usualRegistry, close: async () => {} }) : await ownNode(env, more);
}

async function ownNode(env: Env, more: readonly string[]): Promise<RealCluster> {
  const settings = nodeSettings(ofTests);
  const images = await buildTogether({ registry: usualRegistry, names: [...installed, ...apps, ...(hasPostgres(env) ? ["demo-database"] : []), ...more], programs: env }, "for-tests.tar");
  await down(settings);
  await up(settings, { programs: nodePrograms(env), step: () => {} });
  try {
    await loadImages(settings, [images]);
  } catch (error) {
    await down(settings);
    throw error;
  }
  return toolsOn(settings.kubeconfig, env, { registry: usualRegistry, close: () => down(settings) });
}

function toolsOn(kubeconfig: string, env: Env, { registry, close }: { readonly registry: string; readonly close: () => Promise<void> }): RealCluster {
  const kubectl = (args: readonly string[], stdin = ""): Promise<string> => runTool(env["KUBECTL_BIN"] ?? "kubectl", ["--kubeconfig", kubeconfig, ...args], { stdin });
  const imageValues = ["--set", `osm.image.registry=${registry},osm.sidecarImage=${registry}/envoy:v1.40.0,osm.nats.image=${registry}/nats:2.15.1,osm.redis.image=${registry}/redis:7,osm.prometheus.image=${registry}/prometheus:v3.13.5`];
  const ofShell = { PATH: `${commands}:${env["PATH"] ?? ""}`, KUBECONFIG: kubeconfig, KUBECTL_BIN: env["KUBECTL_BIN"] ?? "kubectl", HELM_BIN: env["HELM_BIN"] ?? "helm", OSM_IMAGE_VALUES: imageValues.join(" ") };
  return {
    kubeconfig,
    imageValues,
    hasDatabase: env["OSM_TEST_KUBECONFIG"] !== undefined || hasPostgres(env),
    kubectl: (...args) => kubectl(args),
    shell: (words) => runTool("sh", ["-e", "-c", words], { env: ofShell, cwd: top }),
    kubectlWith: (stdin, ...args) => kubectl(args, stdin),
    spawn: (...args) => spawn(env["KUBECTL_BIN"] ?? "kubectl", ["--kubeconfig", kubeconfig, ...args], { stdio: ["pipe", "pipe", "inherit"] }),
    helm: (...args) => runTool(env["HELM_BIN"] ?? "helm", ["--kubeconfig", kubeconfig, ...args]),
    apply: async (...items) => void (await kubectl(["apply", "-f", "-"], JSON.stringify({ apiVersion: "v1", kind: "List", items }))),
    [Symbol.asyncDispose]: close,
  };
}

/** In CI it is there or the building of its image says that it lacks. */
function hasPostgres(env: Env): boolean {
  return env["CI"] === "true" || postgresPrograms(env) !== undefined;
}
