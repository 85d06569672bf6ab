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
    says: '1, 5 and 30 s after its announcement',
    test: 'packages/redis-loader/src/loader/looks/rechecks.test.ts',
    named: 'is read again after 1, 5 and 30 s, and what was written after its announcement is served then',
  },
  {
    says: 'or read from a replica that was behind',
    test: 'packages/redis-loader/src/loader/looks/rechecks.test.ts',
    named: 'a value that was read from a replica that is behind is replaced by the one that its primary holds',
  },
  {
    says: 'A look that finds the same bytes changes nothing',
    test: 'packages/redis-loader/src/loader/looks/rechecks.test.ts',
    named: 'is read by each resync, and tells of a change only',
  },
  {
    says: 'one that finds none, another version or no JSON leaves what is held',
    test: 'packages/redis-loader/src/loader/looks/rechecks.test.ts',
    named: 'stays when a look finds nothing, another version, or no JSON',
  },
  {
    says: 'it tells of writes, and the look comes at once',
    test: 'packages/redis-loader/src/connection/tracking.test.ts',
    named: 'a plain value that is written is read again at once, and so is one that failed',
  },
  {
    says: 'a pod that starts serves what the others do',
    test: 'packages/redis-loader/src/publisher/versions.test.ts',
    named: 'a fresh loader gets the announced version while the plain key holds a later one',
  },
  {
    says: 'Each version is also kept under a key of its own, written by the same script',
    test: 'packages/redis-loader/src/publisher/versions.test.ts',
    named: 'each version stands under its own key too, and the plain key holds the newest',
  },
  {
    says: 'The braces keep all of them in the slot of the plain key; a key with a hash tag of its own needs none',
    test: 'packages/redis-loader/src/publisher/versions.test.ts',
    named: 'a version has a key of its own in the slot of the plain key, and different versions never share one',
  },
  {
    says: 'a key with a hash tag of its own needs none',
    test: 'packages/redis-loader/src/publisher/versions.test.ts',
    named: 'a version has a key of its own in the slot of the plain key, and different versions never share one',
  },
  {
    says: '`rollback` makes a kept version the current one again without its payload',
    test: 'packages/redis-loader/src/publisher/versions.test.ts',
    named: 'a version that is kept is made the current one again without its payload, byte for byte and with a larger number',
  },
  {
    says: 'a kept version never gets other content',
    test: 'packages/redis-loader/src/publisher/versions.test.ts',
    named: 'a version that is kept never gets other content',
  },
  {
    says: 'says how many are kept and for how long after they were replaced',
    test: 'packages/redis-loader/src/publisher/versions.test.ts',
    named:
      'versions beyond the count, and those replaced too long ago, go with the next publish; what is announced or was replaced just now stays',
  },
  {
    says: '`publishAll` publishes many values in a few round trips',
    test: 'packages/redis-loader/src/publisher/versions.test.ts',
    named: '3,000 models over a way of 1 ms are published in a few round trips, not one after the other',
  },
  {
    says: 'one that is refused keeps no other from being written',
    test: 'packages/redis-loader/src/publisher/versions.test.ts',
    named: 'many are published as one by one: each by itself, in order, and one that is refused keeps no other from it',
  },
  {
    says: 'What has more than 1,000 containers in each other is malformed',
    test: 'packages/redis-loader/src/values/envelope.test.ts',
    named: 'what is nested too deep to be written by everybody is refused, in and out; brackets in strings are text',
  },
  {
    says: 'is told by its first answer for a key that it does not hold',
    test: 'packages/redis-loader/src/connection/real-cluster.test.ts',
    named: 'a cluster that is spoken to as one server says so, to the loader and to the publisher',
  },
  {
    says: 'Exactly one of `url`, `sentinel` and `cluster`;',
    test: 'packages/redis-loader/src/connection/redis-config.test.ts',
    named: 'what cannot be one is refused by its place',
  },
  {
    says: "It reads the plain key, then the version's own.",
    test: 'packages/redis-loader/src/loader/evicted-versions.test.ts',
    named: 'an evicted payload whose plain key holds another version by now is read from the key of its version',
  },
  {
    says: 'A look at an evicted value that finds the same bytes leaves it evicted.',
    test: 'packages/redis-loader/src/loader/evicted-versions.test.ts',
    named: 'a look at an evicted value that cannot prove its version tells of a change only, and takes no part of the budget else',
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
