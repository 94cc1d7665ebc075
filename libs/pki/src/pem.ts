import { PkiError } from "./error.ts";

const block = /-----BEGIN ([A-Z0-9 ]+)-----([A-Za-z0-9+/=\s]*)-----END \1-----/g;

export function pemOf(label: string, der: Uint8Array): string {
  const lines = Buffer.from(der).toString("base64").match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n");
}

/** DER of every block with this label, in order; other blocks and text between them are passed over. */
export function pemBlocks(label: string, pem: string): readonly Uint8Array[] {
  return [...pem.matchAll(block)].filter((found) => found[1] === label).map((found) => Buffer.from(found[2] ?? "", "base64"));
}

/** @throws PkiError unless the text holds exactly one certificate. */
export function certificateDer(pem: string): Uint8Array {
  const [der, ...more] = pemBlocks("CERTIFICATE", pem);
  if (!der || more.length > 0) throw new PkiError("Unreadable", "not exactly one certificate in PEM");
  return der;
}
