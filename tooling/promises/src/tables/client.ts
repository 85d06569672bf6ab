import type { KeptPromise } from '../check-promises.ts';

const client = 'packages/client/src';
const suites = 'tooling/suites/src/client';
const options = `${client}/options.test.ts`;
const transport = `${client}/transport/http-transport.test.ts`;
const http2 = `${client}/transport/http2-wire.test.ts`;
const peers = `${client}/transport/odd-peers.test.ts`;
const calls = `${client}/calls/api-call.test.ts`;
const budget = `${client}/calls/request-budget.test.ts`;
const resources = `${client}/resources/resource-client.test.ts`;
const names = `${client}/resources/names.test.ts`;
const secrets = `${client}/connect/secrets.test.ts`;
const kubeconfig = `${client}/connect/connection-from-kubeconfig.test.ts`;
const exec = `${client}/credentials/exec-credentials.test.ts`;
const certificates = `${client}/credentials/certificate-files.test.ts`;
const oidc = `${client}/credentials/oidc-credentials.test.ts`;
const writeBack = `${client}/credentials/write-back.test.ts`;
const beforeFirst = 'a client and its connection ask, open and read nothing before the first request';
const heldBack = 'while nobody reads, the server is held back';

export const kept: readonly KeptPromise[] = [
  { says: 'nothing is opened before the first request', test: options, named: beforeFirst },
  { says: '`createClient` opens nothing and reads nothing', test: options, named: beforeFirst },
  {
    says: 'A list comes page by page, and is never one array or one string',
    test: resources,
    named: 'the second page is asked for when the first was consumed',
  },
  { says: 'While you are busy with an event nothing more is read', test: transport, named: heldBack },
  { says: 'While nobody asks, nothing is read, and TCP holds the server back', test: transport, named: heldBack },
  {
    says: "Each write gives the object, a receipt for `informer.waitFor`, and the server's warnings.",
    test: resources,
    named: 'receipts and warnings come back',
  },
  {
    says: 'An apply that meets fields of other managers names each of them',
    test: resources,
    named: 'a conflict of apply names every manager and field',
  },
  {
    says: 'a StatusError with `conflicts`: each manager and field',
    test: resources,
    named: 'a conflict of apply names every manager and field',
  },
  {
    says: 'sends up to a hundred requests and watches over one connection',
    test: http2,
    named: 'a hundred requests share a connection; those beyond it get another one',
  },
  {
    says: 'by a ping: 45 s at most, under anything that is open',
    test: http2,
    named: 'a ping without an answer ends every stream of the connection',
  },
  {
    says: 'A connection in use is pinged each 30 s and given up after 15 s without an answer',
    test: options,
    named: 'the limits are those that the README names',
  },
  {
    says: 'A connection in use is pinged each 30 s and given up after 15 s without an answer',
    test: http2,
    named: 'a ping without an answer ends every stream of the connection',
  },
  {
    says: 'What is not read by one consumer holds up no other',
    test: 'tooling/runtime-tests/src/client-transport.test.ts',
    named: 'a watch that nobody reads holds nothing else up, and loses nothing',
  },
  {
    says: 'Every known field has a type: one of another type',
    test: `${client}/kubeconfig/kubeconfig.test.ts`,
    named: 'a field of a wrong type is an error that names the file, the entry and the field, and quotes nothing',
  },
  {
    says: 'A client certificate goes with every connection',
    test: 'tooling/differential/src/kubeconfig.test.ts',
    named: 'are refused, or sent as, what client-go refuses or sends',
  },
  {
    says: 'Files that others replace are read again',
    test: certificates,
    named: 'a client certificate that is replaced serves the next request',
  },
  {
    says: 'Files that others replace are read again',
    test: certificates,
    named: 'a certificate authority that is replaced is trusted from the next request on',
  },
  {
    says: 'Files that others replace are read again',
    test: certificates,
    named: 'a certificate that the server refuses is read anew at once',
  },
  {
    says: 'Files that others replace are read again',
    test: kubeconfig,
    named: 'a token file is read again after ten seconds and at once when refused',
  },
  {
    says: '(names and all below them, addresses, CIDR, ports; loopback never).',
    test: kubeconfig,
    named: 'a proxy of the environment is used, except for hosts that NO_PROXY names and loopback',
  },
  {
    says: 'what it writes to standard output never is',
    test: exec,
    named: 'what a plugin does wrong is told, and nothing that it printed',
  },
  {
    says: 'new tokens are written to the file that the user came from',
    test: writeBack,
    named: 'new tokens are written over the old, every other byte stays',
  },
  { says: 'new tokens are written to the file that the user came from', test: writeBack, named: "another's lock is waited for" },
  {
    says: 'new tokens are written to the file that the user came from',
    test: writeBack,
    named: 'a file that has another refresh token by now is left as it is',
  },
  { says: "Processes that share a file take each other's tokens", test: writeBack, named: 'two processes at once are both served' },
  { says: 'A file that cannot be written ends no request', test: writeBack, named: 'a file that cannot be written ends no request' },
  {
    says: 'nothing that is printed of a connection, a client or an error shows a secret',
    test: secrets,
    named: 'neither a connection nor a client shows a secret to who prints it',
  },
  {
    says: 'nothing that is printed of a connection, a client or an error shows a secret',
    test: secrets,
    named: 'no error of a request shows the token, the password or the proxy password',
  },
  {
    says: 'Pages that are quoted in errors are shown without what looks like a secret',
    test: secrets,
    named: 'a page that shows the headers of the request',
  },
  {
    says: '`close` ends every request and stream with `ClosedError` and closes every socket',
    test: transport,
    named: 'close ends requests and streams with ClosedError and leaves no socket',
  },
  {
    says: 'At most 32 requests that are no streams go at once',
    test: peers,
    named: '150 GETs at once, again and again, share 32 connections',
  },
  { says: 'At most 32 requests that are no streams go at once', test: options, named: 'the limits are those that the README names' },
  {
    says: 'Every call takes an AbortSignal and rejects with its reason',
    test: options,
    named: 'every call takes a signal, and rejects with its reason while it waits for the answer',
  },
  {
    says: 'end a list or a watch at once, also while a `next()` is pending',
    test: `${client}/streams/ending.test.ts`,
    named: 'ends it at once while a next() is pending, and lets go of all it holds',
  },
  {
    says: "one that is neither is given up by the request's deadline",
    test: peers,
    named: 'that is neither read nor cancelled lets go of what it holds in time',
  },
  {
    says: 'over the request budget, every try and the waits between them',
    test: calls,
    named: 'one deadline covers the waits, the answers and their repeats',
  },
  {
    says: 'over the request budget, every try and the waits between them',
    test: calls,
    named: 'the deadline that a call names covers credentials that hang, and the budget',
  },
  {
    says: 'Bounded: 64 MiB an answer, 512 MiB a page of a list, 16 MiB an event of a watch',
    test: options,
    named: 'the limits are those that the README names',
  },
  {
    says: 'Bounded: 64 MiB an answer, 512 MiB a page of a list, 16 MiB an event of a watch',
    test: transport,
    named: 'an answer over the limit is refused while it is read',
  },
  {
    says: 'Bounded: 64 MiB an answer, 512 MiB a page of a list, 16 MiB an event of a watch',
    test: `${client}/streams/split-frames.test.ts`,
    named: 'a line over the limit is refused, before its end came',
  },
  {
    says: 'An answer that is cut off is an error, never a shorter answer',
    test: transport,
    named: 'an answer that is cut off is an error, never a shorter answer',
  },
  {
    says: 'An answer that is cut off is an error, never a shorter answer',
    test: http2,
    named: 'an answer that is cut off is an error, and no shorter answer',
  },
  {
    says: 'A write is sent again only after a 429 with Retry-After',
    test: calls,
    named: 'a write is sent again after a 429 with Retry-After, and after nothing else',
  },
  {
    says: 'A write sends the object as it was at the call; what the program does with the object afterwards changes nothing.',
    test: resources,
    named: 'a write sends the object as it was at the call',
  },
  {
    says: 'it goes on with the rest as it is now, by the token that the server offers: nothing comes twice',
    test: `${suites}/expired-list.test.ts`,
    named: 'goes on with the rest as it is now where that is asked for',
  },
  { says: 'It never starts again by itself', test: `${suites}/expired-list.test.ts`, named: 'is an expired error by default' },
  {
    says: "One that is longer than the call's deadline is thrown at once, with `retryAfterMs`",
    test: resources,
    named: 'who has no time for it is told at once',
  },
  {
    says: 'requests that are refused at once share one run of an exec plugin',
    test: exec,
    named: 'many requests at once that are refused are one more run of the plugin',
  },
  {
    says: 'A request budget for each client (100 a second, 200 at once',
    test: budget,
    named: 'without options a burst of 200 goes at once, then 100 a second',
  },
  {
    says: 'a call whose deadline comes before that fails at once, with `retryAfterMs`',
    test: budget,
    named: 'a call whose deadline comes before the end of a pause is refused at once',
  },
  {
    says: 'Nothing that the type does not know is dropped from what you send',
    test: resources,
    named: 'replace keeps fields that the type does not know',
  },
  {
    says: 'Every write gives a receipt (key, UID, version, whether the object is gone)',
    test: resources,
    named: 'receipts and warnings come back',
  },
  {
    says: 'Every write gives a receipt (key, UID, version, whether the object is gone)',
    test: resources,
    named: 'what a delete says: gone with a Status',
  },
  {
    says: 'a deletecollection one for each object',
    test: resources,
    named: 'what a deletecollection took is told with a receipt for each',
  },
  {
    says: 'a scale, an eviction and other subresources that of the object they belong to',
    test: resources,
    named: 'with a receipt of the object that they belong to',
  },
  {
    says: 'A call that names an object never reaches the collection',
    test: names,
    named: 'refuses whatever is no name before anything is sent, and sends one that is',
  },
  {
    says: 'So are options of the wrong type or name',
    test: names,
    named: 'an option of the wrong type, misspelt or half there is refused',
  },
  {
    says: 'So are options of the wrong type or name',
    test: options,
    named: 'an option that is misspelt or of a wrong type is refused by name, wherever options are taken',
  },
  {
    says: 'What was read and written back loses nothing',
    test: resources,
    named: 'what was read and written back keeps its digits, through a spread, patches and objects',
  },
  {
    says: 'A number whose digits are not known, and what JSON cannot say, is a `RequestError` with its path',
    test: calls,
    named: 'an object that JSON cannot say is a RequestError with its path, in every write',
  },
  { says: 'Each is a `ClientError` with a stable `code`', test: calls, named: 'faultOf tells the errors apart' },
  {
    says: 'none carries a token, a password or a key of the connection',
    test: transport,
    named: 'no message of an error holds a token, a password or a key',
  },
  {
    says: 'none carries a token, a password or a key of the connection',
    test: secrets,
    named: 'no error of a request shows the token, the password or the proxy password',
  },
  {
    says: 'a request that cannot be made; nothing was sent',
    test: calls,
    named: 'a request that cannot be sent is a RequestError before anything is sent',
  },
  {
    says: 'of `objects`: a path that is blocked; a null that a merge patch cannot say',
    test: `${client}/objects/objects.test.ts`,
    named: 'a merge patch of a diff, applied, gives exactly the second object, or is refused because of a null',
  },
  {
    says: 'A bad object is a `ValidationError` of `@kubecast/crd` with every bad path',
    test: resources,
    named: 'is refused before it is sent, with every bad path',
  },
  {
    says: 'a refresh before each token ends, one for all who wait',
    test: oidc,
    named: 'is made anew by the issuer, once, for all who wait',
  },
];
