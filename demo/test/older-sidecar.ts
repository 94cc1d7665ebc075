import { chmod, copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { programPath } from "@osm/testkit";

/** Without it a listener that looks for HTTP is refused. */
const lacking = "envoy.filters.listener/envoy.filters.listener.http_inspector";

/**
 * An Envoy that takes smaller expressions than the compiler counts on, as sidecars of an older injector do until their pods
 * are replaced, and was built without the filter that looks for HTTP. @returns where the program lies.
 */
export async function olderSidecar(): Promise<{ readonly envoyBin: string } & AsyncDisposable> {
  const dir = await mkdtemp(join(tmpdir(), "osm-older-"));
  await chmod(dir, 0o755);
  const [envoyBin, real] = [join(dir, "older-envoy"), join(dir, "envoy")];
  await copyFile(programPath("envoy"), real);
  const limit = (instructions: number) => `\\"re2.max_program_size.error_level\\":${instructions}`;
  await writeFile(envoyBin, `#!/bin/bash\nexec "\${0%/*}/envoy" "\${@//${limit(4096)}/${limit(100)}}" --disable-extensions ${lacking}\n`);
  for (const file of [envoyBin, real]) await chmod(file, 0o755);
  return { envoyBin, [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true }) };
}
