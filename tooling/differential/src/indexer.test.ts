import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DeletedFinalStateUnknown, Indexer } from '@kubecast/concurrent-map';
import { expect, test } from 'vitest';

interface Recorded {
  readonly key: string;
  readonly number: number;
  readonly a: readonly string[];
  readonly b: readonly string[];
}

interface Step {
  readonly do: string;
  readonly object?: Recorded;
  readonly list?: readonly Recorded[];
  readonly name?: string;
  readonly value?: string;
  readonly failed?: boolean;
  readonly got: readonly string[];
}

const schedules = JSON.parse(readFileSync(join(import.meta.dirname, '../recorded/indexer.json'), 'utf8')) as readonly (readonly Step[])[];

const indexers = { a: (object: Recorded) => object.a, b: (object: Recorded) => object.b };
const keyOf = (object: Recorded): string => {
  if (object.key === '') throw new Error('no key');
  return object.key;
};
const shown = (objects: Iterable<Recorded | undefined>): string[] =>
  Array.from(objects)
    .filter((object) => object !== undefined)
    .map((object) => `${object.key}#${object.number}`)
    .sort();

function answer(indexer: Indexer<Recorded>, step: Step): readonly string[] {
  const { object, name = '', value = '' } = step;
  switch (step.do) {
    case 'list':
      return shown(indexer.list());
    case 'keys':
      return indexer.listKeys().sort();
    case 'byIndex':
      return shown(indexer.byIndex(name, value));
    case 'indexKeys':
      return indexer.indexKeys(name, value).sort();
    case 'values':
      return indexer.listIndexFuncValues(name).sort();
    case 'addIndexers':
      indexer.addIndexers({ [name]: indexers[name as 'a' | 'b'] });
      return [];
    case 'replace':
      indexer.replace(step.list ?? []);
      return [];
    default:
  }
  if (!object) throw new Error(`the step "${step.do}" has no object`);
  switch (step.do) {
    case 'add':
      indexer.add(object);
      return [];
    case 'update':
      indexer.update(object);
      return [];
    case 'delete':
      indexer.delete(object);
      return [];
    case 'unknown':
      indexer.delete(new DeletedFinalStateUnknown<Recorded>(keyOf(object), undefined));
      return [];
    case 'get':
      return shown([indexer.get(object)]);
    case 'index':
      return shown(indexer.index(name, object));
    default:
      throw new Error(`a step that is not known: ${step.do}`);
  }
}

/** client-go's Replace and Delete with an object that has no key fail as ours do; the state stays as it was. */
test(`an Indexer answers ${schedules.length} schedules of calls as client-go's does`, () => {
  expect(schedules.length).toBe(300);
  let steps = 0;
  for (const [number, schedule] of schedules.entries()) {
    const indexer = new Indexer<Recorded>(keyOf, { a: indexers.a });
    for (const [at, step] of schedule.entries()) {
      let got: readonly string[] = [];
      let failed = false;
      try {
        got = answer(indexer, step);
      } catch {
        failed = true;
      }
      expect({ number, at, do: step.do, failed, got }).toEqual({ number, at, do: step.do, failed: step.failed ?? false, got: step.got });
      steps += 1;
    }
  }
  expect(steps).toBeGreaterThan(8000);
});
