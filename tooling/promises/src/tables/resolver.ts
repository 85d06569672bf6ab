import type { KeptPromise } from '../check-promises.ts';

export const kept: readonly KeptPromise[] = [
  {
    says: 'a request that cannot be forwarded',
    test: 'apps/resolver/src/http/server.test.ts',
    named: 'what the next reader could take for another request is not forwarded: two Hosts, a Host that is none, TRACE',
  },
  {
    says: 'nobody announces the model or app;',
    test: 'apps/resolver/src/http/server.test.ts',
    named: 'what is not there, not served or not readable is told apart',
  },
  {
    says: 'nothing is served at the path',
    test: 'apps/resolver/src/http/server.test.ts',
    named: 'what is not there, not served or not readable is told apart',
  },
  {
    says: 'A call is tried at most twice',
    test: 'apps/resolver/src/forwarding/retries.test.ts',
    named: 'where nothing was sent any method is tried at one more endpoint, and no third',
  },
  {
    says: 'The second try needs one of two conditions: the connection could not be made, so nothing was sent;',
    test: 'apps/resolver/src/forwarding/retries.test.ts',
    named: 'where nothing was sent any method is tried at one more endpoint, and no third',
  },
  {
    says: 'at most 256 KiB of the body were sent',
    test: 'apps/resolver/src/forwarding/retries.test.ts',
    named: 'a body that is longer than what is kept is sent once',
  },
  {
    says: 'Retries of an app are bounded by a fifth of its calls, with a reserve of ten that refills by one a second',
    test: 'apps/resolver/src/forwarding/retries.test.ts',
    named: 'retries are at most a fifth of the calls, beyond a reserve of ten',
  },
  {
    says: 'with a reserve of ten that refills by one a second',
    test: 'apps/resolver/src/forwarding/retries.test.ts',
    named: 'the reserve of a budget comes back, one a second, and each app has its own',
  },
  {
    says: 'Header values and reason phrases pass byte by byte in both directions',
    test: 'apps/resolver/src/forwarding/answer-bytes.test.ts',
    named: 'passes byte by byte',
  },
  {
    says: '`BackendMalformed` is logged, at most once a second, and counted',
    test: 'apps/resolver/src/forwarding/answer-bytes.test.ts',
    named: 'illegal answers are told once a second, however many there are',
  },
  {
    says: 'Only addresses that a Pod can have are called',
    test: 'packages/model-index/src/endpoints/address-rules.test.ts',
    named: 'is refused, as whatever type it is declared',
  },
  {
    says: 'Every flag can be set by the environment',
    test: 'apps/resolver/src/flags.test.ts',
    named: 'a flag wins over the environment, and each flag has its variable',
  },
  {
    says: 'a busy port, a kubeconfig that cannot be read or `--sync-timeout` with status 1',
    test: 'apps/resolver/src/http/server.test.ts',
    named: 'a busy port is named with the way out',
  },
  {
    says: '`/readyz` is 503 at once, and the resolver serves on for `--drain-grace` (5 s in a pod, else 0) with `Connection: close` in each answer.',
    test: 'apps/resolver/src/http/drain.test.ts',
    named: 'a stop is unready at once, serves on for the grace, then lets the calls in flight end',
  },
  {
    says: 'and the process ends with status 0.',
    test: 'tooling/suites/src/resolver/resolver.test.ts',
    named: 'and ends with status 0 on SIGTERM',
  },
  {
    says: 'or the endpoint took none of it for so long',
    test: 'apps/resolver/src/forwarding/busy.test.ts',
    named: 'a backend that does not take the body is given up after the call timeout',
  },
  {
    says: '`--call-timeout` counts while the endpoint is waited for',
    test: 'apps/resolver/src/forwarding/busy.test.ts',
    named: 'an upload that takes longer than the call timeout goes through; the timeout counts from its end',
  },
  {
    says: 'An answer that comes before the end of the request passes, and the endpoint does not count as failed',
    test: 'apps/resolver/src/forwarding/busy.test.ts',
    named: 'an early answer of a backend that refuses a body %s passes, and the endpoint is not marked as failed',
  },
  {
    says: 'the body of a call comes more slowly than 500 bytes a second, after 30 s; the connection is closed',
    test: 'apps/resolver/src/forwarding/busy.test.ts',
    named: 'a body that trickles is ended with 408, the connection closed, and no endpoint blamed; one that is only slow goes through',
  },
  {
    says: 'What the sender says in X-Forwarded-*, Forwarded and X-Real-IP is dropped',
    test: 'apps/resolver/src/forwarding/forward-headers.test.ts',
    named: 'who sent a call is told anew, whatever the client says',
  },
  {
    says: 'except from addresses of `--trusted-proxy`: then it stays, and the proxy is added to the lists.',
    test: 'apps/resolver/src/forwarding/forward-headers.test.ts',
    named: 'a trusted proxy is believed, and added to the lists',
  },
  {
    says: 'A call that comes back with it, or through eight resolvers, is `LoopDetected`',
    test: 'apps/resolver/src/forwarding/forward-headers.test.ts',
    named: 'an app whose endpoint is the resolver itself is 508 after one round, and a chain of eight resolvers is one too',
  },
  {
    says: 'Certificates must be for `SERVICE.NAMESPACE.svc` and of an authority in `--backend-ca`',
    test: 'apps/resolver/src/forwarding/protocols.test.ts',
    named: 'a pod whose certificate is not of the authority, or of another Service, is never sent a request',
  },
  {
    says: 'eject an endpoint for 5 s;',
    test: 'apps/resolver/src/balancing/endpoint-picker.test.ts',
    named: 'five failures in a row eject an endpoint; then one call at a time tries it, after 5, 10, 20, 40 and at most 60 seconds',
  },
  {
    says: 'and each try that fails doubles the time, up to 60 s.',
    test: 'apps/resolver/src/balancing/endpoint-picker.test.ts',
    named: 'five failures in a row eject an endpoint; then one call at a time tries it, after 5, 10, 20, 40 and at most 60 seconds',
  },
  {
    says: 'A rise of the latency counts at once',
    test: 'apps/resolver/src/balancing/endpoint-picker.test.ts',
    named: 'of ten endpoints one that is 20 times slower does not show in the 99th percentile',
  },
  {
    says: 'an endpoint that is silent while calls wait has at least the latency of its silence.',
    test: 'apps/resolver/src/balancing/endpoint-picker.test.ts',
    named: 'an endpoint that hangs is passed over before its first call timed out',
  },
  {
    says: 'At most half of the endpoints of an app are ejected.',
    test: 'apps/resolver/src/balancing/endpoint-picker.test.ts',
    named: 'at most half of the endpoints of an app are ejected, however many fail, and calls go on',
  },
  {
    says: 'Calls in flight are limited in the process, for each app and for each endpoint',
    test: 'apps/resolver/src/balancing/endpoint-picker.test.ts',
    named: 'calls beyond the limit of the process, the app or the endpoint are turned away, and counted by what was full',
  },
  {
    says: 'beyond that a call is `TooManyCalls` at once',
    test: 'apps/resolver/src/forwarding/busy.test.ts',
    named: 'calls beyond a limit get 503 with Retry-After at once, and those in flight are answered',
  },
  {
    says: 'There are at most `--max-streams`; further ones go on counting as calls.',
    test: 'apps/resolver/src/balancing/endpoint-picker.test.ts',
    named: 'an answer that lasts gives its place back, as long as there is room among the streams',
  },
  {
    says: 'No call waits for a connection that another call or stream holds.',
    test: 'apps/resolver/src/forwarding/busy.test.ts',
    named: '600 event streams to one endpoint hold up no other call',
  },
  {
    says: 'A second signal ends it at once.',
    test: 'packages/runtime/src/serving/serving.test.ts',
    named: 'the first signal asks for the end, the second ends at once',
  },
  {
    says: "by default a quarter of the container's memory limit (cgroup v2, else v1)",
    test: 'apps/resolver/src/memory-limit.test.ts',
    named: 'the limit is that of the container, whatever version of cgroups it is told by',
  },
  {
    says: '0: no bound)',
    test: 'apps/resolver/src/flags.test.ts',
    named: 'a size is bytes, or Ki, Mi or Gi of them; a budget of 0 is none',
  },
  {
    says: 'A lookup of it reads it from Redis again, once for all who wait.',
    test: 'apps/resolver/src/http/evicted-answers.test.ts',
    named: 'metadata that left memory is read again for a lookup',
  },
];
