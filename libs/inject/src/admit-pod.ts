import type { AliasClaim } from "./alias-claim.ts";
import { decideInjection, type NamespaceView, type SkipReason } from "./decide-injection.ts";
import { injectPod } from "./inject-pod.ts";
import type { InjectionSettings } from "./injection-settings.ts";
import type { JsonPatch } from "./json-patch.ts";
import { parsePod, type Pod } from "./pod.ts";

export interface AdmissionInput {
  /** The pod, as it came. */
  readonly object: unknown;
  readonly namespace: NamespaceView;
  readonly settings: InjectionSettings;
  /** As `decideInjection` takes it. */
  readonly alias?: AliasClaim;
}

/** What becomes of a pod that is being made. Only `injected` changes it, only `refused` keeps it from being made. */
export type Admission =
  /** `warnings`: for the one who made the pod. */
  | { readonly kind: "injected"; readonly patch: JsonPatch; readonly warnings: readonly string[] }
  | { readonly kind: "skipped"; readonly reason: SkipReason }
  | { readonly kind: "refused"; readonly message: string };

/** Decides over a pod and makes its patch: the whole of admission, without a look at anything but its argument. */
export function admitPod({ object, ...rest }: AdmissionInput): Admission {
  const parsed = parsePod(object);
  switch (parsed.kind) {
    case "unreadable":
      return { kind: "refused", message: `pod: cannot read ${parsed.field}` };
    case "pod":
      return admit(parsed.pod, rest);
  }
}

function admit(pod: Pod, { namespace, settings, alias }: Omit<AdmissionInput, "object">): Admission {
  const { mesh, meshNamespace } = settings;
  const decision = decideInjection({ pod, namespace, mesh, meshNamespace, ...(alias === undefined ? {} : { alias }) });
  switch (decision.kind) {
    case "skip":
      return { kind: "skipped", reason: decision.reason };
    case "refuse":
      return { kind: "refused", message: decision.message };
    case "inject":
      return injected(pod, { namespace: namespace.name, scrape: decision.scrape, settings });
  }
}

function injected(pod: Pod, rest: { readonly namespace: string; readonly scrape: boolean; readonly settings: InjectionSettings }): Admission {
  const injection = injectPod({ pod, ...rest });
  switch (injection.kind) {
    case "refuse":
      return { kind: "refused", message: injection.message };
    case "patch":
      return { kind: "injected", patch: injection.patch, warnings: injection.warnings };
  }
}
