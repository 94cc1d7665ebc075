import { inOrder } from "@osm/model";
import { selectedBy, type SandboxService } from "./endpoint-slice.ts";
import type { NamedAddress } from "./hosts-file.ts";
import type { PodState } from "./pod-object.ts";

/** What each service's name leads to: its own address, or, when it is headless, those of its ready pods. */
export function serviceAddresses(services: readonly SandboxService[], pods: readonly PodState[]): readonly NamedAddress[] {
  return services.flatMap((service) => {
    const { namespace, name, clusterIP } = service;
    if (clusterIP !== "None") return [{ namespace, name, clusterIP }];
    const ready = selectedBy(service, pods).filter((pod) => pod.ready && pod.deletedAt === "");
    return inOrder(ready, (pod) => pod.ip).map((pod) => ({ namespace, name, clusterIP: pod.ip }));
  });
}
