import { expect, test } from "vitest";
import { eventually } from "../../../libs/testkit/src/index.ts";
import type { RealCluster } from "../../cluster/for-tests.ts";
import { callFrom } from "./apps.ts";

const namespace = "captured";
const api = "https://kubernetes.default.svc.cluster.local/version";
const soon = { deadlineMs: 60_000, everyMs: 250 };
/** The API server is outside of the mesh; it answers whoever gets there. */
const reached = /^(200|401|403)$/;
const refused = /^(ECONNRESET|UND_ERR_SOCKET)$/;

/** What pods of a mesh that lets nothing out, and nobody in, may leave open by annotations, tried with real packets. */
export function captureTests(cluster: () => RealCluster): void {
  const kubectl = (...args: readonly string[]) => cluster().kubectl("-n", namespace, ...args);
  const pod = (name: string, annotations: Readonly<Record<string, string>>) => ({
    apiVersion: "v1", kind: "Pod", metadata: { name, namespace, annotations },
    spec: { terminationGracePeriodSeconds: 2, containers: [{ name: "app", image: "ghcr.io/open-service-mesh/demo-bookstore:v2", env: [{ name: "NODE_TLS_REJECT_UNAUTHORIZED", value: "0" }] }] },
  });
  const out = (name: string) => callFrom(cluster(), { namespace, workload: name, container: "app" }, { url: api });
  /** From the API server, which is no client of the mesh. */
  const into = (name: string) => cluster().kubectl("get", "--raw", `/api/v1/namespaces/${namespace}/pods/${name}:14001/proxy/raw`).then(() => "reached", () => "refused");

  test("exclusions and inclusions leave open what they name, and nothing else", async () => {
    await cluster().kubectl("create", "namespace", namespace);
    await cluster().kubectl("label", "namespace", namespace, "osm-injection=enabled");
    await eventually(() => kubectl("get", "serviceaccount", "default"), soon);
    const address = `${await cluster().kubectl("get", "service", "kubernetes", "-n", "default", "-o", "jsonpath={.spec.clusterIP}")}/32`;
    await cluster().apply(
      pod("plain", {}),
      pod("range", { "openservicemesh.io/outbound-ip-range-exclusion-list": address }),
      pod("port", { "openservicemesh.io/outbound-port-exclusion-list": "443" }),
      pod("elsewhere", { "openservicemesh.io/outbound-ip-range-inclusion-list": "192.0.2.0/24" }),
      pod("inbound", { "openservicemesh.io/inbound-port-exclusion-list": "14001" }),
    );
    await kubectl("wait", "--for=condition=Ready", "pod", "--all", "--timeout=120s");
    expect(await out("plain")).toMatch(refused);
    expect(await out("inbound")).toMatch(refused);
    for (const name of ["range", "port", "elsewhere"]) expect(await out(name)).toMatch(reached);
    await eventually(async () => expect(await into("inbound")).toBe("reached"), soon);
    expect(await into("plain")).toBe("refused");
    expect(await into("range")).toBe("refused");
  });
}
