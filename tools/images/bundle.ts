import { join } from "node:path";
import { rolldown } from "rolldown";
import { top } from "./places.ts";

/**
 * A service with all that it imports as one file, so that an image needs no packages: Node strips no types below node_modules.
 * What is loaded only at need (traces) is in it too, and still runs only then.
 */
export async function bundleService(service: string, file: string): Promise<void> {
  const bundle = await rolldown({ input: join(top, "services", service, "src", "main.ts"), platform: "node", logLevel: "warn", treeshake: true });
  try {
    await bundle.write({ file, format: "esm", codeSplitting: false, minify: "dce-only" });
  } finally {
    await bundle.close();
  }
}
