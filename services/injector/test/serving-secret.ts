import { mkdirSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createRoot, generateKeyPair, parseAuthority, privateKeyPem, signServer } from "@osm/pki";

export interface Issued {
  readonly ca: string;
  readonly files: Readonly<Record<string, string>>;
}

/** A certificate for `localhost` from a root of its own. */
export async function issueServing(): Promise<Issued> {
  const now = Date.now() / 1000;
  const root = await createRoot({ commonName: "control plane", now, lifetimeSec: 3600 });
  const keys = await generateKeyPair();
  const ca = parseAuthority("servers", root);
  const { chainPem } = signServer({ publicKey: keys.publicKey, dnsNames: ["localhost"], ips: [], ca, now, validitySec: 600 });
  return { ca: root.certPem, files: { "tls.crt": chainPem, "tls.key": privateKeyPem(keys.privateKey).open() } };
}

export type MountedSecret = (files: Readonly<Record<string, string>>) => void;

/** A directory as the kubelet keeps a Secret's: links through `..data`, which one rename points at other files. */
export function mountSecret(dir: string, first: Readonly<Record<string, string>>): MountedSecret {
  let generation = 0;
  const put: MountedSecret = (files) => {
    const written = `..${(generation += 1)}`;
    mkdirSync(join(dir, written), { recursive: true });
    for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, written, name), text);
    symlinkSync(written, join(dir, "..data_tmp"));
    renameSync(join(dir, "..data_tmp"), join(dir, "..data"));
  };
  put(first);
  for (const name of Object.keys(first)) symlinkSync(join("..data", name), join(dir, name));
  return put;
}
