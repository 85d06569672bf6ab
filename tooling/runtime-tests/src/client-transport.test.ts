/**
 * What the client's transport must do, the same on every runtime: against the embedded API server and against the real one, over
 * HTTP/1.1 and over HTTP/2.
 */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  type EmbeddedCluster,
  adminUser,
  certificateUser,
  nobodyUser,
  type RealCluster,
  serviceAccountUser,
} from '@kubecast/apiserver/envtest';
import {
  type ClientOptions,
  connectionFromKubeconfig,
  connectionInCluster,
  ConnectionError,
  createClient,
  CredentialsError,
  isForbidden,
  isStatusError,
  type KubernetesClient,
  TlsError,
} from '@kubecast/client';
import { type ConfigMap, configMapType, namespaceType } from '@kubecast/crd';
import { createVirtualClock } from '@kubecast/clock/testing';
import { folder, removeFolder, targets } from './client-transport/targets.ts';
import { startProxy } from './client-transport/tcp-proxy.ts';
import { base64, clientOf, file, foreign, kubeconfig, revokedToken, userOf, whoAmI } from './client-transport/world.ts';

const servers = targets();
let count = 0;

/** Nothing is under way: what was opened was ended. */
function assertIdle(client: KubernetesClient): void {
  const { openRequests, openStreams } = client.counters;
  assert.deepEqual({ openRequests, openStreams }, { openRequests: 0, openStreams: 0 });
}

/** Runs with a client and closes it, whatever comes. */
async function using<T>(client: KubernetesClient | Promise<KubernetesClient>, run: (client: KubernetesClient) => Promise<T>): Promise<T> {
  const opened = await client;
  try {
    const result = await run(opened);
    assertIdle(opened);
    return result;
  } finally {
    opened.close();
  }
}

const unauthorized = (error: unknown): boolean => isStatusError(error) && error.statusCode === 401;

// Bun's server does not tell who showed which certificate, so the embedded server cannot know its users by one there.
const seesCertificates = (server: string): boolean => server === 'real' || !('Bun' in globalThis);

const runs = servers.flatMap((target) => ([1, 2] as const).map((http) => ({ target, http })));

