import { forbiddenError, type FieldError } from '@kubecast/crd';

export type KubernetesRelease = '1.36' | '1.24' | '1.19';

/** The differences of a release of Kubernetes from 1.36 that clients have fallbacks for. */
export interface Release {
  readonly minor: string;
  readonly patch: string;
  /** What a watch with sendInitialEvents gets: `served`, refused by a disabled feature gate, or unknown to the server. */
  readonly streamedLists: 'served' | 'gated' | 'unknown';
  readonly aggregatedDiscovery: boolean;
  readonly fieldValidation: boolean;
  readonly openApiV3: boolean;
  /** The EndpointSlice version that is served. */
  readonly endpointSlice: 'v1' | 'v1beta1';
}

const releases: Readonly<Record<KubernetesRelease, Release>> = {
  '1.36': {
    minor: '36',
    patch: '3',
    streamedLists: 'served',
    aggregatedDiscovery: true,
    fieldValidation: true,
    openApiV3: true,
    endpointSlice: 'v1',
  },
  '1.24': {
    minor: '24',
    patch: '17',
    streamedLists: 'gated',
    aggregatedDiscovery: false,
    fieldValidation: true,
    openApiV3: true,
    endpointSlice: 'v1',
  },
  '1.19': {
    minor: '19',
    patch: '16',
    streamedLists: 'unknown',
    aggregatedDiscovery: false,
    fieldValidation: false,
    openApiV3: false,
    endpointSlice: 'v1beta1',
  },
};

export function isRelease(text: string): text is KubernetesRelease {
  return Object.hasOwn(releases, text);
}

export function releaseOf(name: KubernetesRelease): Release {
  return releases[name];
}

/** GET /version. */
export function versionInfo(release: Release): Record<string, string> {
  const { minor } = release;
  const emulation =
    Number(minor) < 32
      ? {}
      : { emulationMajor: '1', emulationMinor: minor, minCompatibilityMajor: '1', minCompatibilityMinor: String(Number(minor) - 1) };
  return {
    major: '1',
    minor,
    ...emulation,
    gitVersion: `v1.${minor}.${release.patch}`,
    gitCommit: '',
    gitTreeState: 'clean',
    buildDate: '2026-01-01T00:00:00Z',
    goVersion: 'go1.26.0',
    compiler: 'gc',
    platform: 'linux/amd64',
  };
}

/** An older server's answer to the parameters of a streamed list. */
export function oldWatchErrors(release: Release, match: string, initial: boolean | undefined): FieldError[] {
  const errors: FieldError[] = [];
  if (match !== '') errors.push(forbiddenError('resourceVersionMatch', 'resourceVersionMatch is forbidden for watch'));
  if (initial !== undefined && release.streamedLists === 'gated')
    errors.push(
      forbiddenError('sendInitialEvents', 'sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled'),
    );
  return errors;
}
