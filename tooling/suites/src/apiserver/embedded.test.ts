import { behaviours } from './behaviours.ts';
import { startEmbedded } from './embedded-target.ts';

behaviours('embedded', startEmbedded);
