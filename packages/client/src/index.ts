export type { Frame, FrameType, WatchFrames, WatchOptions } from './frame.ts';
export type { ListPages, ListPagesOptions, RawPage, ResourceSource } from './raw-page.ts';
export type { WriteReceipt } from './write-receipt.ts';
