import { z } from "zod";
import { inForm, type Fault } from "../fault.ts";
import type { Writing } from "../writing.ts";

const backend = z.object({
  name: z.string(),
  port: z.object({ number: z.int(), protocol: z.string() }),
  tls: z.object({ skipClientCertValidation: z.boolean().nullish() }).nullish(),
});
const source = z.object({ kind: z.string(), name: z.string().nullish(), namespace: z.string().nullish() });
const schema = z.object({ spec: z.object({ backends: z.array(backend), sources: z.array(source).nullish() }) });
type Spec = z.output<typeof schema>["spec"];
type Source = z.output<typeof source>;

const range = z.union([z.cidrv4(), z.cidrv6()]);

export function ingressBackendFaults({ object }: Writing): readonly Fault[] {
  return inForm(schema, object, ({ spec }) => [...repeated(spec), ...protocols(spec), ...unproven(spec), ...(spec.sources ?? []).flatMap(sourceFaults)]);
}

function repeated({ backends }: Spec): readonly Fault[] {
  const keys = backends.map(({ name, port }) => `${name} port ${port.number}`);
  return keys.flatMap((key, at) => (keys.indexOf(key) === at ? [] : [{ field: `spec.backends[${at}]`, what: `${key} is listed twice: keep one` }]));
}

function protocols({ backends }: Spec): readonly Fault[] {
  return backends.flatMap(({ port }, at) => (/^https?$/i.test(port.protocol) ? [] : [{ field: `spec.backends[${at}].port.protocol`, what: `${port.protocol} is not known here: write http or https` }]));
}

/** A backend that asks its callers for a certificate, with nobody named whose certificate would do, lets nobody in. */
function unproven({ backends, sources }: Spec): readonly Fault[] {
  if (sources?.some(({ kind }) => kind === "AuthenticatedPrincipal")) return [];
  return backends.flatMap(({ port, tls }, at) => {
    const asks = port.protocol.toLowerCase() === "https" && tls?.skipClientCertValidation !== true;
    return asks ? [{ field: `spec.backends[${at}].tls.skipClientCertValidation`, what: "client certificates are asked for, and spec.sources names no AuthenticatedPrincipal: name one, or set it to true" }] : [];
  });
}

function sourceFaults({ kind, name, namespace }: Source, at: number): readonly Fault[] {
  const field = `spec.sources[${at}]`;
  switch (kind) {
    case "Service":
      return name && namespace ? [] : [{ field, what: "a Service needs name and namespace: write both" }];
    case "AuthenticatedPrincipal":
      return name ? [] : [{ field: `${field}.name`, what: "an AuthenticatedPrincipal needs a name: write the one in its certificate" }];
    case "IPRange":
      return range.safeParse(name).success ? [] : [{ field: `${field}.name`, what: `${name ?? ""} is no IP range: write one as 10.0.0.0/8 or fd00::/8` }];
    default:
      return [{ field: `${field}.kind`, what: `${kind} is not known here: write Service, AuthenticatedPrincipal or IPRange` }];
  }
}
