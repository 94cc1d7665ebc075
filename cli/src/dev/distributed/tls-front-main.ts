import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { createServer } from "node:tls";
import { parseEnv, processEnv } from "@osm/runtime";
import { z } from "zod";

// TLS in front of a server that listens on a socket of this machine: not every build of Redis can encrypt.

const { FRONT_HOST: host, FRONT_PORT: port, FRONT_CERTIFICATE, FRONT_KEY, FRONT_TO: path } = parseEnv(
  z.object({ FRONT_HOST: z.string(), FRONT_PORT: z.coerce.number(), FRONT_CERTIFICATE: z.string(), FRONT_KEY: z.string(), FRONT_TO: z.string() }),
  processEnv(),
);

const server = createServer({ cert: readFileSync(FRONT_CERTIFICATE), key: readFileSync(FRONT_KEY) }, (near) => {
  const far = connect({ path });
  for (const [socket, other] of [[near, far], [far, near]] as const) socket.on("error", () => undefined).on("close", () => other.destroy());
  near.pipe(far).pipe(near);
});
server.on("tlsClientError", () => undefined);
server.listen(port, host, () => process.stdout.write("front serves\n"));
process.on("SIGTERM", () => process.exit(0));
