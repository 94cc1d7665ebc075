/** What went wrong, for a caller to branch on. */
export type PkiErrorCode =
  /** Larger than any honest one. */
  | "TooLarge"
  /** Not DER, not PEM, or not of the shape that its standard asks for. */
  | "Unreadable"
  /** A key that is too small, too large, on another curve, or does not belong to its certificate. */
  | "KeyRefused"
  /** A signature that does not verify, or by an algorithm that is not taken. */
  | "SignatureRefused"
  /** A namespace, ServiceAccount, trust domain, host or address that could not be one. */
  | "NameRefused"
  /** A certificate that may not sign, or not at this time. */
  | "IssuerRefused"
  /** A life of no seconds. */
  | "ValidityRefused";

/** The one error of this package. Its message says what was refused and never holds key material. */
export class PkiError extends Error {
  readonly code: PkiErrorCode;

  constructor(code: PkiErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "PkiError";
    this.code = code;
  }
}

/** Runs a parser of somebody else's; whatever it throws becomes a `PkiError`. */
export function guarded<T>(code: PkiErrorCode, message: string, parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    if (cause instanceof PkiError) throw cause;
    throw new PkiError(code, message, { cause });
  }
}
