import { randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runTool } from "../../images/run-tool.ts";
import type { NodeSettings } from "./settings.ts";

/** Who has a token. */
export type NodeUser = "admin" | "system:kube-controller-manager" | "system:kube-scheduler" | "system:kube-proxy" | "kubelet";

export interface NodeKeys {
  readonly ca: string;
  /** File below the folder of the keys. */
  readonly file: (name: string) => string;
  readonly token: (user: NodeUser) => string;
}

const week = "7";

/** One authority for all of the node, a certificate for each side that needs one, and a token for each user. Good for a week. */
export async function makeKeys(settings: NodeSettings): Promise<NodeKeys> {
  const dir = join(settings.dir, "keys");
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const file = (name: string): string => join(dir, name);
  // Without it the machine's own configuration would add extensions of its choice.
  await writeFile(file("openssl.cnf"), "[req]\ndistinguished_name=dn\n[dn]\n");
  await makeAuthority(file);
  const { name, nodeAddress, apiAddress } = settings;
  const ofService = ["kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local"].map((host) => `DNS:${host}`);
  await makeCertificate(file, { name: "apiserver", subject: "/CN=kube-apiserver", names: [...ofService, "IP:127.0.0.1", `IP:${apiAddress}`, `IP:${nodeAddress}`] });
  await makeCertificate(file, { name: "kubelet", subject: `/O=system:nodes/CN=system:node:${name}`, names: [`DNS:${name}`, `IP:${nodeAddress}`] });
  await makeCertificate(file, { name: "kubelet-client", subject: "/O=system:masters/CN=kube-apiserver-kubelet-client", names: [] });
  await runTool("openssl", ["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", file("accounts.key")]);
  const tokens = tokensFor(name);
  await writeFile(file("tokens.csv"), [...tokens.values()].map(({ line }) => `${line}\n`).join(""), { mode: 0o600 });
  return { ca: file("ca.crt"), file, token: (user) => tokens.get(user)?.token ?? "" };
}

async function makeAuthority(file: (name: string) => string): Promise<void> {
  await runTool("openssl", [
    "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", week, "-subj", "/CN=osm-test-node",
    "-config", file("openssl.cnf"), "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign", "-keyout", file("ca.key"), "-out", file("ca.crt"),
  ]);
}

interface CertificateWish {
  readonly name: string;
  readonly subject: string;
  /** Without any it is a client's. */
  readonly names: readonly string[];
}

async function makeCertificate(file: (name: string) => string, { name, subject, names }: CertificateWish): Promise<void> {
  const extensions = names.length === 0 ? ["extendedKeyUsage=clientAuth"] : ["extendedKeyUsage=serverAuth", `subjectAltName=${names.join(",")}`];
  await runTool("openssl", [
    "req", "-x509", "-CA", file("ca.crt"), "-CAkey", file("ca.key"), "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", week,
    "-subj", subject, "-config", file("openssl.cnf"), "-addext", "basicConstraints=critical,CA:FALSE", ...extensions.flatMap((each) => ["-addext", each]),
    "-keyout", file(`${name}.key`), "-out", file(`${name}.crt`),
  ]);
}

/** By user: the token, and the line that gives the API server its name and group. */
function tokensFor(name: string): ReadonlyMap<NodeUser, { readonly token: string; readonly line: string }> {
  const entry = (user: string, group = "") => {
    const token = randomBytes(16).toString("hex");
    return { token, line: `${token},${user},${user},"${group}"` };
  };
  return new Map([
    ["admin", entry("admin", "system:masters")],
    ["kubelet", entry(`system:node:${name}`, "system:nodes")],
    ...(["system:kube-controller-manager", "system:kube-scheduler", "system:kube-proxy"] as const).map((user) => [user, entry(user)] as const),
  ]);
}
