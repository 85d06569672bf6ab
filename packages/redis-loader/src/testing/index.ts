export type { RespDatabase, Stored } from './resp-database.ts';
export { findRedisServer, startRedisServer } from './redis-server-process.ts';
export type { RedisServerOptions } from './redis-server-process.ts';
export { startRespServer } from './resp-server.ts';
export type { RespCall, RespFault, RespServer, RespServerOptions } from './resp-server.ts';
export { startRedis } from './start-redis.ts';
export type { StartRedisOptions } from './start-redis.ts';
export type { CommandLog, SeenCommand, TestRedis } from './test-redis.ts';
