import { compareResourceVersions } from '@kubecast/store';
import { Fault } from './fault.ts';

/**
 * After a write's answer below what was seen: the server went back, but where the stream itself shows nothing (an API server that lives on over
 * a restored etcd) its lists still show what is gone. The state that is offered may be that one while it stands at or above what was seen, and
 * does not move on from where it stood first.
 */
export class WrittenBelow {
  #doubt: { readonly seen: string; readonly still: string } | undefined;

  get some(): boolean {
    return this.#doubt !== undefined;
  }

  /** Of two such signs the older asks for less: what is below the higher version may not be below the lower one. */
  sign(seen: string): void {
    if (this.#doubt === undefined || compareResourceVersions(seen, this.#doubt.seen) === -1) this.#doubt = { seen, still: '' };
  }

  /** A state was taken. */
  settled(): void {
    this.#doubt = undefined;
  }

  /** Throws if the state at this version may be the one that is gone. */
  believe(version: string): void {
    const doubt = this.#doubt;
    if (doubt === undefined || version === '' || compareResourceVersions(version, doubt.seen) === -1) return;
    if (doubt.still !== '' && compareResourceVersions(version, doubt.still) === 1) return;
    if (doubt.still === '') this.#doubt = { seen: doubt.seen, still: version };
    throw new Fault('regressed', `the server still shows its state at ${version}, although it has answered a write below ${doubt.seen}`);
  }
}
