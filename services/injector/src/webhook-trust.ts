import { webhookNames } from "@osm/inject";
import type { KubeApi } from "@osm/kube";
import { runTasks, type Log } from "@osm/runtime";
import { createRootsKeeper, type RootsKeeper } from "./keep-roots.ts";

/**
 * Keeps the webhook configurations of a mesh naming the roots that our certificate comes from, so that API servers can ask us. The
 * configurations themselves are the chart's: who removes one is asked nothing more, and it stays removed.
 */
export function createWebhookTrust({ api, mesh, log }: { readonly api: KubeApi; readonly mesh: string; readonly log: Log }): RootsKeeper {
  const keepers = [
    createRootsKeeper({ api, log, plural: "mutatingwebhookconfigurations", name: webhookNames.mutating(mesh) }),
    createRootsKeeper({ api, log, plural: "validatingwebhookconfigurations", name: webhookNames.validating(mesh) }),
  ];
  return {
    trust: async (roots) => void (await Promise.all(keepers.map((each) => each.trust(roots)))),
    run: (signal) => runTasks(signal, ...keepers.map(({ run }) => run)),
  };
}
