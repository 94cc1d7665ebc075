import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { connect } from "node:net";
import { createServer } from "node:tls";
import type { CertificateFiles } from "@osm/testkit";

export interface TlsFront extends AsyncDisposable {
  readonly port: number;
}

/** TLS in front of a server that was built without it, as that of the pinned wheel is. */
export async function tlsFront(to: number, files: CertificateFiles): Promise<TlsFront> {
  const [cert, key] = await Promise.all([readFile(files.certificate), readFile(files.key)]);
  const ends = new Set<() => void>();
  const server = createServer({ cert, key }, (near) => {
    const far = connect(to, "127.0.0.1");
    const end = (): void => {
      near.destroy();
      far.destroy();
      ends.delete(end);
    };
    ends.add(end);
    near.on("error", end).on("close", end);
    far.on("error", end).on("close", end);
    near.pipe(far).pipe(near);
  });
  server.on("tlsClientError", () => undefined);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    port: address.port,
    [Symbol.asyncDispose]: async () => {
      for (const end of ends) end();
      server.close();
      await once(server, "close");
    },
  };
}
