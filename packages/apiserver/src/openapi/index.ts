export { OpenApi, type OpenApiAnswer } from './openapi-server.ts';
