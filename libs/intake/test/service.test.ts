import { describe, expect, test } from "vitest";
import { factOf, foundIn, smi } from "./reading.ts";

const service = (spec: string) => smi("v1 Service", spec);
const withPorts = (...ports: readonly string[]) => service(`{clusterIP: 10.96.0.7, selector: {app: web}, ports: [${ports.join(", ")}]}`);

function portsOf(...ports: readonly string[]): unknown {
  const fact = factOf(withPorts(...ports));
  return fact?.kind === "Service" ? fact.ports : undefined;
}

describe("a Service", () => {
  test("is read", () => {
    expect(factOf(withPorts("{port: 80, targetPort: 8080, name: http}"))).toEqual({
      kind: "Service", namespace: "shop", name: "it", clusterIps: ["10.96.0.7"], headless: false, selector: { app: "web" },
      ports: [{ name: "http", port: 80, targetPort: 8080, protocol: "http" }],
    });
  });
  test.each([
    ["{port: 80}", 80],
    ["{port: 80, targetPort: }", 80],
    ["{port: 80, targetPort: 0}", 80],
    ['{port: 80, targetPort: ""}', 80],
    ["{port: 80, targetPort: 8080}", 8080],
    ["{port: 80, targetPort: web}", "web"],
  ])("port %s leads to %s", (port, targetPort) => {
    expect(portsOf(port)).toEqual([{ name: "", port: 80, targetPort, protocol: "detect" }]);
  });
  test.each([
    ["{port: 1}", "detect"],
    ["{port: 1, name: http}", "http"],
    ["{port: 1, name: http-web}", "http"],
    ["{port: 1, name: grpc-api}", "http"],
    ["{port: 1, name: tcp-db}", "tcp"],
    ["{port: 1, name: tcp-server-first}", "tcp-server-first"],
    ["{port: 1, name: tcp-server-first-db}", "tcp-server-first"],
    ["{port: 1, name: tcp-server}", "tcp"],
    ["{port: 1, name: httpbin}", "detect"],
    ["{port: 1, name: http, appProtocol: TCP}", "tcp"],
    ["{port: 1, appProtocol: gRPC}", "http"],
    ["{port: 1, appProtocol: kubernetes.io/h2c}", "http"],
    ["{port: 1, appProtocol: https}", "tcp"],
    ["{port: 1, appProtocol: tcp-server-first, name: http}", "tcp-server-first"],
    ['{port: 1, name: tcp, appProtocol: ""}', "tcp"],
  ])("port %s speaks %s", (port, protocol) => {
    expect(portsOf(port)).toMatchObject([{ protocol }]);
    expect(foundIn(withPorts(port))).toEqual([]);
  });
  test("carries a protocol that nobody knows as bytes, and says so at its place in the list", () => {
    const text = withPorts("{port: 2, name: a}", "{port: 1, name: b, appProtocol: Thrift}");
    expect(portsOf("{port: 2, name: a}", "{port: 1, name: b, appProtocol: Thrift}")).toMatchObject([{ protocol: "tcp" }, { protocol: "detect" }]);
    expect(foundIn(text)).toEqual(["SERVICE_PROTOCOL_UNKNOWN at spec.ports[1].appProtocol (thrift)"]);
  });
  test("is the same in whatever order its ports stand; what is not TCP is not of the mesh", () => {
    const ports = ["{port: 2, name: b}", "{port: 53, name: dns, protocol: UDP}", "{port: 1, name: a, protocol: TCP}"];
    expect(portsOf(...ports)).toMatchObject([{ port: 1 }, { port: 2 }]);
    expect(portsOf(...ports.toReversed())).toEqual(portsOf(...ports));
  });
  test("may have one number for TCP and UDP", () => {
    expect(foundIn(withPorts("{port: 53, name: a}", "{port: 53, name: b, protocol: UDP}"))).toEqual([]);
  });
  test.each([
    ["its number", ["{port: 1, name: a}", "{port: 1, name: b}"], "SERVICE_PORT_REPEATED at spec.ports[1].port (1)"],
    ["its name", ["{port: 1, name: a}", "{port: 2, name: a}"], "SERVICE_PORT_REPEATED at spec.ports[1].name (a)"],
    ["having no name", ["{port: 1}", "{port: 2}"], "SERVICE_PORT_REPEATED at spec.ports[1].name"],
  ])("with a port that repeats another by %s is refused", (_name, ports, found) => {
    expect(portsOf(...ports)).toBeUndefined();
    expect(foundIn(withPorts(...ports))).toEqual([found]);
  });

  test.each([
    ["{clusterIP: 10.0.0.1}", ["10.0.0.1"], false],
    ["{clusterIP: 10.0.0.1, clusterIPs: [10.0.0.1, 'fd00::1']}", ["10.0.0.1", "fd00::1"], false],
    ["{clusterIPs: ['fd00::1', 10.0.0.1]}", ["10.0.0.1", "fd00::1"], false],
    ["{clusterIPs: ['FD00:0:0::01', 'fd00::1']}", ["fd00::1"], false],
    ["{clusterIP: '::ffff:10.0.0.1', clusterIPs: ['::ffff:a00:1', '::ffff:0:0.0.0.1']}", ["10.0.0.1", "::ffff:0:0:1"], false],
    ["{clusterIP: 'fe80::1%eth0'}", [], false],
    ["{clusterIP: None}", [], true],
    ["{clusterIP: None, clusterIPs: [None]}", [], true],
    ["{clusterIP: ''}", [], false],
    ["{}", [], false],
    ["", [], false],
  ])("%s has addresses %j", (spec, clusterIps, headless) => {
    expect(factOf(service(spec))).toMatchObject({ clusterIps, headless, selector: {}, ports: [] });
  });
  test("of another host's name is not of the mesh", () => {
    expect(factOf(service("{type: ExternalName, externalName: example.com}"))).toBeUndefined();
    expect(foundIn(service("{type: ExternalName, externalName: example.com}"))).toEqual([]);
  });
  test.each([
    ["{ports: [{port: 0}]}", "spec.ports[0].port"],
    ["{ports: [{port: 1, targetPort: 65536}]}", "spec.ports[0].targetPort"],
    ["{ports: [{port: 1, targetPort: [1]}]}", "spec.ports[0].targetPort"],
    ["{ports: {port: 1}}", "spec.ports"],
    ["{selector: {app: [web]}}", "spec.selector.app"],
    [`{ports: [${Array.from({ length: 1001 }, (_, at) => `{port: ${at + 1}, name: p${at}}`).join(", ")}]}`, "spec.ports"],
  ])("at fault (%#) is not read", (spec, field) => {
    expect(factOf(service(spec))).toBeUndefined();
    expect(foundIn(service(spec))[0]).toContain(`OBJECT_UNREADABLE at ${field} `);
  });
});
