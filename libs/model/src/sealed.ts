const mark = "[sealed]";

/**
 * A secret that no log, dump or message can show by accident: JSON, string conversion and inspection print `[sealed]`.
 * `open` is the only way in, so that a search for it lists every place where a secret is used.
 */
export class Sealed<T> {
  readonly #secret: T;

  constructor(secret: T) {
    this.#secret = secret;
  }

  open(): T {
    return this.#secret;
  }

  toJSON(): string {
    return mark;
  }

  toString(): string {
    return mark;
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return mark;
  }
}
