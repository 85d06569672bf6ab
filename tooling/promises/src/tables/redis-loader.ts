import type { KeptPromise } from '../check-promises.ts';

export const kept: readonly KeptPromise[] = [
  {
    says: 'It works for any kind of resource',
    test: 'packages/redis-loader/src/loader/wanted-source.test.ts',
    named: 'another kind of resource with another shape is kept in step by the same loader',
  },
  {
    says: 'A changed version reads exactly its own key',
    test: 'packages/redis-loader/src/loader/loader.test.ts',
    named: 'an unchanged version and a resync cause no command; a changed one reads exactly its own key',
  },
  {
    says: '`get` is synchronous and names the state of the value',
    test: 'packages/redis-loader/src/loader/loader.test.ts',
    named: 'what is announced is loaded and is current',
  },
  {
    says: 'An unverified value becomes stale when another version is announced',
    test: 'packages/redis-loader/src/loader/loader.test.ts',
    named: 'an unverified value that was read before the version was announced is not trusted: it is read again',
  },
  {
    says: '**An empty answer is not a deletion.** Only `forget` drops a value',
    test: 'packages/redis-loader/src/loader/loader.test.ts',
    named: 'an empty answer is never a deletion: the last good value stays, stale',
  },
  {
    says: 'at once when Redis is back;',
    test: 'packages/redis-loader/src/loader/loader.test.ts',
    named: 'while Redis is away the last good value is served and settled waits; when it is back what failed is loaded at once',
  },
  {
    says: 'from its third try on',
    test: 'packages/redis-loader/src/connection/real-redis.test.ts',
    named: 'a replica that is behind is read until the third try, then the primary is asked',
  },
  {
    says: 'Changed keys are read by MGET, 128 at a time, four batches in flight',
    test: 'packages/redis-loader/src/loader/loader.test.ts',
    named: 'what is wanted in one turn is read in batches, each key once',
  },
  {
    says: '32 MiB at once as far as sizes are known',
    test: 'packages/redis-loader/src/loader/due/lanes.test.ts',
    named: 'a batch holds no more bytes than it may, as far as sizes are known, but always one item',
  },
  {
    says: 'In a cluster the keys of one slot go together and nothing is pipelined',
    test: 'packages/redis-loader/src/connection/real-cluster.test.ts',
    named: 'while a slot moves, with some of its keys moved and some not, no value is taken for missing',
  },
  {
    says: '**One bad value does not block the others.**',
    test: 'packages/redis-loader/src/loader/loader.test.ts',
    named: 'one value that cuts the connection does not keep the others from being loaded',
  },
  {
    says: '**Every wait ends.** Each command has a deadline (5 s)',
    test: 'packages/redis-loader/src/loader/loader.test.ts',
    named: 'a command that is never answered ends by its deadline, and the next goes over a new connection',
  },
  {
    says: '`close` settles all other waits',
    test: 'packages/redis-loader/src/loader/loader.test.ts',
    named: 'closing ends every wait at once, whatever Redis does; what is held can still be read',
  },
  {
    says: 'A value whose envelope names **another namespace, app or model** is never served',
    test: 'packages/redis-loader/src/loader/loader.test.ts',
    named: 'a value of another namespace, app or model is never served, but reported',
  },
  {
    says: 'replaces exactly those bytes by one script',
    test: 'packages/redis-loader/src/publisher/publisher.test.ts',
    named: 'who is overtaken between the look and the write is refused; it does not take the next number',
  },
  {
    says: 'Its connection never sends a command twice',
    test: 'packages/redis-loader/src/publisher/publisher.test.ts',
    named: 'a write that was not answered is not sent again: what others wrote meanwhile stays',
  },
  {
    says: 'removes a key only if exactly the given bytes stand there',
    test: 'packages/redis-loader/src/publisher/publisher.test.ts',
    named: 'compare-and-delete removes exactly what was seen',
  },
  {
    says: 'different names never share a key',
    test: 'packages/redis-loader/src/values/key-template.test.ts',
    named: 'different names never share a key in injective encoding',
  },
  {
    says: 'the package always makes its own connection',
    test: 'packages/redis-loader/src/loader/loader.test.ts',
    named: 'a client of the application is left as it is: the loader has a connection of its own with its settings',
  },
  {
    says: "takes these out of a URL's query",
    test: 'packages/redis-loader/src/publisher/publisher.test.ts',
    named: 'the query of a URL changes nothing that this package promises: the deadline, one sending, the name',
  },
  {
    says: 'No message, cause or status holds a password',
    test: 'packages/redis-loader/src/publisher/publisher.test.ts',
    named: 'no error holds the value that was to be written, nor its arguments',
  },
  {
    says: 'the target cannot be used',
    test: 'packages/redis-loader/src/loader/loader.test.ts',
    named: 'options that cannot work are refused by name',
  },
  {
    says: 'the template cannot be read;',
    test: 'packages/redis-loader/src/values/key-template.test.ts',
    named: 'is refused with the reason',
  },
  {
    says: 'a payload that JSON cannot hold;',
    test: 'packages/redis-loader/src/values/envelope.test.ts',
    named: 'a payload that JSON cannot hold is refused',
  },
  {
    says: 'nothing was written, `reason` says why',
    test: 'packages/redis-loader/src/publisher/publisher.test.ts',
    named: 'a value without an envelope is refused, and replaced only if it is adopted',
  },
  {
    says: 'The loader throws for its options, and for a want',
    test: 'packages/redis-loader/src/loader/loader.test.ts',
    named: 'a want without names or version is refused by name',
  },
  {
    says: 'What listeners, `onStatus` and `onFailure` throw',
    test: 'packages/redis-loader/src/loader/loader.test.ts',
    named: 'what listeners and onStatus throw, after an await too, costs only themselves',
  },
  {
    says: '`intercept` sees the commands as they arrive',
    test: 'packages/redis-loader/src/testing/contract.test.ts',
    named: 'the commands that arrive can be watched, with the name of who sent them',
  },
  {
    says: 'With `payloadBytes` the payloads in memory never cost more than that',
    test: 'packages/redis-loader/src/loader/payload-budget.test.ts',
    named: '10,000 payloads of 50 KB under a budget of 64 MiB: the budget holds',
  },
  {
    says: 'a text costs its bytes (twice its length where a character is beyond Latin-1)',
    test: 'packages/redis-loader/src/loader/payload-budget.test.ts',
    named: 'what a payload costs is reckoned by what it is',
  },
  {
    says: '`get` then gives state and version with `evicted: true` and no payload, never `missing`;',
    test: 'packages/redis-loader/src/loader/payload-budget.test.ts',
    named: 'payloads stay within the budget, and one that left is current, without its payload and never missing',
  },
  {
    says: '`await loader.load(id)` reads it again, once for all who wait.',
    test: 'packages/redis-loader/src/loader/payload-budget.test.ts',
    named: 'load() reads what was evicted once for all who wait',
  },
  {
    says: 'A payload that cannot be read again, or a Redis that is away, is a `NotLoadedError` with its `failure`;',
    test: 'packages/redis-loader/src/loader/payload-budget.test.ts',
    named: 'a payload that cannot be read again fails for those who wait, in words, and what is known stays',
  },
  {
    says: 'With a budget the text is held, and each `get` parses it.',
    test: 'packages/redis-loader/src/loader/payload-budget.test.ts',
    named: 'are held as their text, and each get parses it',
  },
];
