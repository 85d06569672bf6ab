/** `npm run envtest`: builds the real API servers for tests, once, and prints the folder for KUBEBUILDER_ASSETS. */
import { buildAssets, findAssets } from './assets.ts';

try {
  const folder = findAssets() ?? (await buildAssets((line) => console.error(line)));
  console.log(folder);
} catch (error) {
  console.error(`envtest: ${(error as Error).message}`);
  process.exitCode = 1;
}
