/** Where answers to a user come: nobody else may listen there. A user's name is one token. */
export function inboxPrefix(user: string): string {
  return `_INBOX_${user.replaceAll(/[^A-Za-z0-9-]/g, "_")}`;
}
