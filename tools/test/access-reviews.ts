import { stringify } from "yaml";
import type { ChartCluster } from "./chart-cluster.ts";

/** What `kubectl auth can-i --as` asks, many at a time. */
export interface Question {
  readonly who: string;
  /** `verb resource[.group][:subresource][/name]` */
  readonly may: string;
  /** Undefined: in all of them, or of a kind that is in none. */
  readonly where?: string | undefined;
}

/** The API server's answers, in the order of the questions. */
export async function answersOf(cluster: ChartCluster, questions: readonly Question[]): Promise<readonly boolean[]> {
  const text = questions.map((question) => stringify(reviewOf(question))).join("---\n");
  const lines = (await cluster.ask(text, "create", "--validate=false", "-o", 'jsonpath={.status.allowed}{"\\n"}')).trim().split("\n");
  if (lines.length !== questions.length) throw new Error(`${questions.length} questions, ${lines.length} answers`);
  return lines.map((line) => line === "true");
}

function reviewOf({ who, may, where }: Question): object {
  const [, verb, resource, group = "", subresource = "", name = ""] = /^(\w+) (\w+)(?:\.([\w.-]+))?(?::(\w+))?(?:\/([\w-]+))?$/.exec(may) ?? [];
  if (verb === undefined) throw new Error(`cannot be asked: ${may}`);
  const resourceAttributes = { verb, resource, group, subresource, name, ...(where === undefined ? {} : { namespace: where }) };
  return { apiVersion: "authorization.k8s.io/v1", kind: "SubjectAccessReview", spec: { user: who, groups: groupsOf(who), resourceAttributes } };
}

/** As the API server would put them: a review names them itself. */
function groupsOf(who: string): readonly string[] {
  const [, namespace] = /^system:serviceaccount:([^:]+):/.exec(who) ?? [];
  return ["system:authenticated", ...(namespace === undefined ? [] : ["system:serviceaccounts", `system:serviceaccounts:${namespace}`])];
}
