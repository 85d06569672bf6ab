/** A run that takes longer than CI allows. */
export interface Proof {
  readonly name: string;
  /** What the run proves, in one sentence. */
  readonly shows: string;
  /** From the root of the repository; run by node with the source condition. What the user adds after `--` is appended. */
  readonly file: string;
  readonly args: readonly string[];
}

/** A proof's program prints its progress to stderr and, as its last line of stdout, one JSON object with `ok` and its figures. */
export const proofs: readonly Proof[] = [
  {
    name: 'client-soak',
    file: 'tooling/suites/src/client/soak.ts',
    args: [],
    shows: 'Watches and writes go on while the API server is killed and restarted every few seconds; no socket, timer or listener is left.',
  },
  {
    name: 'client-soak-real',
    file: 'tooling/suites/src/client/soak.ts',
    args: ['--server', 'real'],
    shows:
      'The same with kube-apiserver, over HTTP/1.1 and HTTP/2 at once: every failure is a typed one, and no socket, timer or listener is left.',
  },
  {
    name: 'client-list',
    file: 'tooling/suites/src/client/list-memory.ts',
    args: [],
    shows: '200,000 objects are listed page by page under a heap of 128 MB.',
  },
  {
    name: 'informer-chaos',
    file: 'tooling/suites/src/informer/chaos/chaos.ts',
    args: [],
    shows:
      'Informers of every kind on the real API server under churn, while servers and connections are broken in every way, end at what it lists.',
  },
  {
    name: 'informer-soak',
    file: 'tooling/suites/src/informer/chaos/soak.ts',
    args: [],
    shows: 'An informer under churn for as long as asked, beside a bare watcher that counts what it missed.',
  },
  {
    name: 'old-server',
    file: 'tooling/suites/src/old-server.ts',
    args: [],
    shows: 'The suites of the client, the informer and the observed behaviours on kube-apiserver 1.24.17, each difference written down.',
  },
  {
    name: 'store-shared',
    file: 'tooling/runtime-tests/src/store-shared/main.ts',
    args: [],
    shows:
      'Two threads that never yield read a store that a third writes, grows, and is stopped and killed in: nothing torn, lost or resurrected.',
  },
];
