import { BusError, maxPayload, type Headers } from "./bus.ts";

/** @throws BusError `PayloadTooLarge` */
export function checkPayload(bytes: Uint8Array | undefined): void {
  if (bytes !== undefined && bytes.length > maxPayload) throw new BusError("PayloadTooLarge", `payload above ${maxPayload} bytes`);
}

/** @throws TypeError for a key or value that no wire would carry, or that NATS would take for an order to itself. */
export function checkHeaders(headers: Headers): void {
  for (const [key, value] of Object.entries(headers)) {
    if (!/^[!-9;-~]+$/.test(key) || !/^[ -~]*$/.test(value) || /^nats-/i.test(key)) throw new TypeError(`not a header: ${JSON.stringify(key)}`);
  }
}

/** A time to live in the unit that is kept: seconds, rounded up. @throws RangeError below one second. */
export function wholeSeconds(ttlMs: number): number {
  if (!(ttlMs >= 1000)) throw new RangeError("a time to live is at least 1000 ms");
  return Math.ceil(ttlMs / 1000);
}
