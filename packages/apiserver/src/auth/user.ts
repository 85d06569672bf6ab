/** Who asks, as authentication found. */
export interface User {
  readonly name: string;
  readonly uid: string;
  readonly groups: readonly string[];
  /** Further attributes by key, as in `status.user.extra` of a TokenReview. */
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}
