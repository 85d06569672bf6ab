// What it costs to import a module, as users have it: built, in a process of its own. With `get`, the first GET of the API server as well.
import { readFileSync } from 'node:fs';

const [name, then] = process.argv.slice(2);
const memory = () => process.memoryUsage().rss / 1024 / 1024;
const before = memory();
const begun = performance.now();
const cpu = process.cpuUsage();
const module = name === 'nothing' ? {} : await import(name);
const importMs = performance.now() - begun;
const importMB = memory() - before;
const figures = { importMs, importMB };
if (then === 'get') {
  const { BENCH_URL: server, BENCH_CA: caFile, BENCH_TOKEN: token } = process.env;
  const path = '/api/v1/namespaces/default';
  if (name === 'node:https') {
    const ca = readFileSync(caFile);
    await new Promise((resolve, reject) => {
      module
        .get(`${server}${path}`, { ca, headers: { authorization: `Bearer ${token}`, accept: 'application/json' } }, (answer) => {
          let text = '';
          answer.setEncoding('utf8').on('data', (chunk) => (text += chunk));
          answer.on('end', () => (JSON.parse(text).metadata.name === 'default' ? resolve() : reject(new Error(text))));
        })
        .on('error', reject);
    });
  } else if (name === '@kubecast/client') {
    const client = module.createClient(module.connectionFrom({ server, ca: readFileSync(caFile, 'utf8'), token }));
    const type = { group: '', version: 'v1', kind: 'Namespace', plural: 'namespaces', scope: 'Cluster' };
    const found = await client.resource(type).get('default');
    if (found.metadata.name !== 'default') throw new Error('another namespace');
  } else {
    const config = new module.KubeConfig();
    config.loadFromOptions({
      clusters: [{ name: 'b', server, caFile }],
      users: [{ name: 'b', token }],
      contexts: [{ name: 'b', cluster: 'b', user: 'b' }],
      currentContext: 'b',
    });
    await config.makeApiClient(module.CoreV1Api).readNamespace({ name: 'default' });
  }
  figures.firstGetMs = performance.now() - begun;
}
const { user, system } = process.cpuUsage(cpu);
figures.cpuMs = (user + system) / 1000;
console.log(JSON.stringify(figures));
console.log('{"settled":true}');
process.stdin.resume().once('end', () => process.exit(0));
