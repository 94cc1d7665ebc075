import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createSecureContext } from "node:tls";
import { rootsIn } from "./webhook-roots.ts";

/** A certificate and its key, as they stand in a mounted Secret. */
export interface ServingCertificate {
  readonly cert: string;
  readonly key: string;
}

/** @throws Error when a file is missing or the two do not belong together, as between two writes. */
export async function readServingCertificate(dir: string): Promise<ServingCertificate> {
  const [cert, key] = await Promise.all([readFile(join(dir, "tls.crt"), "utf8"), readFile(join(dir, "tls.key"), "utf8")]);
  createSecureContext({ cert, key });
  return { cert, key };
}

/** The roots that API servers are to trust: that of the certificate, and the one before it while both are in use. @throws Error without any */
export async function readServingRoots(dir: string): Promise<readonly string[]> {
  const file = join(dir, "ca.crt");
  const roots = rootsIn(await readFile(file, "utf8"));
  if (roots.length === 0) throw new Error(`${file} holds no certificate`);
  createSecureContext({ ca: [...roots] });
  return roots;
}
