import { podUid, type EndpointSliceFact, type MeshConfigFact, type NamespaceFact, type PodFact, type ServiceFact } from "@osm/model";

/** A small mesh: clients call servers, permissively unless a test says otherwise. */

export const namespace = "shop";

export const meshConfig: MeshConfigFact = {
  kind: "MeshConfig",
  namespace: "osm-system",
  name: "osm-mesh-config",
  permissive: true,
  egress: false,
  tls: { min: "TLSv1_2", max: "TLSv1_3", cipherSuites: [], ecdhCurves: [] },
};

export const namespaceFact: NamespaceFact = { kind: "Namespace", namespace: "", name: namespace };

/** A meshed pod of the app of this name, which is its account's too. */
export function pod(app: string, number = 0): PodFact {
  return {
    kind: "Pod",
    namespace,
    name: `${app}-${number}`,
    uid: podUid(`uid-${app}-${number}`),
    serviceAccount: app,
    labels: { app },
    ips: [`10.0.0.${number + 1}`],
    ports: {},
    meshed: true,
  };
}

export function service(app: string, clusterIp: string): ServiceFact {
  return {
    kind: "Service",
    namespace,
    name: app,
    clusterIps: [clusterIp],
    headless: false,
    selector: { app },
    ports: [{ name: "http", port: 80, targetPort: 8080, protocol: "http" }],
  };
}

export function slice(app: string, addresses: readonly string[]): EndpointSliceFact {
  return {
    kind: "EndpointSlice",
    namespace,
    name: `${app}-abc`,
    service: app,
    ports: [{ name: "http", port: 8080 }],
    endpoints: addresses.map((address) => ({ address, ready: true, pod: "" })),
  };
}

export const shop = [meshConfig, namespaceFact, pod("client"), pod("server"), service("server", "10.96.0.1"), slice("server", ["10.0.0.1"])] as const;
