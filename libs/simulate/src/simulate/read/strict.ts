import { z } from "zod";

// Envoy's messages as protobuf JSON, under Envoy's own field names. Every schema is strict: a field that the simulator does
// not know could let somebody in, so it ends the simulation instead of being passed over.

/** A field that cannot change who may call whom: time limits, logs, statistics. */
export const inert = z.unknown().optional();

/** An `Any` of one type. */
export function typed<T extends string, S extends z.ZodRawShape>(type: T, shape: S) {
  return z.strictObject({ "@type": z.literal(`type.googleapis.com/${type}`), ...shape });
}

/** A list that protobuf JSON leaves out when it is empty. */
export function list<T extends z.ZodType>(item: T) {
  return z.array(item).default([]);
}

export const flag = z.boolean().default(false);

export const socketAddress = z.strictObject({
  socket_address: z.strictObject({ address: z.string(), port_value: z.int().default(0) }),
});
export type SocketAddress = z.output<typeof socketAddress>["socket_address"];

/** "From the stream that everything comes from": nothing else is known here. */
export const overAds = z.strictObject({ ads: z.strictObject({}), resource_api_version: inert, initial_fetch_timeout: inert });
