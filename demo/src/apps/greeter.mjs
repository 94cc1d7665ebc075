// An app that knows nothing of the mesh: it answers on a port and says what it is called.
import { createServer } from "node:http";

const { PORT = "8080", NAME = "greeter" } = process.env;
const server = createServer((request, response) => {
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify({ name: NAME, method: request.method, path: request.url, caller: request.headers["x-forwarded-client-cert"] ?? "" }));
});
server.keepAliveTimeout = 60_000;
server.listen(Number(PORT), "0.0.0.0");
process.on("SIGTERM", () => server.close(() => process.exit(0)));
