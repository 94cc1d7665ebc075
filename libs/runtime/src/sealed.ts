import { inspect } from "node:util";

const seal = "[sealed]";

/** Holds a secret that no log, JSON or error message can show by accident. Only `open()` gives it out. */
export class Sealed<T> {
  readonly #secret: T;

  constructor(secret: T) {
    this.#secret = secret;
  }

  open(): T {
    return this.#secret;
  }

  toJSON(): string {
    return seal;
  }

  toString(): string {
    return seal;
  }

  [inspect.custom](): string {
    return seal;
  }
}
