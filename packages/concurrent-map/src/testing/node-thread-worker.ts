import { serveThreadClient } from './node-thread-histories.ts';

serveThreadClient();
