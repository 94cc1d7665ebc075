import { hostsFile } from "@osm/sandbox";
import { expect, test } from "vitest";

test("a bare name is known in its own namespace alone, and a headless service has no line", () => {
  const services = [
    { namespace: "shop", name: "web", clusterIP: "10.96.0.7" },
    { namespace: "bank", name: "web", clusterIP: "10.96.0.8" },
    { namespace: "shop", name: "db", clusterIP: "None" },
  ];
  expect(hostsFile(services, "shop")).toBe(
    "10.96.0.7 web web.shop web.shop.svc web.shop.svc.cluster.local\n10.96.0.8 web.bank web.bank.svc web.bank.svc.cluster.local\n",
  );
});
