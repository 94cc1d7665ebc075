// Speaks first, then gives back every line. Prints "ready" once it listens; ends with its input.
import { createServer } from "node:net";

const server = createServer((socket) => {
  socket.on("error", () => undefined);
  socket.write("welcome\n");
  socket.pipe(socket);
});
server.listen(9000, "127.0.0.1", () => process.stdout.write("ready\n"));
process.stdin.on("end", () => process.exit(0)).resume();
