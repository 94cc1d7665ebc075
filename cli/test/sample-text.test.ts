import { expect, test } from "vitest";
import { sampleText } from "../src/policy/sample-text.ts";

const isPath = (text: string) => text.startsWith("/");

test.each([
  ["/books-bought", "/books-bought"],
  [".*a-book.*new", "/a-booknew"],
  [".*", "/"],
  ["/api/v[0-9]+/(users|groups)/\\d{3}", "/api/va/users/000"],
  ["/(?:a|b)?/c\\.html", "//c.html"],
  ["/[^/]+/x", "/a/x"],
  ["^/start$", "/start"],
] as const)("%s has a text that it matches", (regex, shape) => {
  const text = sampleText(regex, isPath) ?? "";
  expect(new RegExp(`^(?:${regex})$`).test(text)).toBe(true);
  expect(text.length).toBe(shape.length);
});

test.each(["(?i)/a", "/a(", "no-slash\\/?[", "a+b"])("%s has none that could be tried as a path", (regex) => {
  expect(sampleText(regex, isPath)).toBeUndefined();
});
