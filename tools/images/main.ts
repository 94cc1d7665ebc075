import { parseArgs } from "node:util";
import { buildImages, usualRegistry } from "./build-images.ts";

const { values, positionals } = parseArgs({ allowPositionals: true, options: { registry: { type: "string", default: usualRegistry }, into: { type: "string" } } });

try {
  await buildImages({
    registry: values.registry,
    names: positionals,
    programs: process.env,
    ...(values.into === undefined ? {} : { into: values.into }),
    built: ({ ref, file, bytes }) => console.log(`${ref.padEnd(56)} ${(bytes / 2 ** 20).toFixed(1).padStart(7)} MiB  ${file}`),
  });
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
