// An HTTP server at each place of LISTEN ("8080@::,8081@::1"); it answers {"name","from","path"}: itself, and who called.
import { createServer } from "node:http";

const { NAME = "", LISTEN = "" } = process.env;

for (const [port, host] of LISTEN.split(",").map((place) => place.split("@"))) {
  const answer = ({ socket, url }, response) => response.end(JSON.stringify({ name: NAME, from: socket.remoteAddress, path: url }));
  createServer(answer).listen(Number(port), host);
}
process.on("SIGTERM", () => process.exit(0));
