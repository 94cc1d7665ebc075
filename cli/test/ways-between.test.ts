import { factOf, meshName, type PodFact } from "@osm/model";
import { describe, expect, test } from "vitest";
import { truthOf, type MeshTruth } from "../src/policy/mesh-truth.ts";
import { waysBetween } from "../src/policy/ways-between.ts";
import { bookstore, manifestsIn, meshConfigObject, namespaceObject, podObject, serviceObjects } from "./bookstore-objects.ts";

const place = { context: { mesh: meshName("osm"), osmNamespace: "osm-system" }, trustDomain: "cluster.local" };
const truth = (...more: readonly unknown[]) => truthOf([...bookstore, ...more], place);

function podIn({ state }: MeshTruth, ref: string): PodFact {
  const [namespace = "", name = ""] = ref.split("/");
  const found = factOf(state, "Pod", { namespace, name });
  if (!found) throw new Error(`no pod ${ref}`);
  return found;
}

function told(of: MeshTruth, from: string, to = "bookstore/store-1"): readonly string[] {
  return waysBetween(of, { from: podIn(of, from), to: podIn(of, to) }).map(({ service, request, answer, by }) => `${service} ${request}: ${answer}, ${by}`);
}

const group = "HTTPRouteGroup bookstore/bookstore-service-routes";
const door = "bookstore/bookstore:14001";

