import { join } from "node:path";
import type { AppCommand, Images } from "@osm/sandbox";
import type { PostgresServer } from "./postgres-server.ts";

export interface BookstorePrograms {
  /** A Node that pods can run. */
  readonly node: string;
  /** The folder of the demo's apps. */
  readonly apps: string;
  /** Absent: pods of the database's image cannot be had. */
  readonly postgres?: PostgresServer;
  /** Added to the environment of our own apps, where their manifest does not set it. */
  readonly env?: Readonly<Record<string, string>>;
}

const ours = /^ghcr\.io\/open-service-mesh\/demo-([a-z-]+):/;
const appFiles: ReadonlySet<string> = new Set(["bookbuyer", "bookthief", "bookstore", "bookwarehouse", "tcp-echo", "tcp-client"]);
const databaseImage = /^(docker\.io\/library\/)?postgres:/;

/** What runs for the images of docs/example/manifests. */
export function bookstoreImages({ node, apps, postgres, env = {} }: BookstorePrograms): Images {
  return (image): AppCommand | undefined => {
    if (databaseImage.test(image)) return postgres && databaseCommand(postgres, { node, apps });
    const app = ours.exec(image)?.[1] ?? "";
    return appFiles.has(app) ? { argv: [node, join(apps, `${app}.mjs`)], env } : undefined;
  };
}

function databaseCommand({ bin, stateDir, user }: PostgresServer, { node, apps }: Pick<BookstorePrograms, "node" | "apps">): AppCommand {
  return { argv: [node, join(apps, "database.mjs")], env: { POSTGRES_BIN: bin, STATE_DIR: stateDir }, user };
}
