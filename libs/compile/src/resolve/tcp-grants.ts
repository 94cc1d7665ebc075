import type { TcpGrant } from "../slice/slices.ts";

export function opens(tcp: TcpGrant, port: number): boolean {
  switch (tcp.kind) {
    case "none":
      return false;
    case "every-port":
      return true;
    case "ports":
      return tcp.ports.includes(port);
  }
}
