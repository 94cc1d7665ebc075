import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { programPath } from "./needs.ts";

/** Files of a certificate for 127.0.0.1 that is its own root, and of its key. */
export interface CertificateFiles {
  readonly certificate: string;
  readonly key: string;
}

/** Made by openssl, good for a day; `more` are names as openssl writes them. */
export async function loopbackCertificate(folder: string, more: readonly string[] = []): Promise<CertificateFiles> {
  const files = { certificate: join(folder, "server.crt"), key: join(folder, "server.key") };
  await promisify(execFile)(programPath("openssl"), [
    "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1",
    "-subj", "/CN=loopback", "-addext", `subjectAltName=${["IP:127.0.0.1", ...more].join()}`, "-keyout", files.key, "-out", files.certificate,
  ]);
  return files;
}
