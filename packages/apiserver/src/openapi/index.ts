export { documentKeys, openApiDocument } from './openapi-document.ts';
export { OpenApi, type OpenApiAnswer, type OpenApiRequest } from './openapi-server.ts';
