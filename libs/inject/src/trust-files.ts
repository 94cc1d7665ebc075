import { digestOf, type Digest } from "@osm/model";
import { type JsonObject } from "./json.ts";

/** Names of the secrets that a sidecar reads from files, and of the files. */
export const trustSecrets = {
  root: { name: "root", file: "root-sds.yaml" },
  token: { name: "token", file: "token-sds.yaml" },
  rootDigest: { name: "root-digest", file: "root-digest-sds.yaml" },
} as const;
export const rootFile = "ca.crt";
export const rootDigestFile = "root-digest";
export const tokenFile = "token";

export interface TrustSettings {
  /** Where the files below will lie, and where the token will. */
  readonly trustDir: string;
  readonly tokenDir: string;
  /** DNS name that the xDS server's certificate must carry. */
  readonly serverName: string;
  /** Roots of the mesh, PEM, the one that signs and those still trusted. */
  readonly roots: readonly string[];
}

/**
 * Everything that lies in `trustDir`, file name → text: the roots, their digest, and the SDS files (JSON, which is YAML) that
 * lead Envoy to them and to the token. No secret is among them, so they fit a ConfigMap.
 */
export function trustFiles(settings: TrustSettings): Readonly<Record<string, string>> {
  const { trustDir, tokenDir, serverName, roots } = settings;
  return {
    [rootFile]: rootBundle(roots),
    [rootDigestFile]: rootDigest(roots),
    [trustSecrets.root.file]: sdsFile({
      name: trustSecrets.root.name,
      validation_context: {
        trusted_ca: { filename: `${trustDir}/${rootFile}` },
        match_typed_subject_alt_names: [{ san_type: "DNS", matcher: { exact: serverName } }],
      },
    }),
    [trustSecrets.token.file]: sdsFile(genericSecret(trustSecrets.token.name, `${tokenDir}/${tokenFile}`)),
    [trustSecrets.rootDigest.file]: sdsFile(genericSecret(trustSecrets.rootDigest.name, `${trustDir}/${rootDigestFile}`)),
  };
}

/** What a sidecar that trusts these roots says of them on each new stream: the order of the roots is part of it. */
export function rootDigest(roots: readonly string[]): Digest {
  return digestOf(rootBundle(roots));
}

function rootBundle(roots: readonly string[]): string {
  return roots.map((root) => `${root.trim()}\n`).join("");
}

function genericSecret(name: string, filename: string): JsonObject {
  return { name, generic_secret: { secret: { filename } } };
}

function sdsFile(secret: JsonObject): string {
  const resource = { "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret", ...secret };
  return `${JSON.stringify({ resources: [resource] }, undefined, 2)}\n`;
}
