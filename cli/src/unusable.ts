/** What cannot be done as it was asked, said to the user with the way out. Ends the command with 2. */
export class Unusable extends Error {
  override readonly name = "Unusable";
}

/** What was asked rightly and did not come about, said to the user with the way out. Ends the command with 1. */
export class Unmet extends Error {
  override readonly name = "Unmet";
}
