import { expect, test } from "vitest";
import type { PodState } from "../src/pod-object.ts";
import { serviceAddresses } from "../src/service-addresses.ts";

const pod = (ip: string, change: Partial<PodState> = {}): PodState => ({
  namespace: "shop", name: `db-${ip}`, uid: ip, serviceAccount: "db", labels: { app: "db" }, ports: [], meshed: false, ip, startedAt: "", ready: true, deletedAt: "", ...change,
});
const service = { namespace: "shop", name: "db", clusterIP: "None", selector: { app: "db" }, ports: [] };

test("gives a headless service the addresses of its ready pods, and any other its own", () => {
  const pods = [
    pod("10.0.0.3"),
    pod("10.0.0.2"),
    pod("10.0.0.4", { ready: false }),
    pod("10.0.0.5", { deletedAt: "2026-11-22T07:00:00Z" }),
    pod("10.0.0.6", { labels: {} }),
    pod("10.0.0.7", { namespace: "other" }),
  ];
  expect(serviceAddresses([service], pods).map(({ clusterIP }) => clusterIP)).toEqual(["10.0.0.2", "10.0.0.3"]);
  expect(serviceAddresses([{ ...service, clusterIP: "10.96.0.1" }], pods)).toEqual([{ namespace: "shop", name: "db", clusterIP: "10.96.0.1" }]);
  expect(serviceAddresses([{ ...service, selector: {} }], pods)).toEqual([]);
});
