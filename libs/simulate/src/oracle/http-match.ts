import { RE2JS } from "re2js";
import type { HttpMatch } from "./world.ts";

/** A request as rules see it: its path in one form, without the query. */
export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Path, method and every header must hold. What is left out of a match holds for everything. */
export function holds({ pathRegex, methods, headers }: HttpMatch, seen: Seen): boolean {
  const anyMethod = methods.length === 0 || methods.includes("*");
  return (
    (pathRegex === "" || isWhole(pathRegex, seen.path)) &&
    (anyMethod || methods.some((method) => method === seen.method)) &&
    headers.every(([name, pattern]) => {
      const value = seen.headers[name.toLowerCase()];
      return value !== undefined && isWhole(pattern, value);
    })
  );
}

/**
 * Envoy refuses an expression that RE2 does not take, and a header cannot be held against two of them: a match that asks for
 * either grants nothing.
 */
export function isUsable({ pathRegex, headers }: HttpMatch): boolean {
  const isTwice = headers.some(([name, pattern]) => headers.some(([other, another]) => other.toLowerCase() === name.toLowerCase() && another !== pattern));
  return !isTwice && [pathRegex, ...headers.map(([, pattern]) => pattern)].every(isRegex);
}

function isRegex(pattern: string): boolean {
  try {
    return pattern.length <= 1024 && RE2JS.compile(pattern).programSize() <= 1000;
  } catch {
    return false;
  }
}

/** An expression is held against the whole text: `/books` does not mean `/books/1`. */
function isWhole(pattern: string, text: string): boolean {
  return RE2JS.matches(pattern, text);
}
