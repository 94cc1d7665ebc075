import { RE2JS } from "re2js";
import type { HeaderMatcher, StringMatcher } from "./read/matcher.ts";

/** @throws Error on an expression that Envoy would refuse. */
export function stringMatches(matcher: StringMatcher, text: string): boolean {
  if ("exact" in matcher) return text === matcher.exact;
  if ("prefix" in matcher) return text.startsWith(matcher.prefix);
  return regexMatches(matcher.safe_regex.regex, text);
}

export function regexMatches(regex: string, text: string): boolean {
  return expression(regex).matcher(text).matches();
}

const compiled = new Map<string, RE2JS>();
const mostCompiled = 1000;

function expression(regex: string): RE2JS {
  const found = compiled.get(regex);
  if (found) return found;
  if (compiled.size >= mostCompiled) compiled.clear();
  const made = RE2JS.compile(regex);
  compiled.set(regex, made);
  return made;
}

/** A header that is not there matches nothing. */
export function headerMatches({ name, string_match: matcher }: HeaderMatcher, headers: ReadonlyMap<string, string>): boolean {
  const value = headers.get(name.toLowerCase());
  return value !== undefined && stringMatches(matcher, value);
}
