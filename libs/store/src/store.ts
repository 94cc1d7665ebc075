import type { Digest } from "@osm/model";

/**
 * A content-addressed cache of blobs that may be lost at any time. What is read was checked against its digest: a poisoned
 * or evicted blob reads as absent.
 */
export interface Store extends AsyncDisposable {
  /**
   * Keeps each blob under its digest for the time to live that the store was opened with, unless room runs out: then the least
   * recently used go first. @returns the digests in the order of the blobs. @throws StoreUnavailable
   */
  put(blobs: readonly Uint8Array[]): Promise<readonly Digest[]>;
  /** In the order asked; undefined where there is none, or what is there has another digest. Refreshes the time to live. @throws StoreUnavailable */
  get(digests: readonly Digest[]): Promise<readonly (Uint8Array | undefined)[]>;
}

/** The cache could not be reached. Callers go on without it. */
export class StoreUnavailable extends Error {
  override readonly name = "StoreUnavailable";
}
