import { behaviours } from './behaviours.ts';
import { startEmbedded } from './embedded-target.ts';
import { wire } from './wire.ts';

behaviours('embedded', startEmbedded);
wire('embedded', startEmbedded);
