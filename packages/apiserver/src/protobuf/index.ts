export { decodeKubeProtobuf, ProtobufError } from './decode-protobuf.ts';
