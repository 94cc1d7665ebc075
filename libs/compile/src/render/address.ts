/** A socket address, as an initialiser of envoy.config.core.v3.Address. */
export function socketAddress(address: string, port: number) {
  return { address: { case: "socketAddress", value: { address, portSpecifier: { case: "portValue", value: port } } } } as const;
}

/** Of `<ip> <port>`. */
export function socketAddressOf(address: string) {
  const [ip = "", port = ""] = address.split(" ");
  return socketAddress(ip, Number(port));
}

export function seconds(count: number) {
  return { seconds: BigInt(count) };
}
