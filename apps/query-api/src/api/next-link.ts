import type { Request, Response } from 'express';

/** Sets `Link: <…>; rel="next"`: this request with the next cursor. */
export function linkNext(req: Request, res: Response, cursor: string): void {
  const url = new URL(req.originalUrl, 'http://localhost');
  url.searchParams.set('cursor', cursor);
  res.set('link', `<${url.pathname}${url.search}>; rel="next"`);
}
