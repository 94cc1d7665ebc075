import { digestOf, type Digest } from "@osm/model";
import { algorithmDer, type SignatureAlgorithm } from "./algorithms.ts";
import { timeText, type UnixSeconds } from "./civil-time.ts";
import { randomSerial, signatureOf, type PrivateKey, type PublicKey } from "./crypto.ts";
import { bits, generalizedTime, integer, oid, sequence, set, tagged, utcTime, utf8Text, type Der } from "./der.ts";
import { pemOf } from "./pem.ts";

const commonNameId = oid("2.5.4.3");
const version3 = 2;

/** What stands in a certificate beside its serial and its issuer's signature. */
export interface CertificateBody {
  readonly subject: Der;
  readonly publicKey: PublicKey;
  readonly notBefore: UnixSeconds;
  readonly notAfter: UnixSeconds;
  readonly extensions: readonly Der[];
}

export interface Signer {
  readonly subject: Der;
  readonly key: PrivateKey;
  readonly algorithm: SignatureAlgorithm;
}

export interface IssuedCertificate {
  readonly pem: string;
  readonly notBefore: UnixSeconds;
  readonly notAfter: UnixSeconds;
  /** Hex. */
  readonly serial: string;
  readonly digest: Digest;
}

/** Writes and signs a certificate (RFC 5280 §4.1) under a fresh serial. */
export function issueCertificate(body: CertificateBody, signer: Signer): IssuedCertificate {
  const serial = randomSerial();
  const signed = toBeSigned(body, signer, serial);
  const signature = signatureOf(signer.key, signer.algorithm.hash, signed);
  const der = sequence(signed, algorithmDer(signer.algorithm), bits(signature));
  const { notBefore, notAfter } = body;
  return { pem: pemOf("CERTIFICATE", der), notBefore, notAfter, serial: Buffer.from(serial).toString("hex"), digest: digestOf(der) };
}

/** A Name of one CommonName, or of nothing. */
export function nameOf(commonName: string | undefined): Der {
  return commonName === undefined ? sequence() : sequence(set(sequence(commonNameId, utf8Text(commonName))));
}

function toBeSigned(body: CertificateBody, signer: Signer, serial: Uint8Array): Der {
  return sequence(
    tagged(0, integer(version3)),
    integer(...serial),
    algorithmDer(signer.algorithm),
    signer.subject,
    sequence(timeDer(body.notBefore), timeDer(body.notAfter)),
    body.subject,
    body.publicKey.spki,
    tagged(3, sequence(...body.extensions)),
  );
}

/** Two-digit years up to 2049, four-digit ones from there (RFC 5280 §4.1.2.5). */
function timeDer(at: UnixSeconds): Der {
  const text = timeText(at);
  return text < "2050" ? utcTime(text.slice(2)) : generalizedTime(text);
}
