import { serveThreadWork } from '@kubecast/concurrent-map/testing';

serveThreadWork();
