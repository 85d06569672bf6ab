import type { KeptPromise } from '../check-promises.ts';

const server = 'packages/apiserver/src';
const suites = 'tooling/suites/src/apiserver';

export const kept: readonly KeptPromise[] = [
  {
    says: 'What the real server answers to several hundred requests is recorded, and every test run compares the embedded server with it',
    test: `${suites}/observed-embedded.test.ts`,
    named: "observed('embedded'",
  },
  {
    says: 'HTTPS over HTTP/2 and HTTP/1.1',
    test: `${server}/http/http2.test.ts`,
    named: 'many requests go over one connection, beside a watch, and HTTP/1.1 is spoken with who asks for that',
  },
  {
    says: 'Bearer tokens (one administrator, more users by the option `users`)',
    test: `${server}/api-server.test.ts`,
    named: 'more users have tokens of their own',
  },
  {
    says: 'JWTs that expire, and that end with their account or the Secret they are bound to',
    test: `${server}/auth/service-account-tokens.test.ts`,
    named: 'a token is refused once its time is over',
  },
  {
    says: 'that end with their account or the Secret they are bound to',
    test: `${server}/auth/service-account-tokens.test.ts`,
    named: 'a token that is bound to a Secret goes with it',
  },
  {
    says: 'CustomResourceDefinitions with structural validation, CEL rules, pruning, defaulting, several versions',
    test: `${server}/crds/crd-lifecycle.test.ts`,
    named: 'versions share their objects',
  },
  {
    says: 'status and scale, printer columns',
    test: `${server}/crds/crd-lifecycle.test.ts`,
    named: 'with a scale subresource the replicas are a Scale',
  },
  {
    says: 'Discovery, plain and aggregated, and OpenAPI v3',
    test: `${server}/openapi/openapi-server.test.ts`,
    named: 'every reference in every document is to a schema of that document',
  },
  {
    says: 'Lists in pages of one version',
    test: `${server}/verbs/reads/list.test.ts`,
    named: 'pages keep the version of the first, whatever is written meanwhile',
  },
  {
    says: 'exact lists, label and field selectors',
    test: `${server}/verbs/reads/list.test.ts`,
    named: 'an exact list shows the state at its version',
  },
  {
    says: 'Watches that resume',
    test: `${server}/verbs/reads/watch.test.ts`,
    named: 'from a version come the events after it, none twice and none lost',
  },
  {
    says: 'streamed lists, Tables and PartialObjectMetadata',
    test: `${server}/http/answers.test.ts`,
    named: 'metadata alone is given in its two forms',
  },
  {
    says: 'These built-in kinds: Namespace, Service',
    test: `${server}/readme.test.ts`,
    named: 'every kind that is named in the README as served is served, and none more',
  },
  {
    says: 'All kinds share one resourceVersion counter, and a list carries the newest version of all kinds.',
    test: `${server}/verbs/reads/list.test.ts`,
    named: 'a list is in the order of namespace/name with the slash included, and carries the newest version of all kinds',
  },
  {
    says: 'Of concurrent updates from one version exactly one succeeds.',
    test: `${server}/verbs/writes/update.test.ts`,
    named: 'of concurrent updates from one version exactly one is taken',
  },
  {
    says: 'With `data`, a write that was answered survives `kill -9` of the process.',
    test: `${server}/bin.test.ts`,
    named: 'every write that was answered survives a kill -9 under load',
  },
  {
    says: 'An incomplete last line of the journal is dropped. Damage anywhere else is an error that names file, line and byte, and changes nothing.',
    test: `${server}/api-server.test.ts`,
    named: 'a torn last line of the journal is cut away; damage before it is refused and nothing is changed',
  },
  {
    says: 'With `data`, the CA, the token, the keys of service account tokens and all versions are kept over a restart',
    test: `${server}/api-server.test.ts`,
    named: 'with a data folder a new server has the objects, the CA and the token of the old one, and versions go on',
  },
  {
    says: 'the keys of service account tokens and all versions are kept over a restart',
    test: `${server}/auth/service-account-tokens.test.ts`,
    named: 'tokens stay good over a restart of a server with a data folder',
  },
  {
    says: 'Watches and continue tokens from before a restart are expired.',
    test: `${server}/api-server.test.ts`,
    named: 'a watch from before a restart is expired, even from the newest version',
  },
  {
    says: 'Two servers cannot use one data folder.',
    test: `${server}/bin.test.ts`,
    named: 'two servers do not share a data folder',
  },
  {
    says: 'A watch delivers every change after its version once and in order, or ends with `Expired`.',
    test: `${server}/verbs/reads/watch-history.test.ts`,
    named: 'list then watch gives what a later list gives, from any version',
  },
  {
    says: 'A client that reads slowly gets every event in order.',
    test: `${server}/verbs/reads/watch.test.ts`,
    named: 'a client that reads slowly gets every event in order all the same',
  },
  {
    says: 'A body may have 3 MiB.',
    test: `${server}/verbs/writes/create.test.ts`,
    named: 'a body over 3 MiB is a 413',
  },
  {
    says: 'The files in `data` and kubeconfigs are readable by their owner only (0600).',
    test: `${server}/api-server.test.ts`,
    named: 'the CA and the token are kept in files that only their owner may read',
  },
  {
    says: 'kubeconfigs are readable by their owner only',
    test: `${server}/api-server.test.ts`,
    named: 'a kubeconfig names the address, the CA and the token, and only its owner may read the file',
  },
  {
    says: 'Metadata of every built-in kind (names, labels, annotations, owner references, finalizers) is validated as on the real server, with the same causes.',
    test: `${suites}/observed-embedded.test.ts`,
    named: "observed('embedded'",
  },
  {
    says: 'Events of both groups, rules of Roles and ClusterRoles, and references and subjects of bindings are validated',
    test: `${suites}/observed-embedded.test.ts`,
    named: "observed('embedded'",
  },
  {
    says: 'Nobody grants rights they do not have, except with the verbs `escalate` and `bind`.',
    test: `${server}/auth/authorization.test.ts`,
    named: 'a role that gathers whatever is labelled is made by who has everything',
  },
  {
    says: 'gives every known user all rights;',
    test: `${server}/auth/authorization.test.ts`,
    named: 'with AlwaysAllow everybody who is known may do everything, no roles are made, and nobody else is served',
  },
  {
    says: '`freezeConnections()` (half-open: what is open now is never answered again)',
    test: `${server}/faults/faults.test.ts`,
    named: 'frozen connections say nothing more and stay open, new ones work',
  },
  {
    says: '`goBack(revision)`: the server has the objects, versions and counter of then',
    test: `${server}/faults/faults.test.ts`,
    named: 'a server that went back answers a watch from its future with silence and a list from it with 504',
  },
  {
    says: '`server.seed(objects)` stores objects directly, in the same process, as another writer of etcd would: each under the next revision, and watchers see it; nothing is defaulted, validated, admitted or tracked.',
    test: `${server}/readme.test.ts`,
    named: 'seeded objects are stored as they are, each under the next revision, and watchers see them',
  },
  {
    says: 'It is never written.',
    test: `${server}/http/answers.test.ts`,
    named: 'the first form that the server has is taken; YAML works, protobuf falls to JSON behind it',
  },
  {
    says: 'they cannot run against this server unless their content type is set to JSON.',
    test: `${server}/http/answers.test.ts`,
    named: 'the first form that the server has is taken; YAML works, protobuf falls to JSON behind it',
  },
  {
    says: '`qosClass` is always BestEffort.',
    test: `${server}/readme.test.ts`,
    named: 'what the README says of Pods, conversions, dependents and selectors is so',
  },
  {
    says: 'a bound Pod is deleted at once, without grace.',
    test: `${server}/readme.test.ts`,
    named: 'what the README says of Pods, conversions, dependents and selectors is so',
  },
  {
    says: 'every version is treated as `None`.',
    test: `${server}/readme.test.ts`,
    named: 'what the README says of Pods, conversions, dependents and selectors is so',
  },
  {
    says: 'nothing deletes dependents, empties namespaces or runs Pods.',
    test: `${server}/readme.test.ts`,
    named: 'what the README says of Pods, conversions, dependents and selectors is so',
  },
  {
    says: '`npm run test:real` compares the real server with it, and every test run the embedded one.',
    test: `${suites}/observed-real.test.ts`,
    named: "observed('real'",
  },
  {
    says: 'A request is answered with a Status, never with one of these.',
    test: `${server}/verbs/writes/patch.test.ts`,
    named: 'bad patches and other types are refused with their words',
  },
];
