import { once } from "node:events";
import { createServer } from "node:net";

/** Below what the system gives to outgoing connections, one of which could take a port between our look and its server's start. */
const [first, count] = [20_000, 12_000];
const given = new Set<number>();

/** A port that nobody listens on now, and that was given to nobody here before. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = first + Math.floor(Math.random() * count);
    if (given.has(port) || !(await isFree(port))) continue;
    given.add(port);
    return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, "0.0.0.0");
  try {
    await once(server, "listening");
  } catch {
    return false;
  }
  server.close();
  await once(server, "close");
  return true;
}