for (const { target, http } of runs) {
  const on = `over HTTP/${http} on the ${target.name} server`;
  const options = (more: ClientOptions = {}): ClientOptions => ({ http, ...more });
  const admin = (cluster: EmbeddedCluster | RealCluster, more?: ClientOptions, entry?: object): Promise<KubernetesClient> =>
    clientOf(kubeconfig(cluster, { token: cluster.token() }, entry), options(more));

  test(`transport: a private CA is trusted, inline or from a file, and another one is not, ${on}`, async () => {
    const cluster = await target.cluster();
    await using(admin(cluster), whoAmI);
    const fromFile = { 'certificate-authority-data': undefined, 'certificate-authority': file('ca.crt', cluster.ca) };
    assert.equal(await using(admin(cluster, {}, fromFile), whoAmI), adminUser);
    const refused = (error: unknown): boolean => error instanceof TlsError && error.code === 'CLIENT_TLS';
    await using(admin(cluster, {}, { 'certificate-authority-data': base64(foreign.ca) }), (client) =>
      assert.rejects(whoAmI(client), refused),
    );
    const bare = { 'certificate-authority-data': undefined };
    await using(admin(cluster, {}, bare), (client) => assert.rejects(whoAmI(client), refused));
    assert.equal(await using(admin(cluster, {}, { ...bare, 'insecure-skip-tls-verify': true }), whoAmI), adminUser);
  });

  test(`transport: the server's certificate must carry the name that is asked for, ${on}`, async () => {
    const cluster = await target.cluster();
    assert.equal(await using(admin(cluster, {}, { 'tls-server-name': 'kubernetes.default.svc' }), whoAmI), adminUser);
    await using(admin(cluster, {}, { 'tls-server-name': 'elsewhere.example' }), (client) =>
      assert.rejects(whoAmI(client), (error) => error instanceof TlsError),
    );
  });

  test(`transport: a bearer token says who we are; a wrong one is refused, and none may do nothing, ${on}`, async () => {
    const cluster = await target.cluster();
    for (const user of [adminUser, serviceAccountUser, nobodyUser])
      assert.equal(await using(clientOf(kubeconfig(cluster, userOf(cluster, user)), options()), whoAmI), user);
    await using(clientOf(kubeconfig(cluster, { token: 'wrong' }), options()), (client) => assert.rejects(whoAmI(client), unauthorized));
    await using(clientOf(kubeconfig(cluster, {}), options()), (client) =>
      assert.rejects(client.resource(namespaceType).get('default'), (error) => isForbidden(error)),
    );
  });

  test(
    `transport: a client certificate says who we are, inline or from files, and one of another CA is refused, ${on}`,
    {
      skip: !seesCertificates(target.name),
    },
    async () => {
      const cluster = await target.cluster();
      const inline = userOf(cluster, certificateUser);
      assert.equal(await using(clientOf(kubeconfig(cluster, inline), options()), whoAmI), certificateUser);
      const decoded = (name: string): string => Buffer.from(inline[name] ?? '', 'base64').toString();
      const files = {
        'client-certificate': file('client.crt', decoded('client-certificate-data')),
        'client-key': file('client.key', decoded('client-key-data')),
      };
      assert.equal(await using(clientOf(kubeconfig(cluster, files), options()), whoAmI), certificateUser);
      const other = { 'client-certificate-data': base64(foreign.cert), 'client-key-data': base64(foreign.key) };
      await using(clientOf(kubeconfig(cluster, other), options()), (client) => assert.rejects(whoAmI(client), unauthorized));
    },
  );

  test(`transport: an exec plugin gives a token, is asked again when that is refused, and one that fails is told, ${on}`, async () => {
    const cluster = await target.cluster();
    const answer = (status: object): string =>
      JSON.stringify({ apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', status });
    const given = file('given', answer({ token: await revokedToken(cluster) }));
    const runs = file('runs', '');
    // It gives what stands in a file, and from its second run on the good token.
    const good = file('good', answer({ token: userOf(cluster, serviceAccountUser)['token'] }));
    const plugin = (script: string): object => ({
      exec: {
        apiVersion: 'client.authentication.k8s.io/v1',
        command: file('plugin', `#!/bin/sh\n${script}\n`, 0o700),
        interactiveMode: 'Never',
      },
    });
    const rotating = plugin(`echo run >> '${runs}'; if [ "$(wc -l < '${runs}')" -gt 1 ]; then cat '${good}'; else cat '${given}'; fi`);
    await using(clientOf(kubeconfig(cluster, rotating), options()), async (client) => {
      assert.equal(await whoAmI(client), serviceAccountUser);
      assert.equal(client.counters.repeats, 1);
      assert.equal(await whoAmI(client), serviceAccountUser);
      assert.equal(client.counters.repeats, 1);
    });
    // It is told of the cluster, in the environment.
    const asking = plugin(`case "$KUBERNETES_EXEC_INFO" in *'"server":"${cluster.url}"'*) cat '${good}';; *) exit 4;; esac`) as {
      exec: object;
    };
    const told = { exec: { ...asking.exec, provideClusterInfo: true } };
    assert.equal(await using(clientOf(kubeconfig(cluster, told), options()), whoAmI), serviceAccountUser);
    const absent = { exec: { ...asking.exec, command: 'kubecast-no-such-plugin', installHint: 'get it first' } };
    for (const [user, message] of [
      [plugin('echo no login >&2; exit 3'), /it ended with 3: no login$/],
      [asking, /it ended with 4$/],
      [absent, /there is no such command\. get it first$/],
    ] as const)
      await using(clientOf(kubeconfig(cluster, user), options()), (client) =>
        assert.rejects(whoAmI(client), (error) => error instanceof CredentialsError && message.test(error.message)),
      );
  });

  test(`transport: an exec plugin gives a client certificate, ${on}`, { skip: !seesCertificates(target.name) }, async () => {
    const cluster = await target.cluster();
    const shown = userOf(cluster, certificateUser);
    const decoded = (name: string): string => Buffer.from(shown[name] ?? '', 'base64').toString();
    const credential = file(
      'credential',
      JSON.stringify({
        apiVersion: 'client.authentication.k8s.io/v1',
        kind: 'ExecCredential',
        status: { clientCertificateData: decoded('client-certificate-data'), clientKeyData: decoded('client-key-data') },
      }),
    );
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: '/bin/cat', args: [credential], interactiveMode: 'Never' };
    assert.equal(await using(clientOf(kubeconfig(cluster, { exec }), options()), whoAmI), certificateUser);
  });

  test(`transport: a token file that was rotated is read again, by its age and when the token is refused, ${on}`, async () => {
    const cluster = await target.cluster();
    const path = file('token', cluster.token());
    const clock = createVirtualClock();
    const connection = await connectionFromKubeconfig({ path: kubeconfig(cluster, { tokenFile: path }), env: {}, clock });
    await using(createClient(connection, options()), async (client) => {
      assert.equal(await whoAmI(client), adminUser);
      writeFileSync(path, cluster.token(serviceAccountUser));
      assert.equal(await whoAmI(client), adminUser);
      await clock.advance(10_000);
      assert.equal(await whoAmI(client), serviceAccountUser);
      // Read while it was good, as far as the client knows; the server says no, and the file has another one by then. A watch that runs
      // meanwhile goes on, also where it shares the connection with the refusal.
      const maps = client.resource(configMapType, { namespace: 'default' });
      writeFileSync(path, cluster.token());
      await connection.credentials.get({ fresh: true });
      const name = `rotated-${count++}`;
      const { receipt } = await maps.create({ metadata: { name } });
      const events = maps.watch({ fieldSelector: `metadata.name=${name}`, allowWatchBookmarks: false })[Symbol.asyncIterator]();
      const version = async (): Promise<string> => ((await events.next()) as { value: { resourceVersion: string } }).value.resourceVersion;
      assert.equal(await version(), receipt.version);
      const next = version();
      writeFileSync(path, await revokedToken(cluster));
      await connection.credentials.get({ fresh: true });
      writeFileSync(path, `${cluster.token(nobodyUser)}\n`);
      assert.equal(await whoAmI(client), nobodyUser);
      assert.equal(client.counters.repeats, 1);
      writeFileSync(path, cluster.token());
      await connection.credentials.get({ fresh: true });
      const { receipt: changed } = await maps.patch(name, { data: { after: 'the rotation' } });
      assert.equal(await next, changed.version);
      await events.return?.(undefined);
    });
  });

  test(`transport: in a pod the service account's files are the connection, ${on}`, async () => {
    const cluster = await target.cluster();
    const account = join(folder(), `account-${count++}`);
    mkdirSync(account);
    const files = { 'ca.crt': cluster.ca, namespace: 'default', token: cluster.token(serviceAccountUser) };
    for (const [name, text] of Object.entries(files)) writeFileSync(join(account, name), text);
    const { hostname, port } = new URL(cluster.url);
    const env = { KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port };
    await using(createClient(await connectionInCluster({ folder: account, env }), options()), async (client) => {
      assert.equal(await whoAmI(client), serviceAccountUser);
    });
  });

  test(`transport: requests one after the other share one connection, ${on}`, async () => {
    const cluster = await target.cluster();
    const proxy = await startProxy({ port: Number(new URL(cluster.url).port) });
    await using(admin(cluster, {}, { server: `https://127.0.0.1:${proxy.port}` }), async (client) => {
      for (let i = 0; i < 20; i++) await client.resource(namespaceType).get('default');
      assert.equal(proxy.accepted(), 1);
      assert.equal(client.counters.connections, 1);
      const abort = new AbortController();
      const reason = new Error('enough');
      const streams = 30;
      // Watches and requests at once: each its own connection, or all of them one.
      let open = 0;
      const watch = async (): Promise<void> => {
        let first = true;
        for await (const _ of client.resource(namespaceType).watch({ signal: abort.signal })) {
          if (first && ++open === streams) abort.abort(reason);
          first = false;
        }
      };
      const ends = await Promise.all(Array.from({ length: streams }, () => watch().catch((error: unknown) => error)));
      assert.ok(ends.every((end) => end === reason));
      assert.equal(proxy.accepted(), http === 1 ? streams : 1);
      await client.resource(namespaceType).get('default');
    });
    await proxy.close();
  });

  test(`transport: a long watch outlives the deadline of requests, and tells every change in order, ${on}`, async () => {
    const cluster = await target.cluster();
    await using(admin(cluster, { limits: { requestMs: 2000 } }), async (client) => {
      const maps = client.resource(configMapType, { namespace: 'default' });
      const name = `long-${count++}`;
      const { receipt } = await maps.create({ metadata: { name }, data: { n: '0' } });
      const written: string[] = [];
      const write = async (): Promise<void> => {
        const { object } = await maps.patch(name, { data: { n: String(written.length + 1) } });
        written.push(object.metadata.resourceVersion ?? '');
      };
      const seen: string[] = [];
      await write();
      // The server ends it after three seconds.
      const resourceVersion = receipt.version ?? '';
      for await (const event of maps.watch({ fieldSelector: `metadata.name=${name}`, resourceVersion, timeoutSeconds: 3 })) {
        if (event.type === 'BOOKMARK') continue;
        assert.equal(event.type, 'MODIFIED');
        seen.push(event.resourceVersion);
        await write();
      }
      assert.ok(seen.length > 10, `${seen.length} events in three seconds`);
      // The last write may have come after the end.
      assert.deepEqual(seen, written.slice(0, seen.length));
      assert.ok(written.length - seen.length <= 1);
    });
  });

  test(`transport: a watch that nobody reads holds nothing else up, and loses nothing, ${on}`, async () => {
    const cluster = await target.cluster();
    await using(admin(cluster), async (client) => {
      const maps = client.resource(configMapType, { namespace: 'default' });
      const name = `large-${count++}`;
      const text = 'x'.repeat(500_000);
      const { receipt } = await maps.create({ metadata: { name }, data: { n: '0' } });
      const events = maps.watch({ fieldSelector: `metadata.name=${name}`, resourceVersion: receipt.version ?? '' })[Symbol.asyncIterator]();
      const number = async (): Promise<unknown> => {
        const { value } = await events.next();
        return (value as { object: ConfigMap } | undefined)?.object.data?.['n'];
      };
      await maps.patch(name, { data: { n: '1' } });
      assert.equal(await number(), '1');
      // Ten megabytes, more than any buffer on the way holds.
      for (let n = 2; n <= 21; n++) await maps.patch(name, { data: { n: String(n), text } });
      const read: unknown[] = [];
      for (let n = 2; n <= 21; n++) read.push(await number());
      assert.deepEqual(
        read,
        Array.from({ length: 20 }, (_, i) => String(i + 2)),
      );
      await events.return?.(undefined);
      await maps.delete(name);
    });
  });

  test(`transport: a half-open connection ends a watch by its idle limit and a request by its deadline; the next one is new, ${on}`, async () => {
    const cluster = await target.cluster();
    const proxy = await startProxy({ port: Number(new URL(cluster.url).port) });
    const entry = { server: `https://127.0.0.1:${proxy.port}` };
    // Over HTTP/2 the pings find it out, even where the watch has no bookmarks, and so no idle limit.
    const limits = { idleMs: 2000, pingMs: 500, pingTimeoutMs: 1500 };
    await using(admin(cluster, { limits }, entry), async (client) => {
      const namespaces = client.resource(namespaceType);
      let seen = 0;
      await assert.rejects(
        async () => {
          for await (const _ of namespaces.watch({ allowWatchBookmarks: http === 1 })) if (seen++ === 0) proxy.freeze();
        },
        { code: 'CLIENT_TIMEOUT', phase: 'idle' },
      );
      assert.ok(seen > 0);
      await namespaces.get('default');
      proxy.freeze();
      await assert.rejects(namespaces.get('default', { deadlineMs: 300 }), { code: 'CLIENT_TIMEOUT', phase: 'request' });
      const before = proxy.accepted();
      await namespaces.get('default');
      assert.equal(proxy.accepted(), before + 1);
    });
    await proxy.close();
  });

  test(`transport: through a CONNECT proxy, requests and watches reach the server, and TLS goes through, ${on}`, async () => {
    const cluster = await target.cluster();
    const proxy = await startProxy('connect');
    await using(admin(cluster, {}, { 'proxy-url': `http://127.0.0.1:${proxy.port}` }), async (client) => {
      assert.equal(await whoAmI(client), adminUser);
      const names: (string | undefined)[] = [];
      const abort = new AbortController();
      const reason = new Error('enough');
      await assert.rejects(
        async () => {
          for await (const event of client.resource(namespaceType).watch({ signal: abort.signal })) {
            if (event.type !== 'BOOKMARK') names.push(event.object.metadata.name);
            if (names.includes('default')) abort.abort(reason);
          }
        },
        (error) => error === reason,
      );
      for (let i = 0; i < 5; i++) await client.resource(namespaceType).get('default');
      assert.equal(new Set(proxy.asked).size, 1);
      // A tunnel is kept as any connection: one for the requests, and over HTTP/1.1 one for the watch, which ended with it.
      assert.ok(proxy.asked.length <= (http === 1 ? 2 : 1), `${proxy.asked.length} tunnels`);
      assert.equal(proxy.asked[0], `CONNECT ${new URL(cluster.url).host} HTTP/1.1`);
    });
    await using(admin(cluster, {}, { 'proxy-url': 'http://127.0.0.1:1' }), (client) =>
      assert.rejects(whoAmI(client), { code: 'CLIENT_CONNECTION', message: /the proxy http:\/\/127\.0\.0\.1:1/ }),
    );
    await proxy.close();
  });

  test(`transport: a server that is killed ends watches and requests by a ConnectionError, and serves the same client when it is back, ${on}`, async () => {
    const cluster = await target.cluster();
    await using(admin(cluster), async (client) => {
      const maps = client.resource(configMapType, { namespace: 'default' });
      const name = `kept-${count++}`;
      const { receipt } = await maps.create({ metadata: { name } });
      const broken = (error: unknown): boolean => error instanceof ConnectionError && error.code === 'CLIENT_CONNECTION';
      let killed: Promise<void> | undefined;
      await assert.rejects(async () => {
        for await (const _ of maps.watch()) killed ??= cluster.kill();
      }, broken);
      await killed;
      await assert.rejects(maps.get(name), broken);
      await assert.rejects(maps.watch()[Symbol.asyncIterator]().next(), broken);
      await cluster.restart();
      assert.equal((await maps.get(name)).metadata.uid, receipt.uid);
      const { receipt: changed } = await maps.patch(name, { data: { after: 'the restart' } });
      for await (const event of maps.watch({ fieldSelector: `metadata.name=${name}` })) {
        assert.equal(event.resourceVersion, changed.version);
        break;
      }
    });
  });
}

for (const target of servers) {
  test(`transport: the ${target.name} server ends, and nothing of this run is left`, async () => {
    await target.stop();
    if (target === servers.at(-1)) removeFolder();
  });
}
