/** An object that is about to be written. */
export interface Writing {
  readonly object: unknown;
  /** What stood there before; undefined when it is new. */
  readonly old: unknown;
}
