import { buildImages, usualRegistry } from "../images/build-images.ts";
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
  kubectl(...args: readonly string[]): Promise<string>;
  helm(...args: readonly string[]): Promise<string>;
  apply(...objects: readonly object[]): Promise<void>;
}

type Env = Readonly<Record<string, string | undefined>>;

/** What an installation runs; what is injected into pods is loaded by tests that inject. */
const installed = ["osm-watcher", "osm-compiler", "osm-ca", "osm-xds", "osm-injector", "osm-setup", "nats", "redis"];

/** Beside one that a person may have started as node 0. */
const ofTests = 9;

/**
 * A node of our own, made for the test and removed after it; or, where `OSM_TEST_KUBECONFIG` names a cluster, that one, with
 * images from `OSM_TEST_REGISTRY` (`tools/images --registry` names them so).
 */
export async function openRealCluster(env: Env): Promise<RealCluster> {
  const named = env["OSM_TEST_KUBECONFIG"];
  return named ? toolsOn(named, env, { registry: env["OSM_TEST_REGISTRY"] ?? usualRegistry, close: async () => {} }) : await ownNode(env);
}

async function ownNode(env: Env): Promise<RealCluster> {
  const settings = nodeSettings(ofTests);
  const images = await buildImages({ registry: usualRegistry, names: installed, programs: env });
  await down(settings);
  await up(settings, { programs: nodePrograms(env), step: () => {} });
  try {
    await loadImages(settings, images.map(({ file }) => file));
  } catch (error) {
    await down(settings);
    throw error;
  }
  return toolsOn(settings.kubeconfig, env, { registry: usualRegistry, close: () => down(settings) });
}

function toolsOn(kubeconfig: string, env: Env, { registry, close }: { readonly registry: string; readonly close: () => Promise<void> }): RealCluster {
  const kubectl = (args: readonly string[], stdin = ""): Promise<string> => runTool(env["KUBECTL_BIN"] ?? "kubectl", ["--kubeconfig", kubeconfig, ...args], { stdin });
  return {
    kubeconfig,
    imageValues: ["--set", `osm.image.registry=${registry},osm.sidecarImage=${registry}/envoy:v1.40.0,osm.nats.image=${registry}/nats:2.15.1,osm.redis.image=${registry}/redis:7`],
    kubectl: (...args) => kubectl(args),
    helm: (...args) => runTool(env["HELM_BIN"] ?? "helm", ["--kubeconfig", kubeconfig, ...args]),
    apply: async (...items) => void (await kubectl(["apply", "-f", "-"], JSON.stringify({ apiVersion: "v1", kind: "List", items }))),
    [Symbol.asyncDispose]: close,
  };
}