describe("ways between two pods", () => {
  test("without a policy nothing is allowed, and what lacks is named", () => {
    expect(told(truth(meshConfigObject()), "bookbuyer/buyer-1")).toEqual([
      `${door} any request: refused, no TrafficTarget with destination bookstore/bookstore names source bookbuyer/bookbuyer with a rule of kind HTTPRouteGroup`,
    ]);
  });

  test("the guide's policies let the buyer buy, each by its match", () => {
    expect(told(truth(meshConfigObject(), ...manifestsIn("access")), "bookbuyer/buyer-1")).toEqual([
      `${door} GET /books-bought with client-app: bookbuyer, user-agent: .*-http-client/*.*: allowed, TrafficTarget bookstore/bookstore, ${group} match books-bought`,
      `${door} GET .*a-book.*new: allowed, TrafficTarget bookstore/bookstore, ${group} match buy-a-book`,
      `${door} any other request: refused, no rule of TrafficTarget bookstore/bookstore fits it`,
    ]);
  });

  test("and keep the thief out, by the target that does not name it", () => {
    const lines = told(truth(meshConfigObject(), ...manifestsIn("access")), "bookthief/thief-1");
    expect(lines[1]).toBe(`${door} GET .*a-book.*new: refused, TrafficTarget bookstore/bookstore does not name ServiceAccount bookthief/bookthief in spec.sources`);
    expect(lines.filter((line) => line.includes("allowed"))).toEqual([]);
  });

  test("in permissive mode the mesh's settings decide", () => {
    expect(told(truth(meshConfigObject({ enablePermissiveTrafficPolicyMode: true })), "bookthief/thief-1")).toEqual([`${door} anything: allowed, MeshConfig osm-system/osm-mesh-config is permissive`]);
  });

  test("one request can be asked for, and its match is named", () => {
    const of = truth(meshConfigObject(), ...manifestsIn("access"));
    const asked = (method: string) => waysBetween(of, { from: podIn(of, "bookbuyer/buyer-1"), to: podIn(of, "bookstore/store-1") }, { kind: "http", method, path: "/buy-a-book/new?fast", headers: {} });
    expect(asked("GET")).toEqual([{ service: door, request: "GET /buy-a-book/new?fast", answer: "allowed", by: `TrafficTarget bookstore/bookstore, ${group} match buy-a-book` }]);
    expect(asked("POST")).toMatchObject([{ answer: "refused", by: "no rule of TrafficTarget bookstore/bookstore fits it" }]);
  });

  test("a rule that another target gives the caller is not put down to the first", () => {
    const account = (name: string) => ({ kind: "ServiceAccount", name, namespace: name });
    const target = (name: string, source: string) => ({
      apiVersion: "access.smi-spec.io/v1alpha3", kind: "TrafficTarget", metadata: { name, namespace: "bookstore" },
      spec: { destination: account("bookstore"), sources: [account(source)], rules: [{ kind: "HTTPRouteGroup", name: "all" }] },
    });
    const all = { apiVersion: "specs.smi-spec.io/v1alpha4", kind: "HTTPRouteGroup", metadata: { name: "all", namespace: "bookstore" }, spec: { matches: [{ name: "each", pathRegex: ".*", methods: ["*"] }] } };
    const lines = told(truth(meshConfigObject(), target("a-buyer", "bookbuyer"), target("b-thief", "bookthief"), all), "bookthief/thief-1");
    expect(lines[0]).toBe(`${door} * .*: allowed, TrafficTarget bookstore/b-thief, HTTPRouteGroup bookstore/all match each`);
  });

  const account = (name: string) => ({ kind: "ServiceAccount", name, namespace: name });
  const targetFor = (source: string, rules: string) => ({
    apiVersion: "access.smi-spec.io/v1alpha3", kind: "TrafficTarget", metadata: { name: source, namespace: "bookstore" },
    spec: { destination: account("bookstore"), sources: [account(source)], rules: [{ kind: "HTTPRouteGroup", name: rules }] },
  });
  const groupOf = (name: string, pathRegex: string, methods: readonly string[]) => ({ apiVersion: "specs.smi-spec.io/v1alpha4", kind: "HTTPRouteGroup", metadata: { name, namespace: "bookstore" }, spec: { matches: [{ name: "each", pathRegex, methods }] } });

  test("each method has a row, and what a rule leaves to other methods is told by method", () => {
    const lines = told(truth(meshConfigObject(), targetFor("bookbuyer", "read"), groupOf("read", ".*", ["GET", "PUT"])), "bookbuyer/buyer-1");
    const allowed = "allowed, TrafficTarget bookstore/bookbuyer, HTTPRouteGroup bookstore/read match each";
    expect(lines).toEqual([
      `${door} GET .*: ${allowed}`,
      `${door} PUT .*: ${allowed}`,
      `${door} any other GET request: ${allowed}`,
      `${door} any other POST request: refused, no rule of TrafficTarget bookstore/bookbuyer fits it`,
    ]);
  });

  test("a wider rule of another is shown with the request that was tried", () => {
    const lines = told(truth(meshConfigObject(), targetFor("bookbuyer", "some"), groupOf("some", "/", ["*"]), targetFor("bookthief", "each"), groupOf("each", "/.*", ["*"])), "bookbuyer/buyer-1");
    expect(lines).toContain(`${door} * /.*, tried with /: allowed, TrafficTarget bookstore/bookbuyer, HTTPRouteGroup bookstore/some match each`);
    expect(lines).toContain(`${door} any other request: refused, TrafficTarget bookstore/bookthief does not name ServiceAccount bookbuyer/bookbuyer in spec.sources`);
  });

  test("a port of bytes takes a TCPRoute", () => {
    const database = { namespace: "bookstore", name: "db-1", ip: "10.0.0.9", app: "db" };
    const objects = [podObject(database), ...serviceObjects({ namespace: "bookstore", name: "db", ip: "10.96.0.11", app: "db", ports: [{ name: "tcp-db", port: 3306, appProtocol: "tcp" }], pods: [database] })];
    const route = { apiVersion: "specs.smi-spec.io/v1alpha4", kind: "TCPRoute", metadata: { name: "mysql", namespace: "bookstore" }, spec: { matches: { ports: [3306] } } };
    const target = {
      apiVersion: "access.smi-spec.io/v1alpha3", kind: "TrafficTarget", metadata: { name: "db", namespace: "bookstore" },
      spec: { destination: { kind: "ServiceAccount", name: "db", namespace: "bookstore" }, sources: [{ kind: "ServiceAccount", name: "bookstore", namespace: "bookstore" }], rules: [{ kind: "TCPRoute", name: "mysql" }] },
    };
    const account = { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "db", namespace: "bookstore" } };
    const with_ = truth(meshConfigObject(), account, ...objects, route, target);
    expect(told(with_, "bookstore/store-1", "bookstore/db-1")).toEqual(["bookstore/db:3306 bytes: allowed, TrafficTarget bookstore/db, TCPRoute bookstore/mysql"]);
    expect(told(with_, "bookbuyer/buyer-1", "bookstore/db-1")).toEqual(["bookstore/db:3306 bytes: refused, no TrafficTarget with destination bookstore/db names source bookbuyer/bookbuyer with a rule of kind TCPRoute"]);
  });

  test("a pod that nothing leads to has no ways", () => {
    const lone = { namespace: "lone", name: "lone-1", ip: "10.0.0.8", app: "lone" };
    expect(told(truth(meshConfigObject(), namespaceObject("lone"), podObject(lone)), "bookbuyer/buyer-1", "lone/lone-1")).toEqual([]);
  });
});
