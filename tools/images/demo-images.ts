import { existsSync, readdirSync, realpathSync } from "node:fs";
import { cp, mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { ImagePlan } from "./archive.ts";
import { nodeLayer } from "./node-layer.ts";
import { top } from "./places.ts";
import type { Programs, Recipe } from "./recipe.ts";
import { addProgram, makeRoot, put } from "./root-folder.ts";

const nonRoot = "1000:1000";
const apps = ["bookbuyer", "bookthief", "bookstore", "bookwarehouse", "tcp-echo", "tcp-client"] as const;

/** Images of docs/example/manifests, by the names that stand there: an app each, and a stand-in for PostgreSQL where this machine has one. */
export function demoImages(programs: Programs): readonly Recipe[] {
  return [...apps.map(appImage), databaseImage(programs)];
}

/** All apps are in each of them: they are small, and the layer is shared. */
function appImage(app: string): Recipe {
  const name = `demo-${app}`;
  return { name, tag: "v2", ref: `ghcr.io/open-service-mesh/${name}:v2`, prepare: async (work) => runs(app, await appsLayers(work)) };
}

async function appsLayers(work: string): Promise<readonly string[]> {
  const [base, layer] = [join(work, "node"), join(work, "apps")];
  await nodeLayer(base);
  if (!existsSync(layer)) await cp(join(top, "demo/src/apps"), join(layer, "app"), { recursive: true });
  return [base, layer];
}

function runs(app: string, layers: readonly string[]): Omit<ImagePlan, "ref"> {
  return { layers, entrypoint: ["/usr/local/bin/node", `/app/${app}.mjs`], user: nonRoot, workingDir: "/app" };
}

const debian = "/usr/lib/postgresql";

/** Folder of PostgreSQL's programs; undefined where this machine has none. */
export function postgresPrograms(programs: Programs): string | undefined {
  return programs["POSTGRES_BIN"] ?? newestIn(debian);
}

function databaseImage(programs: Programs): Recipe {
  return {
    name: "demo-database",
    tag: "15",
    ref: "docker.io/library/postgres:15",
    prepare: async (work) => {
      const bin = postgresPrograms(programs);
      if (bin === undefined) throw new Error("there is no postgres for its image: set POSTGRES_BIN to the folder of initdb, or apt-get install postgresql");
      const root = join(work, "database");
      await postgresRoot(root, realpathSync(bin));
      return { ...runs("database", [...(await appsLayers(work)), root]), env: [`POSTGRES_BIN=${bin}`] };
    },
  };
}

function newestIn(folder: string): string | undefined {
  const versions = existsSync(folder) ? readdirSync(folder).toSorted((a, b) => Number(b) - Number(a)) : [];
  return versions.map((version) => join(folder, version, "bin")).find((bin) => existsSync(join(bin, "initdb")));
}

/** Its programs, what they load by name, what a new database is made of, and the shell by which one starts the other. */
async function postgresRoot(root: string, bin: string): Promise<void> {
  await makeRoot(root);
  await addProgram(root, realpathSync("/bin/sh"), "bin/sh");
  for (const program of ["initdb", "postgres"]) await addProgram(root, join(bin, program), join(bin, program).slice(1));
  const lib = join(bin, "../lib");
  for (const file of ["dict_snowball.so", "plpgsql.so"]) await put(join(lib, file), join(root, lib.slice(1), file), 0o755);
  const share = bin.replace("/usr/lib/", "/usr/share/").replace(/\/bin$/, "");
  await mkdir(join(root, share.slice(1)), { recursive: true });
  const isNeeded = (path: string): boolean => !path.endsWith("/man");
  await cp(share, join(root, share.slice(1)), { recursive: true, dereference: true, filter: isNeeded });
  await cp("/usr/share/zoneinfo/Etc", join(root, "usr/share/zoneinfo/Etc"), { recursive: true, dereference: true }).catch(() => undefined);
}
