import { afterAll, beforeAll, expect, test } from 'vitest';
import { builtinExchanges, comparableText } from './builtin-exchanges.ts';
import { startEmbedded, type RunningTarget } from './embedded-target.ts';
import { Choices, comparable, randomWrite, send, type Write } from './random-writes.ts';
import { realAssets, startReal } from './real-target.ts';
import { Api } from './target.ts';
import { serveWidgets } from './widget.ts';

const assets = realAssets();
/** Sequences of eight writes; more of them for a long proof. */
const rounds = Number(process.env['KUBECAST_DIFFERENTIAL_ROUNDS'] ?? 60);
const seed = Number(process.env['KUBECAST_DIFFERENTIAL_SEED'] ?? 1);

const targets: RunningTarget[] = [];
let apis: Api[] = [];

beforeAll(async () => {
  if (assets === undefined) return;
  targets.push(await startEmbedded(), await startReal(assets));
  apis = targets.map((target) => new Api(target));
  await Promise.all(apis.map((api) => serveWidgets(api)));
}, 120_000);
afterAll(async () => {
  for (const api of apis) api.close();
  await Promise.all(targets.map((target) => target.close()));
});

// Skipped where kube-apiserver and etcd are not built and KUBEBUILDER_ASSETS names no folder with them.
test.skipIf(assets === undefined)(
  'whatever is written, both servers answer alike: object, owners, warnings, refusals',
  { timeout: 600_000 },
  async () => {
    const choices = new Choices(seed);
    for (let round = 0; round < rounds; round++) {
      const name = `d${seed}-${round}`;
      const writes: Write[] = [];
      for (let step = 0; step < 8; step++) {
        const write = randomWrite(choices, name);
        writes.push(write);
        const [embedded, real] = await Promise.all(apis.map(async (api) => comparable(await send(api, write, name))));
        expect(
          embedded,
          `seed ${seed}, round ${round}:\n${writes.map((one) => `${one.method} ${one.path} ${JSON.stringify(one.body)}`).join('\n')}`,
        ).toEqual(real);
      }
    }
  },
);

test.skipIf(assets === undefined)(
  'built-in kinds are filled in, refused, owned and shown alike, to the order of names',
  { timeout: 120_000 },
  async () => {
    for (const { method, path, ...options } of builtinExchanges('differential')) {
      const [embedded, real] = await Promise.all(
        apis.map(async (api) => {
          const answer = await api.send(method, path, options);
          return [answer.code, answer.type, answer.warnings, comparableText(answer.text)];
        }),
      );
      expect(embedded, `${method} ${path} ${JSON.stringify(options.body ?? '')}`).toEqual(real);
    }
  },
);
