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
    says: 'SIGTERM and SIGINT: not ready at once, calls in flight get 10 s, then the process ends with status 0.',
    test: 'tooling/suites/src/resolver/resolver.test.ts',
    named: 'and ends with status 0 on SIGTERM',
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
