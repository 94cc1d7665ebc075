import { originsOf } from "@osm/compile";
import { expect, test } from "vitest";
import { read } from "./mesh-of.ts";
import { meshConfig, tcpShop } from "./tcp-shop.ts";

const { state } = read(`${tcpShop({ name: "db", port: { name: "tcp", number: 5432 }, sources: ["client"] })}${meshConfig({ permissive: false })}---
apiVersion: v1
kind: Service
metadata: {name: other, namespace: shop}
spec: {clusterIP: 10.96.0.2, selector: {app: other}, ports: [{name: http, port: 80}]}
---
apiVersion: split.smi-spec.io/v1alpha4
kind: TrafficSplit
metadata: {name: halves, namespace: shop}
spec:
  service: other
  matches: [{kind: HTTPRouteGroup, name: some}]
  backends: [{service: db, weight: 1}]
---
apiVersion: specs.smi-spec.io/v1alpha4
kind: HTTPRouteGroup
metadata: {name: some, namespace: shop}
spec: {matches: [{name: all, pathRegex: ".*", methods: ["*"]}]}
`);
const db = { namespace: "shop", serviceAccount: "db" };
const from = (name: string) => originsOf(state, { name, identities: [db] });

test.each([
  ["a listener is of the service at its address", "10.96.0.2:80", ["Service/shop/other"]],
  ["a cluster is of its service", "shop/db|5432|osm-tcp", ["Service/shop/db"]],
  ["a route out is of its service, the split and what it matches", "rds-outbound.shop/other|80", ["HTTPRouteGroup/shop/some", "Service/shop/other", "TrafficSplit/shop/halves"]],
  ["a filter is of the targets that open bytes", "rbac-inbound.5432", ["TCPRoute/shop/db", "TrafficTarget/shop/client"]],
  ["the way in is of the services in front of its pods", "inbound-listener", ["Service/shop/db"]],
  ["and so is the one by IPv6", "inbound-listener-ipv6", ["Service/shop/db"]],
  ["what no object stands behind is the MeshConfig's", "outbound-listener", ["MeshConfig/osm-system/osm-mesh-config"]],
])("%s", (_sentence, name, wanted) => {
  expect(from(name)).toEqual(wanted);
});

test("a route in is of no target that opens bytes alone", () => {
  expect(from("rds-inbound.5432")).toEqual(["MeshConfig/osm-system/osm-mesh-config"]);
});
