import { compareResourceVersions } from '@kubecast/store';

/** The order of versions that an informer gives its store: newer wins, but for the moment in which a new epoch is taken over. */
export class VersionOrder {
  #accepting = false;
  readonly compare: (a: string, b: string) => -1 | 0 | 1 | undefined = (a, b) =>
    this.#accepting ? undefined : compareResourceVersions(a, b);

  /** Runs the body while older versions are taken as well: the server went back. */
  acceptingOlder<R>(body: () => R): R {
    this.#accepting = true;
    try {
      return body();
    } finally {
      this.#accepting = false;
    }
  }
}
