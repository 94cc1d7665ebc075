import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort, serverProcess, type ServerProcess } from "@osm/testkit";

/** A Redis server of a test's own, in a folder of its own; it keeps nothing on disk. */
export interface RedisServer extends ServerProcess {
  readonly port: number;
  readonly folder: string;
}

/** `configure` is given the folder and gives all of the configuration but where to listen. */
export async function startRedis(configure: (folder: string, port: number) => string | Promise<string> = (_, port) => `port ${port}\n`): Promise<RedisServer> {
  const folder = await mkdtemp(join(tmpdir(), "osm-redis-"));
  const port = await freePort();
  const file = join(folder, "redis.conf");
  await writeFile(file, `bind 127.0.0.1\nsave ""\nappendonly no\ndir ${folder}\n${await configure(folder, port)}`);
  const server = serverProcess({ program: "redis-server", args: [file], ready: /Ready to accept connections/ });
  await server.start();
  return {
    ...server,
    port,
    folder,
    [Symbol.asyncDispose]: async () => {
      await server.kill();
      await rm(folder, { recursive: true });
    },
  };
}
