import { serveThreadWork } from './node-thread-work.ts';

serveThreadWork();
