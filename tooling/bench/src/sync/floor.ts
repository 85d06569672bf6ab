/** The floor: the streamed list is read and thrown away. Only the end mark is looked for, in the last bytes of each chunk. */
import { get } from 'node:https';
import { ca, streamedList, token, url } from './connection.ts';
import { measure, settle } from './measure.ts';

const mark = Buffer.from('k8s.io/initial-events-end');
const measured = measure();
let bytes = 0;
let tail = Buffer.alloc(0);
await new Promise<void>((resolve, reject) => {
  get(`${url}${streamedList}`, { ca, headers: { authorization: `Bearer ${token}`, accept: 'application/json' } }, (answer) => {
    if (answer.statusCode !== 200) reject(new Error(`answered with ${answer.statusCode}`));
    answer.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      const end = chunk.length >= 600 ? chunk.subarray(-600) : Buffer.concat([tail, chunk]).subarray(-600);
      if (end.includes(mark)) resolve();
      tail = Buffer.from(end);
    });
    answer.on('error', reject);
  }).on('error', reject);
});
measured.done({ megabytes: bytes / 1e6 });
await settle();
