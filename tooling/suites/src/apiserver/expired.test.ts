import type { TestCluster } from '@kubecast/apiserver/envtest';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { forgetfulClusters } from '../forgetful-clusters.ts';
import { Api, type Answer } from './target.ts';

const maps = '/api/v1/namespaces/kube-system/configmaps';
const list = `${maps}?labelSelector=own%3Dyes`;

for (const { name, make, forget } of forgetfulClusters)
  describe.skipIf(make === undefined)(`versions that the ${name} API server forgot`, () => {
    let cluster: TestCluster;
    let api: Api;
    let page: Answer;
    const version = (answer: Answer): string => String(answer.body['metadata']?.['resourceVersion']);
    const token = (answer: Answer): string => String(answer.body['metadata']?.['continue']);
    const start = (text: string): unknown => JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    const names = (answer: Answer): string[] =>
      (answer.body['items'] as unknown as { metadata: { name: string } }[]).map((item) => item.metadata.name);

    beforeAll(async () => {
      cluster = (make as () => TestCluster)();
      await cluster.start();
      api = new Api({ baseUrl: cluster.url, ca: cluster.ca, token: cluster.token() });
      for (const own of ['fu', 'fv', 'fw']) await api.post(maps, { metadata: { name: own, labels: { own: 'yes' } } });
      page = await api.get(`${list}&limit=2`);
      await api.post(maps, { metadata: { name: 'fx', labels: { own: 'yes' } } });
      await forget(cluster);
      // A restart ended the connection.
      api.close();
      api = new Api({ baseUrl: cluster.url, ca: cluster.ca, token: cluster.token() });
    }, 120_000);
    afterAll(async () => {
      api?.close();
      await cluster?.stop();
    });

    test('an exact list is a 410 that says so [L7]', async () => {
      const answer = await api.get(`${list}&resourceVersionMatch=Exact&resourceVersion=${version(page)}`);
      expect([answer.code, answer.body['reason'], answer.body['message']]).toEqual([
        410,
        'Expired',
        'The resourceVersion for the provided list is too old.',
      ]);
    });

    test('a page is a 410 with a token by which the rest can be had as it is now [L9]', async () => {
      const refused = await api.get(`${list}&limit=1&continue=${token(page)}`);
      expect([refused.code, refused.body['reason']]).toEqual([410, 'Expired']);
      expect(refused.body['message']).toBe(
        'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue ' +
          'parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided ' +
          'token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was ' +
          'returned and now may show up in the list.',
      );
      expect(start(token(refused))).toEqual({ v: 'meta.k8s.io/v1', rv: -1, start: 'fv\u0000' });
      const rest = await api.get(`${list}&limit=1&continue=${token(refused)}`);
      expect([rest.code, names(rest)]).toEqual([200, ['fw']]);
      expect(start(token(rest))).toMatchObject({ rv: Number(version(rest)), start: expect.stringMatching(/fw\0$/) });
      expect(Number(version(rest))).toBeGreaterThan(Number(version(page)));
      expect(names(await api.get(`${list}&limit=5&continue=${token(rest)}`))).toEqual(['fx']);
    });

    test('a watch is a 200 with one ERROR event, and ends [W4]', async () => {
      const { code, text } = await api.get(`${maps}?watch=1&timeoutSeconds=20&resourceVersion=${version(page)}`);
      const lines = text.trimEnd().split('\n');
      expect([code, lines.length]).toEqual([200, 1]);
      expect(JSON.parse(lines[0] as string)).toMatchObject({
        type: 'ERROR',
        object: {
          kind: 'Status',
          code: 410,
          reason: 'Expired',
          message: expect.stringMatching(new RegExp(`^too old resource version: ${version(page)} \\(\\d+\\)$`)),
        },
      });
    });
  });
