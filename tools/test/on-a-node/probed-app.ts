/**
 * An app that answers the probes of one kind on its port while it is well; SIGUSR2 makes it ill, and well again. It stands in a
 * ConfigMap, so it uses nothing but Node.
 */
export const probedApp = `
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createHttp } from "node:http";
import { createServer as createHttp2 } from "node:http2";
import { createServer as createHttps } from "node:https";
import { createServer as createTcp } from "node:net";

const { KIND, PORT } = process.env;
let well = true;
const http = (_request, response) => response.writeHead(well ? 200 : 503).end();
const grpc = createHttp2();
grpc.on("stream", (stream) => {
  stream.resume().on("end", () => {
    stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
    stream.end(Buffer.from([0, 0, 0, 0, 2, 8, well ? 1 : 2]));
  });
});
const tls = () => ({ cert: readFileSync("/etc/app/tls.crt"), key: readFileSync("/etc/app/tls.key") });
const servers = { grpc: () => grpc, tcp: () => createTcp((socket) => socket.on("error", () => {}).end()), https: () => createHttps(tls(), http) };
const server = (servers[KIND] ?? (() => createHttp(http)))();
const file = () => (well ? writeFileSync("/tmp/well", "") : rmSync("/tmp/well"));
server.listen(Number(PORT), "0.0.0.0");
file();
process.on("SIGUSR2", () => {
  well = !well;
  file();
  if (KIND === "tcp") well ? server.listen(Number(PORT), "0.0.0.0") : server.close();
});
// Also while it listens to nobody.
setInterval(() => {}, 60_000);
process.on("SIGTERM", () => process.exit(0));
`;
