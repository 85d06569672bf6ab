/** One way to have all values in memory: by a bare MGET loop, with or without parsing, or by the loader. */
import { warmByHand, warmByLoader } from '@kubecast/redis-loader/testing';
import { settle } from '../sync/measure.ts';

const [how = ''] = process.argv.slice(2);
const count = Number(process.env['BENCH_OBJECTS']);
const url = process.env['BENCH_REDIS'] ?? '';
const run = how === 'loader' ? await warmByLoader(url, count) : await warmByHand(url, count, { parse: how === 'parsed' });
const { seconds, cpuSeconds, commands, resyncCommands } = run;
console.log(JSON.stringify({ seconds, cpuSeconds, commands, resyncCommands }));
await settle();
