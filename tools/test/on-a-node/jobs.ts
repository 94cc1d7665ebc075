import { expect, test } from "vitest";
import type { RealCluster } from "../../cluster/for-tests.ts";

const namespace = "bookbuyer";
const buyOne = `
const r = await fetch("http://bookstore.bookstore.svc.cluster.local:14001/buy-a-book/new", { headers: { "user-agent": "job-http-client/1", "client-app": "bookbuyer" } });
console.log(r.status);
process.exit(r.ok ? 0 : 1);
`;

/** A pod that ends by itself: its sidecar is up before it, and ends after it. */
export function jobTests(cluster: () => RealCluster): void {
  test("a Job buys a book through its sidecar and completes", async () => {
    const container = { name: "buy", image: "ghcr.io/open-service-mesh/demo-bookbuyer:v2", command: ["node", "--input-type=module", "-e", buyOne] };
    const template = { spec: { serviceAccountName: "bookbuyer", restartPolicy: "Never", containers: [container] } };
    await cluster().apply({ apiVersion: "batch/v1", kind: "Job", metadata: { name: "buy", namespace }, spec: { backoffLimit: 0, template } });
    await cluster().kubectl("-n", namespace, "wait", "--for=condition=Complete", "job/buy", "--timeout=90s");
    expect((await cluster().kubectl("-n", namespace, "logs", "job/buy", "-c", "buy")).trim()).toBe("200");
    const sidecar = await cluster().kubectl("-n", namespace, "get", "pods", "-l", "job-name=buy", "-o", "jsonpath={.items[0].spec.initContainers[*].name} {.items[0].status.phase}");
    expect(sidecar).toBe("osm-init envoy Succeeded");
  });
}
