import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort, serverProcess, type ServerProcess } from "@osm/testkit";

/** A NATS server of a test's own, in a folder of its own. */
export interface NatsServer extends ServerProcess {
  readonly port: number;
  readonly folder: string;
  /** kill -9, and again on the same disk. */
  restart(): Promise<void>;
  /** The same, on an empty disk. */
  loseDisk(): Promise<void>;
}

export interface NatsHome {
  readonly folder: string;
  readonly listen: string;
  readonly storeDir: string;
}

/** `configure` gives the configuration of a server that lives there. */
export async function startNats(configure: (home: NatsHome) => string | Promise<string> = openConfig): Promise<NatsServer> {
  const folder = await mkdtemp(join(tmpdir(), "osm-nats-"));
  const port = await freePort();
  const disk = join(folder, "disk");
  const file = join(folder, "nats.conf");
  await writeFile(file, await configure({ folder, listen: `127.0.0.1:${port}`, storeDir: disk }));
  const server = serverProcess({ program: "nats-server", args: ["-c", file], ready: /Server is ready/ });
  await server.start();
  return {
    ...server,
    port,
    folder,
    restart: async () => {
      await server.kill();
      await server.start();
    },
    loseDisk: async () => {
      await server.kill();
      await rm(disk, { recursive: true });
      await server.start();
    },
    [Symbol.asyncDispose]: async () => {
      await server.kill();
      await rm(folder, { recursive: true });
    },
  };
}

/** A server that lets in everybody. */
export function openConfig({ listen, storeDir }: NatsHome): string {
  return `listen: "${listen}"\njetstream { store_dir: "${storeDir}" }\n`;
}
