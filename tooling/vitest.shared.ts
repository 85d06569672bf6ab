import { defineConfig } from 'vitest/config';

// Source between packages is read without a build; the condition must be named for both resolvers.
const conditions = ['@kubecast/source'];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: { include: ['src/**/*.test.ts'], testTimeout: 240_000, hookTimeout: 120_000, execArgv: ['--conditions=@kubecast/source'] },
});
