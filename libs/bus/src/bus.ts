/** What travels beside the bytes: `traceparent` (W3C trace-context) and little else. Keys and values are printable ASCII. */
export type Headers = Readonly<Record<string, string>>;

/** The last value of a subject. Without bytes it is a tombstone: the value was withdrawn, or its time ran out. */
export interface Entry {
  readonly subject: string;
  /** Position in the stream: grows with every write to any subject of it. */
  readonly seq: number;
  readonly bytes: Uint8Array | undefined;
  readonly headers: Headers;
}

/** What a reader of last values sees. */
export type WatchEvent =
  /** A value or tombstone. May come twice; per subject never an older one after a newer. */
  | { readonly kind: "entry"; readonly entry: Entry }
  /** Everything that stood when the watch began has been delivered: absence may be believed from here on. */
  | { readonly kind: "current"; readonly seq: number }
  /** The stream was lost and begun anew: keep what is known until the next `current`. */
  | { readonly kind: "reset"; readonly incarnation: string };

export interface PublishOptions {
  readonly headers?: Headers;
  /** The write is refused with `WrongSequence` unless the subject's last entry has this number; 0: there is none. */
  readonly expectedSeq?: number;
  /** The value turns into a tombstone after this time (whole seconds on NATS; at least 1000). */
  readonly ttlMs?: number;
}

export type BusErrorCode = "WrongSequence" | "PayloadTooLarge" | "Full" | "Unavailable" | "NoResponder" | "Timeout" | "Refused";

/** The one error of a bus. `code` is what a caller may branch on. */
export class BusError extends Error {
  readonly code: BusErrorCode;
  constructor(code: BusErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "BusError";
    this.code = code;
  }
}

/** Largest payload in bytes; larger things travel as a digest. */
export const maxPayload = 1_000_000;

/**
 * Last values by subject, and request/reply: JetStream's shape (one message kept per subject, expected-sequence writes,
 * per-message TTL) whatever is behind it. Bytes are copied at the border. State, not commands: a reader that starts late
 * sees the last value of each subject and is current.
 */
export interface Bus extends AsyncDisposable {
  /** Names this life of the stream; another one after the stream's disk was lost. */
  incarnation(): Promise<string>;
  /** Writes the subject's value, or withdraws it when there are no bytes. @returns the sequence number. @throws BusError */
  publish(subject: string, bytes: Uint8Array | undefined, options?: PublishOptions): Promise<number>;
  last(subject: string): Promise<Entry | undefined>;
  /**
   * Last values of every subject that the filter (`*` one token, `>` the rest) matches, in the order of their numbers,
   * then `current`, then what comes. A reader that is slow gets the newest value of each subject, never a queue of old ones.
   * Ends when the signal aborts.
   */
  watch(filter: string, options: { readonly signal: AbortSignal }): AsyncIterable<WatchEvent>;
  /** @throws BusError `NoResponder`, `Timeout`, `Refused` (the responder threw) */
  request(subject: string, bytes: Uint8Array, options: { readonly timeoutMs: number; readonly signal?: AbortSignal }): Promise<Uint8Array>;
  /** Answers requests; all responders of a subject share them (a queue group). Disposing ends it after what is under way. */
  respond(subject: string, answer: (bytes: Uint8Array) => Promise<Uint8Array>): Promise<AsyncDisposable>;
}
