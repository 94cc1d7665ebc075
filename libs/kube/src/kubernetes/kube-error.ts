/** What went wrong with a request to a Kubernetes API. `status` is the HTTP status, 0 where there was no answer. */
export class KubeError extends Error {
  override readonly name = "KubeError";
  readonly status: number;
  /** Kubernetes' own word for it (`Expired`, `NotFound`, `Forbidden`), empty where there is none. */
  readonly reason: string;
  /** How long the server asks us to stay away. */
  readonly retryAfterMs: number;

  constructor(message: string, { status = 0, reason = "", retryAfterMs = 0, cause }: KubeFault = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.status = status;
    this.reason = reason;
    this.retryAfterMs = retryAfterMs;
  }
}

interface KubeFault {
  readonly status?: number;
  readonly reason?: string;
  readonly retryAfterMs?: number;
  readonly cause?: unknown;
}

/** The reason of an error where the server was not reached, or no longer. */
export const unreachable = "Unreachable";

/** The place in the history that we ask for is no longer, or not yet, known to the server: only a new list helps. */
export function isExpired({ status, reason, message }: KubeError): boolean {
  return status === 410 || reason === "Expired" || reason === "Gone" || message.includes("Too large resource version");
}

/** The server does not know how to begin a watch with a list (Kubernetes before 1.32, or an older etcd below it). */
export function isUnknownRequest({ status }: KubeError): boolean {
  return status === 400 || status === 422 || status === 500 || status === 501;
}

/** A `Status` object, or what else came in its place, as an error. Only its sentence is taken over, and not without bound. */
export function errorOfStatus(body: unknown, status: number, retryAfterMs = 0): KubeError {
  const { message, reason, code } = isRecord(body) ? body : {};
  const words = typeof message === "string" && message !== "" ? message.slice(0, 500) : `the API server answered ${status}`;
  return new KubeError(words, {
    status: typeof code === "number" && code > 0 ? code : status,
    reason: typeof reason === "string" ? reason.slice(0, 100) : "",
    retryAfterMs,
  });
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
