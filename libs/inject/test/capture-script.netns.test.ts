import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { admitPod, injectionSettings } from "@osm/inject";
import { needs, programPath } from "@osm/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { applyPatch } from "./apply-patch.ts";

const shape = z.object({ spec: z.object({ initContainers: z.array(z.looseObject({ name: z.string(), command: z.array(z.string()).optional() })) }) });

/** What osm-init runs beside a native proxy, which needs no helper. */
function commandOf(localProxyMode: "Localhost" | "PodIP"): readonly string[] {
  const settings = injectionSettings.parse({
    mesh: "osm", meshNamespace: "osm-system", xds: { host: "osm-xds", port: 15128, serverName: "osm-xds" }, envoyImage: "envoy", initImage: "init",
    sidecarMode: "native", nativeSidecars: true, localProxyMode,
  });
  const pod = { metadata: {}, spec: { containers: [{ name: "app" }] } };
  const namespace = { name: "shop", labels: { "openservicemesh.io/monitored-by": "osm" }, annotations: { "openservicemesh.io/sidecar-injection": "enabled" } };
  const admission = admitPod({ object: pod, namespace, settings });
  const patched = shape.parse(applyPatch(pod, admission.kind === "injected" ? admission.patch : []));
  return patched.spec.initContainers.find(({ name }) => name === "osm-init")?.command ?? [];
}

const link = ["link set lo up", "link add d0 type veth peer name d1", "link set d1 up", "link set d0 up"].map((words) => `ip ${words}`).join(" && ");
/** As a pod finds its addresses when osm-init runs. */
const pods = {
  "of both families": `${link} && ip addr add 10.1.2.3/24 dev d0 && ip addr add fd00::3/64 dev d0 nodad`,
  "with a link-local address": `${link} && ip addr add 10.1.2.3/24 dev d0 && ip addr add fe80::3/64 dev d0 nodad`,
  "without IPv6": `echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6 && echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6 && ${link} && ip addr add 10.1.2.3/24 dev d0`,
} as const;
type Addresses = keyof typeof pods;

/** As an image, or a node, has the programs for IPv6. */
const tools = { whole: [], missing: ["ip6tables-restore"], broken: ["ip6tables-restore"] } as const;
type Tools = keyof typeof tools;

needs("root", "netns", "iptables", "busybox")("osm-init", () => {
  const root = mkdtempSync(join(tmpdir(), "osm-init-"));
  const binOf = (kind: Tools) => join(root, kind);
  afterAll(() => rmSync(root, { recursive: true }));
  beforeAll(() => {
    for (const kind of ["missing", "broken"] as const) {
      spawnSync("mkdir", [binOf(kind)]);
      symlinkSync(`${programPath("iptables")}-restore`, join(binOf(kind), "iptables-restore"));
      symlinkSync(programPath("busybox"), join(binOf(kind), "busybox"));
    }
    const stub = join(binOf("broken"), "ip6tables-restore");
    writeFileSync(stub, "#!/bin/sh\necho 'table nat does not exist' >&2\nexit 3\n");
    chmodSync(stub, 0o755);
  });

  interface Run {
    readonly addresses: Addresses;
    readonly kind?: Tools;
    readonly mode?: "Localhost" | "PodIP";
    readonly podIps?: string;
  }
  /** What it says, and what the pod then has. */
  const run = ({ addresses, kind = "whole", mode = "Localhost", podIps = "" }: Run) => {
    const path = kind === "whole" ? "" : `PATH=${binOf(kind)} `;
    const script = `${pods[addresses]} && ${path}"$@"; code=$?; echo ==; iptables-save -t nat; ip6tables-save -t nat; ip -6 -brief addr show scope global; ip -6 -brief addr show scope link; exit $code`;
    const { status, stdout, stderr } = spawnSync("unshare", ["--net", "sh", "-c", script, "sh", ...commandOf(mode)], { encoding: "utf8", env: { ...process.env, POD_IPS: podIps } });
    const [said = "", left = ""] = stdout.split("==\n");
    return { status, said, stderr, left };
  };
  const captures = ({ left }: { readonly left: string }) => left.match(/-A OUTPUT -p tcp -j OSM_PROXY_OUTBOUND/g)?.length ?? 0;

  test.each(["of both families", "with a link-local address", "without IPv6"] as const)("lays the rules of both families in a pod %s", (addresses) => {
    const laid = run({ addresses });
    expect(laid).toMatchObject({ status: 0, said: "", stderr: "" });
    expect(captures(laid)).toBe(2);
  });

  test.each(["missing", "broken"] as const)("says nothing in a pod without IPv6 where the tool for it is %s", (kind) => {
    const laid = run({ addresses: "without IPv6", kind });
    expect(laid).toMatchObject({ status: 0, said: "", stderr: "" });
    expect(captures(laid)).toBe(1);
  });

  test.each(["missing", "broken"] as const)("takes a link-local address away where the tool is %s", (kind) => {
    const laid = run({ addresses: "with a link-local address", kind });
    expect(laid).toMatchObject({ status: 0, said: "osm-init: without rules for IPv6 the pod keeps no IPv6 address\n", stderr: "" });
    expect(captures(laid)).toBe(1);
    expect(laid.left).not.toContain("fe80");
  });

  test.each([["missing", /not found/], ["broken", /table nat does not exist/]] as const)("does not let a pod with an IPv6 address start where the tool is %s", (kind, cause) => {
    const { status, stderr } = run({ addresses: "of both families", kind });
    expect(status).toBe(1);
    expect(stderr).toMatch(cause);
    expect(stderr).toContain("cannot be laid");
    expect(stderr).toContain("ip6table_nat");
  });

  test.each([
    ["10.1.2.3,fd00::3", ["10.1.2.3", "fd00::3"]],
    ["fd00::3,10.1.2.3", ["10.1.2.3", "fd00::3"]],
    ["fd00::3", ["fd00::3"]],
    ["10.1.2.3", ["10.1.2.3"]],
  ] as const)("leads calls of localhost to the pod's own addresses, which are %s", (podIps, expected) => {
    const laid = run({ addresses: "of both families", mode: "PodIP", podIps });
    expect(laid).toMatchObject({ status: 0, said: "", stderr: "" });
    expect([...laid.left.matchAll(/--to-destination (\S+)/g)].map(([, address]) => address)).toEqual(expected);
  });
});
