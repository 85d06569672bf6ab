import type { KeptPromise } from '../check-promises.ts';

export const kept: readonly KeptPromise[] = [
  {
    says: 'Reads are synchronous and never wait for the cluster or for Redis',
    test: 'packages/model-index/src/index/model-core.test.ts',
    named: 'a model is answered with app, versions, metadata and freshness',
  },
  {
    says: 'Routing never waits for Redis',
    test: 'packages/model-index/src/index/model-index.test.ts',
    named: 'the index is synced when everything was listed and the first metadata is loaded, not before',
  },
  {
    says: 'Every process picks the same',
    test: 'packages/model-index/src/index/model-core.test.ts',
    named: 'after any history the answers are those of an index that saw only the objects that stand, in any order',
  },
  {
    says: 'A changed version loads exactly that value',
    test: 'packages/model-index/src/index/model-core.test.ts',
    named: 'a model that changed under an unchanged app version is loaded, and only that one',
  },
  {
    says: 'An unchanged version, a resync and a reconnect load nothing',
    test: 'packages/model-index/src/index/model-index.test.ts',
    named: 'a resync comes every period, wants nothing again and tries again what failed',
  },
  {
    says: 'is forgotten in memory; nothing outside is touched',
    test: 'packages/model-index/src/index/model-index.test.ts',
    named: 'changes on the watch are in the index and are told, and an object that leaves is forgotten',
  },
  {
    says: 'nothing outside is touched',
    test: 'packages/redis-loader/src/loader/loader.test.ts',
    named: 'forgetting drops what is held and touches nothing in Redis, also while it is being read',
  },
  {
    says: 'an address in two of them counts once',
    test: 'packages/model-index/src/index/model-core.test.ts',
    named: 'endpoints come from all slices of the Service named like the AppModel, joined and without doubles',
  },
  {
    says: 'Only addresses that a Pod can have are given',
    test: 'packages/model-index/src/endpoints/address-rules.test.ts',
    named: 'is refused, as whatever type it is declared',
  },
  {
    says: 'Events of one model come in order',
    test: 'packages/model-index/src/index/model-core.test.ts',
    named: 'subscribers hear of added, updated and removed models, and one that throws costs only itself',
  },
  {
    says: 'Everything is checked before anything is written',
    test: 'packages/model-index/src/publisher/publisher.test.ts',
    named: 'a payload that JSON cannot hold, and models that share a key, are refused before the first value is written',
  },
  {
    says: '(`PublishRefusedError` names each)',
    test: 'packages/model-index/src/publisher/publisher.test.ts',
    named: 'if one value may not be written none is, and every refusal is named',
  },
  {
    says: 'The object and the payloads are copied at the call',
    test: 'packages/model-index/src/publisher/publisher.test.ts',
    named: 'what is published is what was given at the call, whatever its owner does with it meanwhile',
  },
  {
    says: 'An older version that is published again gets a larger number',
    test: 'packages/model-index/src/publisher/publisher.test.ts',
    named: 'an older version that is published again gets a larger number',
  },
  {
    says: 'Wrong options throw `ModelIndexError`',
    test: 'packages/model-index/src/index/create-model-index.test.ts',
    named: 'options that cannot work are refused by name',
  },
  {
    says: 'Faults in the cluster or in Redis never throw',
    test: 'packages/model-index/src/index/model-index.test.ts',
    named: 'a cluster that cannot be asked for its endpoints is asked again, and the state says why',
  },
  {
    says: 'The apply is bound to the AppModel that was read before',
    test: 'tooling/suites/src/model-index/publishers.test.ts',
    named: 'an AppModel that is deleted meanwhile does not come back',
  },
  {
    says: 'or that there was none',
    test: 'tooling/suites/src/model-index/publishers.test.ts',
    named: 'in every order of their steps: one wins, the other is told, and nobody is left stale',
  },
  {
    says: 'Of two publishers at the same time one is told by `PublishOvertakenError`',
    test: 'tooling/suites/src/model-index/publishers.test.ts',
    named: 'in every order of their steps: one wins, the other is told, and nobody is left stale',
  },
  {
    says: 'A change beside the announcement, such as a finalizer, is no other publisher',
    test: 'tooling/suites/src/model-index/publishers.test.ts',
    named: 'what others change of an AppModel beside its announcement keeps no publisher from it',
  },
  {
    says: 'so that pods that start between the two serve what is announced',
    test: 'packages/model-index/src/publisher/versions-model.test.ts',
    named: 'nobody serves as current what is not announced, and none stays stale',
  },
  {
    says: 'announces the versions before again without their metadata',
    test: 'tooling/suites/src/model-index/publishers.test.ts',
    named: 'a rollback needs no metadata: the versions before are announced again, or those that are named',
  },
  {
    says: 'With `payloadBytes` (or a loader that has it) metadata in memory is bounded.',
    test: 'packages/redis-loader/src/loader/payload-budget.test.ts',
    named: '10,000 payloads of 50 KB under a budget of 64 MiB: the budget holds',
  },
  {
    says: 'then `resolve` gives app, version, state and endpoints as always',
    test: 'packages/model-index/src/index/evicted-metadata.test.ts',
    named: 'of a model whose metadata was evicted resolve() gives routing, version and state, and load() the metadata',
  },
  {
    says: 'When it cannot be read, the `MetadataNotLoadedError` has the `answer` for routing.',
    test: 'packages/model-index/src/index/evicted-metadata.test.ts',
    named: 'metadata that cannot be read again is an error that has the answer for routing',
  },
  {
    says: 'leaves the metadata out: it parses nothing, and is no use that keeps the metadata in memory.',
    test: 'packages/model-index/src/index/evicted-metadata.test.ts',
    named: 'states, problems, apps and routing use no metadata: they keep nothing in memory and parse nothing',
  },
];
