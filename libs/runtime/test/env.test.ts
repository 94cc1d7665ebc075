import { describe, expect, test } from "vitest";
import { z } from "zod";
import { ConfigError, parseEnv } from "../src/index.ts";

const schema = z.object({
  URL: z.url(),
  PORT: z.coerce.number().int().min(1).max(65535).default(8080),
  MODE: z.enum(["a", "b"]),
  TOKEN: z.string().min(4).refine((text) => text.startsWith("t"), { error: (issue) => `bad token ${String(issue.input)}` }),
});

function errorOf(env: Readonly<Record<string, string>>): ConfigError {
  try {
    parseEnv(schema, env);
  } catch (err) {
    if (err instanceof ConfigError) return err;
    throw err;
  }
  throw new Error("was accepted");
}

describe("the environment", () => {
  test("becomes a typed value; unknown variables are left alone and empty ones are absent", () => {
    expect(parseEnv(schema, { URL: "nats://x", PORT: "", MODE: "a", TOKEN: "token", HOME: "/root" })).toEqual({
      URL: "nats://x",
      PORT: 8080,
      MODE: "a",
      TOKEN: "token",
    });
  });

  test("is refused with every bad variable at once", () => {
    expect(errorOf({ PORT: "70000", MODE: "c", TOKEN: "abcdef" }).variables).toEqual([
      { name: "URL", reason: "missing" },
      { name: "PORT", reason: "at most 65535" },
      { name: "MODE", reason: "one of a, b" },
      { name: "TOKEN", reason: "invalid" },
    ]);
  });

  test("is never quoted", () => {
    const { message } = errorOf({ URL: "s3cret-1", PORT: "s3cret-2", MODE: "s3cret-3", TOKEN: "s3cret-4" });
    expect(message).toBe("bad environment: URL (expected url), PORT (expected number), MODE (one of a, b), TOKEN (invalid)");
  });
});
