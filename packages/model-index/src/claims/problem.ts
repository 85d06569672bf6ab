/** What kind of thing is wrong with an announcement. Stable: metrics are labelled by it. */
export type ProblemCode =
  | 'NoSpec'
  | 'NoApp'
  | 'EmptyModelName'
  | 'EmptyModelVersion'
  | 'MalformedModel'
  | 'ModelListedTwice'
  | 'AppClaimedTwice'
  | 'ModelClaimedTwice'
  | 'BadServiceAnnotation'
  | 'ServiceMissing'
  | 'ServicePortMissing'
  | 'AmbiguousPort'
  | 'AddressRefused'
  | 'MetadataMissing'
  | 'MetadataStale'
  | 'NotDecodable';

/** A fault in an object that a person has to mend. The index uses the valid rest. */
export interface Problem {
  readonly code: ProblemCode;
  readonly namespace: string;
  /** metadata.name of the AppModel that it is about. */
  readonly appModel: string;
  readonly app?: string;
  readonly model?: string;
  /** In words: what is wrong, and what was done instead. */
  readonly message: string;
}
