import { createHash } from 'node:crypto';
import type { Express } from 'express';
import { refuseOtherMethods } from '../api/endpoint.ts';
import { createOpenApiDocument } from '../api/openapi.ts';
import type { Operation } from '../api/operation.ts';
import { renderPage } from './page.ts';
import { STYLE } from './style.ts';

/** Only the style of the page itself: no scripts, nothing from elsewhere, not inside another site. */
const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64');
const POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${STYLE_HASH}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Adds `/openapi.json` and `/docs`, which need no key: what the API is like is no secret. */
export function addDocs(app: Express, operations: readonly Operation[]): void {
  const document = createOpenApiDocument(operations);
  const json = JSON.stringify(document);
  const page = renderPage(document, STYLE);
  app.get('/openapi.json', (_req, res) => {
    res.type('json').send(json);
  });
  app.get('/docs', (_req, res) => {
    res.set('content-security-policy', POLICY).type('html').send(page);
  });
  for (const path of ['/openapi.json', '/docs']) refuseOtherMethods(app, path, ['GET']);
}
