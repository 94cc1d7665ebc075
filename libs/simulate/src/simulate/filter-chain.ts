import type { FilterChain, Listener } from "./read/listener.ts";

/** What is known of a connection when its chain is chosen. */
export interface Opening {
  readonly destinationPort: number;
  readonly serverName: string;
  readonly transportProtocol: "tls" | "raw_buffer";
  /** In the order the caller offers them, or what an inspector found. */
  readonly applicationProtocols: readonly string[];
}

type Match = FilterChain["filter_chain_match"];

/**
 * Envoy narrows chains criterion by criterion, most specific value first, and never goes back: port, then server name,
 * transport, application protocols. No chain left: the default one, or undefined, and the connection is closed.
 * @throws Error on matches that Envoy would refuse, or that look at addresses.
 */
export function chainFor(listener: Listener, opening: Opening): FilterChain | undefined {
  refuseEqualMatches(listener);
  const byPort = narrowed(listener.filter_chains, ({ destination_port: port }) => (port === undefined ? "any" : port === opening.destinationPort));
  const byName = narrowed(byPort, ({ server_names: names }) => (names.length === 0 ? "any" : names.includes(opening.serverName)));
  const byTransport = narrowed(byName, ({ transport_protocol: found }) => (found === undefined ? "any" : found === opening.transportProtocol));
  const [chosen] = byApplication(byTransport, opening.applicationProtocols);
  return chosen ?? listener.default_filter_chain;
}

/** Chains whose match is exactly this, else those that leave it open. */
function narrowed(chains: readonly FilterChain[], verdict: (match: Match) => boolean | "any"): readonly FilterChain[] {
  const exact = chains.filter(({ filter_chain_match: match }) => verdict(match) === true);
  return exact.length > 0 ? exact : chains.filter(({ filter_chain_match: match }) => verdict(match) === "any");
}

function byApplication(chains: readonly FilterChain[], offered: readonly string[]): readonly FilterChain[] {
  for (const protocol of offered) {
    const found = chains.filter(({ filter_chain_match: match }) => match.application_protocols.includes(protocol));
    if (found.length > 0) return found;
  }
  return chains.filter(({ filter_chain_match: match }) => match.application_protocols.length === 0);
}

function refuseEqualMatches({ name, filter_chains: chains }: Listener): void {
  const keys = chains.flatMap(({ filter_chain_match: match }) => keysOf(match));
  const repeated = keys.find((key, at) => keys.indexOf(key) !== at);
  if (repeated !== undefined) throw new Error(`listener ${name} has two chains for the same match: ${repeated}`);
  const strange = chains.some(({ filter_chain_match: match }) => match.prefix_ranges.length > 0 || match.server_names.some((each) => each.startsWith("*")));
  if (strange) throw new Error(`listener ${name} matches what is not simulated`);
}

/** Each connection that a match is for; an open criterion is empty. */
function keysOf({ destination_port: port, server_names: names, transport_protocol: transport = "", application_protocols: protocols, prefix_ranges: ranges }: Match): readonly string[] {
  const orOpen = (values: readonly string[]) => (values.length > 0 ? values : [""]);
  const places = ranges.map(({ address_prefix: prefix, prefix_len: length }) => `${prefix}/${length}`).join();
  return orOpen(names).flatMap((server) => orOpen(protocols).map((protocol) => `${port ?? ""} ${places} ${server} ${transport} ${protocol}`));
}
