import type { Request, Response } from 'express';

/**
 * Sets the `Link` header (RFC 8288): this request again with some of its parameters changed.
 *
 * @param links relation, such as `next` -> the parameters that differ; undefined for none of it
 */
export function setLinks(
  req: Request,
  res: Response,
  links: Readonly<Record<string, Readonly<Record<string, string>> | undefined>>,
): void {
  const written = Object.entries(links).flatMap(([relation, parameters]) => {
    if (parameters === undefined) return [];
    const url = new URL(req.originalUrl, 'http://localhost');
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
    return [`<${url.pathname}${url.search}>; rel="${relation}"`];
  });
  if (written.length > 0) res.set('link', written.join(', '));
}
