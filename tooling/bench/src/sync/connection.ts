import { readFileSync } from 'node:fs';

/** Where the server of the benchmark is; the runner says it by the environment. */
export const url: string = process.env['BENCH_URL'] ?? '';
export const caFile: string = process.env['BENCH_CA'] ?? '';
export const token: string = process.env['BENCH_TOKEN'] ?? '';
export const ca: string = readFileSync(caFile, 'utf8');

export const path = '/apis/iidp.com/v1/appmodels';
/** The streamed list that every contestant of today asks for. */
export const streamedList = `${path}?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&labelSelector=iidp%3Diidp`;
