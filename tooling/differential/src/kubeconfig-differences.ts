const nobody = 'A context that names a user who is not there would send its requests as nobody; the name is a mistake, and is told.';
const reader = 'The YAML parser takes it, and what it means is not in doubt.';

/** Where this project's client does not do what client-go does, and why. A row whose difference is gone fails the test. */
export const differences: readonly (readonly [name: string, reason: string])[] = [
  ['auth provider gcp', '@kubernetes/client-node still has the provider that client-go removed.'],
  ['auth provider gcp, and token', '@kubernetes/client-node still has the provider that client-go removed.'],
  [
    'http: no scheme',
    'client-go takes a server without a scheme for http:// and drops all credentials without a word; the error asks for https://.',
  ],
  ['cluster: with a query', 'client-go drops the query of a server; what it was meant for is then not done.'],
  ['cluster: with a user', 'A URL is logged everywhere, and a password in it would be too; the error asks for username and password.'],
  ['text: directive', reader],
  ['text: unknown directive', reader],
  ['text: JSON with an escaped slash', 'JSON allows it; go-yaml v2 does not.'],
  [
    'text: JSON with something after it',
    'client-go does not look at what follows the first document; here a document ends with its text or a mark.',
  ],
  ['text: users twice', nobody],
  ['text: a user called constructor, that is not there', nobody],
  [
    'context: no contexts, and nothing has a name',
    'Without a context client-go uses the cluster and the user that have no name; here a context must choose them.',
  ],
  ['context: names a user that is not there', nobody],
  ['type: lone context.user is a text', nobody],
  ['type: config.users is a null', nobody],
];
