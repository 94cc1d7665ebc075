import { packAny, StdoutAccessLogSchema } from "@osm/envoy-api";

type Format = Readonly<Record<string, string>>;

/** The keys of OSM's log (OSM §5.13), and who was at the other end. */
const request: Format = {
  authority: "%REQ(:AUTHORITY)%",
  bytes_received: "%BYTES_RECEIVED%",
  bytes_sent: "%BYTES_SENT%",
  duration: "%DURATION%",
  method: "%REQ(:METHOD)%",
  path: "%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%",
  peer: "%DOWNSTREAM_PEER_URI_SAN%",
  protocol: "%PROTOCOL%",
  request_id: "%REQ(X-REQUEST-ID)%",
  requested_server_name: "%REQUESTED_SERVER_NAME%",
  response_code: "%RESPONSE_CODE%",
  response_code_details: "%RESPONSE_CODE_DETAILS%",
  response_flags: "%RESPONSE_FLAGS%",
  start_time: "%START_TIME%",
  time_to_first_byte: "%RESPONSE_DURATION%",
  upstream_cluster: "%UPSTREAM_CLUSTER%",
  upstream_host: "%UPSTREAM_HOST%",
  upstream_service_time: "%RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)%",
  user_agent: "%REQ(USER-AGENT)%",
  x_forwarded_for: "%REQ(X-FORWARDED-FOR)%",
};

/** For connections that no listener or chain was there for: where they wanted to go. */
const connection: Format = {
  bytes_received: "%BYTES_RECEIVED%",
  bytes_sent: "%BYTES_SENT%",
  connection_termination_details: "%CONNECTION_TERMINATION_DETAILS%",
  downstream_remote_address: "%DOWNSTREAM_REMOTE_ADDRESS%",
  filter_chain: "%FILTER_CHAIN_NAME%",
  original_destination: "%DOWNSTREAM_LOCAL_ADDRESS%",
  peer: "%DOWNSTREAM_PEER_URI_SAN%",
  response_flags: "%RESPONSE_FLAGS%",
  start_time: "%START_TIME%",
  transport_failure_reason: "%DOWNSTREAM_TRANSPORT_FAILURE_REASON%",
};

function stdout(fields: Format) {
  const config = packAny(StdoutAccessLogSchema, { accessLogFormat: { case: "logFormat", value: { format: { case: "jsonFormat", value: { ...fields } } } } });
  return { name: "envoy.access_loggers.stdout", configType: { case: "typedConfig", value: config } } as const;
}

/** Of each request. */
export const requestLog = stdout(request);

/** Of each connection. */
export const connectionLog = stdout(connection);
