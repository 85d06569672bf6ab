import { expect, test } from 'vitest';
import { connectionFrom, type ConnectionInit, connectionFromKubeconfig, createClient } from '../index.ts';

const made = (connection: unknown): unknown => {
  try {
    createClient(connection as never).close();
    return undefined;
  } catch (error) {
    return error;
  }
};

test('what is no connection is refused as the client is made, with the way to one', async () => {
  class KubeConfig {
    readonly clusters: readonly unknown[] = [];
    exportConfig(): string {
      return '{}';
    }
  }
  const connection = connectionFrom({ server: 'https://h', token: 's3cret' });
  const wrong: [given: unknown, way: RegExp][] = [
    [undefined, /was given undefined; make one by connectionFromDefaults/],
    [null, /was given null; make one by/],
    [7, /was given a number; make one by/],
    [() => connection, /was given a function; make one by/],
    [Promise.resolve(connection), /was given a promise; await it first/],
    ['https://10.0.0.1:6443', /an address; use connectionFrom\(\{ server/],
    ['/home/ann/.kube/config', /use await connectionFromKubeconfig\(\{ path \}\)/],
    ['apiVersion: v1\nkind: Config\n', /use await connectionFromKubeconfig\(\{ text \}\)/],
    ['{"users": [{"token": "s3cret"}]}', /use await connectionFromKubeconfig\(\{ text \}\)/],
    [
      new KubeConfig(),
      /KubeConfig of @kubernetes\/client-node; use await connectionFromKubeconfig\(\{ text: kubeConfig\.exportConfig\(\) \}\)/,
    ],
    [{ clusters: [], users: [{ token: 's3cret' }] }, /content of a kubeconfig; use await connectionFromKubeconfig\(\{ text/],
    [{ server: 'https://h', token: 's3cret' }, /no source of credentials; make a Connection of it by connectionFrom/],
    [{ ...connection, origin: undefined }, /make a Connection of it by connectionFrom/],
    [{}, /an object without a server; make one by/],
    [[], /an object without a server; make one by/],
  ];
  for (const [given, way] of wrong) {
    const error = made(given);
    expect(error).toMatchObject({ code: 'CLIENT_CONFIG', message: expect.stringMatching(way) });
    expect(String(error)).not.toContain('s3cret');
  }
  expect(made({ ...connection })).toBeUndefined();
  // The bridge that the error names.
  const text = JSON.stringify({
    'current-context': 'dev',
    contexts: [{ name: 'dev', context: { cluster: 'c', user: 'u' } }],
    clusters: [{ name: 'c', cluster: { server: 'https://kube.example' } }],
    users: [{ name: 'u', user: { token: 't' } }],
  });
  const bridged = await connectionFromKubeconfig({ text, env: {} });
  expect([bridged.server, await bridged.credentials.get({ fresh: false })]).toEqual(['https://kube.example', { token: 't' }]);
  await expect(connectionFromKubeconfig({ text, path: '/x' })).rejects.toThrow(/path and text exclude each other/);
  await expect(connectionFromKubeconfig('/x' as never)).rejects.toThrow(/takes an object; use connectionFromKubeconfig\(\{ path \}\)/);
  await expect(connectionFromKubeconfig({ path: 7 } as never)).rejects.toThrow(/path is no text/);
  await expect(connectionFromKubeconfig({ path: '' })).rejects.toThrow(/path is empty/);
});

test('values for a connection that are of a wrong type, or exclude each other, are refused by name and never quoted', () => {
  const wrong: [given: unknown, message: RegExp][] = [
    [undefined, /connectionFrom takes an object/],
    ['https://h', /connectionFrom takes an object/],
    [{}, /there is no server/],
    [{ server: 7 }, /server is no text/],
    [{ server: 'https://h', token: 1_000_117 }, /token is no text/],
    [{ server: 'https://h', ca: Buffer.from('x') }, /ca is no text/],
    [{ server: 'https://h', insecure: 'true' }, /insecure is neither true nor false/],
    [{ server: 'https://h', credentials: { token: 's3cret' } }, /credentials has no method get/],
    [{ server: 'https://h', token: 's3cret', username: 'ann' }, /token and username exclude each other/],
    [{ server: 'https://h', token: 's3cret', credentials: { get: () => Promise.resolve({}) } }, /exclude each other/],
    [{ server: 'https://h', impersonate: { user: '' } }, /the user to impersonate is empty/],
    [{ server: 'https://h', impersonate: { user: 7 } }, /the user to impersonate is no text/],
    [{ server: 'https://h', impersonate: { user: 'jane\nImpersonate-Group: admins' } }, /holds line ends/],
    [{ server: 'https://h', impersonate: { user: 'jane', groups: 'admins' } }, /the groups to impersonate are no list/],
    [{ server: 'https://h', impersonate: { user: 'jane', groups: [7] } }, /a group to impersonate is no text/],
    [{ server: 'https://h', impersonate: { user: 'jane', extra: { a: 'b' } } }, /extra to impersonate is no map of lists/],
    [{ server: 'https:h' }, /is no URL/],
    [{ server: ' https://h' }, /is no URL/],
    [{ server: 'https:\\\\h' }, /is no URL/],
  ];
  for (const [given, message] of wrong) {
    const of = (): unknown => connectionFrom(given as ConnectionInit);
    expect(of).toThrow(message);
    expect(of).not.toThrow(/s3cret|1000117/);
  }
});
