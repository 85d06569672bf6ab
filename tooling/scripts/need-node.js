// Plain JavaScript on purpose: it must run on whatever Node stands first on the PATH, to say what is missing.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 19)) {
  console.error(
    `kubecast needs Node 22.19 or newer, and this is Node ${process.versions.node} at ${process.execPath}.\n` +
      'On Linux x64 `npm ci` brings Node 24 for the scripts of this repository: run it first, without --omit=optional.\n' +
      'Elsewhere install Node 22.19 or newer (https://nodejs.org) and run the command again.',
  );
  process.exit(1);
}
