import { join } from "node:path";
import { rolldown } from "rolldown";
import { top } from "../images/places.ts";

const running = join(top, "cli", "src", "dev", "run-dev.ts");
const instead = join(top, "cli", "src", "dev", "not-carried.ts");

/** The command line with all that it imports as one file. What runs a mesh on this machine is left out: its pods' programs are files. */
export async function bundleCli(file: string): Promise<void> {
  const bundle = await rolldown({
    input: join(top, "cli", "src", "main.ts"),
    platform: "node",
    logLevel: "warn",
    treeshake: true,
    plugins: [{
      name: "without-a-mesh",
      load: (id) => (id === running ? `export { runDev } from ${JSON.stringify(instead)};` : null),
    }],
  });
  try {
    await bundle.write({ file, format: "cjs", codeSplitting: false, minify: "dce-only" });
  } finally {
    await bundle.close();
  }
}
