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
  /**
   * Everything that stood when the watch began has been delivered: absence may be believed from here on. Every write up to
   * `seq` has been delivered, or a later one to its subject has been or will be.
   */
  | { readonly kind: "current"; readonly seq: number }
  /**
   * All is told anew up to the next `current`; keep what is known until then. The stream was lost and begun again under
   * another incarnation, or (the same incarnation) the reader was away for longer than tombstones live.
   */
  | { readonly kind: "reset"; readonly incarnation: string };

export interface PublishOptions {
  readonly headers?: Headers;
  /** The write is refused with `WrongSequence` unless the subject's last entry has this number; 0: there is none. */
  readonly expectedSeq?: number;
  /** The value turns into a tombstone after this time (whole seconds on NATS; at least 1000). */
  readonly ttlMs?: number;
}

export interface RequestOptions {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  readonly headers?: Headers;
}

/** What a responder makes of a request. */
export type Answer = (bytes: Uint8Array, headers: Headers) => Promise<Uint8Array>;

/**
 * `Full`: no room for a new subject, or for a value larger than the one that stands. `Unavailable`: not done, or not known to
 * have been. `Refused`: by the responder, or by a bus that does not permit it to us; trying again changes nothing.
 */
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

/**
 * Thrown by a responder to say no: its message reaches the caller as that of the `Refused` error, at most 256 characters of
 * printable ASCII. Of any other error the caller learns only that the responder failed.
 */
export class Refusal extends Error {
  override readonly name = "Refusal";
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
  /**
   * Writes the subject's value, or withdraws it when there are no bytes. @returns the sequence number.
   * @throws BusError; TypeError for a subject or header that cannot be sent.
   */
  publish(subject: string, bytes: Uint8Array | undefined, options?: PublishOptions): Promise<number>;
  /** What stands, a tombstone that has not aged out included. @throws BusError `Unavailable` */
  last(subject: string): Promise<Entry | undefined>;
  /**
   * Last values of every subject that the filter (`*` one token, `>` the rest) matches, in the order of their numbers,
   * then `current`, then what comes. A reader that is slow gets the newest value of each subject, never a queue of old ones.
   * Begins with the first read; ends when the signal aborts or the bus is disposed. While the bus cannot be reached it is
   * silent, and catches up afterwards. @throws TypeError for what is no filter; on reading BusError `Refused`.
   */
  watch(filter: string, options: { readonly signal: AbortSignal }): AsyncIterable<WatchEvent>;
  /** Headers reach the responder beside the bytes. @throws BusError `NoResponder`, `Timeout`, `Refused` (the responder threw); the signal's reason when it aborts. */
  request(subject: string, bytes: Uint8Array, options: RequestOptions): Promise<Uint8Array>;
  /** Answers requests; all responders of a subject share them (a queue group). Disposing ends it after what is under way. */
  respond(subject: string, answer: Answer): Promise<AsyncDisposable>;
}
