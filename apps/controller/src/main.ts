#!/usr/bin/env node
import process from 'node:process';
import { pino } from 'pino';
import { createShutdown, FlagError } from '@kubecast/runtime';
import {
  readControllerFlags,
  type ControllerFlags,
  type PublishFlags,
  type RollbackFlags,
  type RunFlags,
  type UninstallFlags,
} from './flags.ts';
import { publishCommand, rollbackCommand } from './commands/publish-command.ts';
import { runController } from './run.ts';
import { uninstallCommand } from './commands/uninstall-command.ts';

const complain = (message: string): void => void process.stderr.write(`kubecast-controller: ${message}\n`);

async function main(): Promise<number> {
  let flags: ControllerFlags;
  try {
    flags = readControllerFlags(process.argv.slice(2), process.env);
  } catch (error) {
    if (!(error instanceof FlagError)) throw error;
    complain(error.message);
    return 2;
  }
  if (flags.command === 'run') return run(flags);
  if (flags.command !== 'help') return command(flags);
  process.stdout.write(flags.text);
  return 0;
}

async function run(flags: RunFlags): Promise<number> {
  const log = pino({ level: flags.logLevel, base: null });
  const shutdown = createShutdown({ withStdin: flags.exitWithStdin, onStop: (why) => log.info({ why }, 'stopping') });
  try {
    return await runController(flags, log, shutdown);
  } catch (error) {
    // The message is enough for an operator; the stack is logged at the level debug.
    const { message, stack } = error instanceof Error ? error : { message: String(error), stack: undefined };
    log.fatal({ ...(log.isLevelEnabled('debug') ? { stack } : {}), code: (error as { code?: unknown }).code }, message);
    complain(message);
    return 1;
  }
}

async function command(flags: PublishFlags | RollbackFlags | UninstallFlags): Promise<number> {
  const shutdown = createShutdown();
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  try {
    if (flags.command === 'publish') await publishCommand(flags, say, shutdown.signal);
    else if (flags.command === 'rollback') await rollbackCommand(flags, say, shutdown.signal);
    else await uninstallCommand(flags, say, shutdown.signal);
    return 0;
  } catch (error) {
    complain(error instanceof Error ? error.message : String(error));
    return 1;
  }
}

// Timers and sockets of libraries may outlive their use and must not hold the process.
process.exit(await main());
