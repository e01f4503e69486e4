import { ByteBudget, HttpProblem, parseOrReject, readJsonBody } from '@nexmdm/service';
import type { Express, Request, Response } from 'express';
import { z } from 'zod';
import type { Answer, Endpoint, Operation, OperationRequest } from './operation.ts';

/** What the bodies of all requests under way may take together. */
const BODY_BYTES_MAX = 64 * 1024 * 1024;

const noParameters = z.strictObject({});

/** Lets a handler carry out an operation, with its request checked against the operation's schemas. */
export function endpoint<Query extends z.ZodType, Body extends z.ZodType>(
  operation: Operation<Query, Body>,
  respond: (
    request: OperationRequest<z.output<Query>, z.output<Body>>,
  ) => Promise<Answer | undefined>,
): Endpoint {
  return {
    operation,
    async handle(req, res, budget) {
      const query = parseOrReject(operation.query ?? noParameters, req.query, 'query');
      const answer = await respond({
        query: query as z.output<Query>,
        body: (await readBody(operation, req, budget)) as z.output<Body>,
        param: (name) => String(req.params[name] ?? ''),
        budget,
        req,
        res,
      });
      if (answer !== undefined) send(res, answer);
    },
  };
}

async function readBody(operation: Operation, req: Request, budget: ByteBudget): Promise<unknown> {
  const { body } = operation;
  if (body === undefined) return undefined;
  const absent =
    req.headers['transfer-encoding'] === undefined &&
    Number(req.headers['content-length'] ?? 0) === 0;
  const value =
    absent && body.optional === true ? {} : await readJsonBody(req, body.maxBytes, budget);
  return parseOrReject(body.schema, value, 'body');
}

function send(res: Response, { status = 200, body }: Answer): void {
  res.status(status);
  if (body === undefined) res.end();
  else res.json(body);
}

/**
 * Adds the endpoints to an app; another method on one of their paths is answered with 405. A path
 * without parameters is decided before one with a parameter in the place of its name.
 */
export function addEndpoints(app: Express, endpoints: readonly Endpoint[]): void {
  const budget = new ByteBudget(BODY_BYTES_MAX);
  const paths = Map.groupBy(endpoints, ({ operation }) => operation.path);
  const named = [...paths.keys()].filter((path) => !path.includes('{'));
  for (const path of new Set([...named, ...paths.keys()])) {
    const ofPath = paths.get(path) ?? [];
    for (const one of ofPath) {
      app[one.operation.method](expressPath(path), (req, res) => one.handle(req, res, budget));
    }
    const methods = ofPath.map(({ operation }) => operation.method.toUpperCase());
    refuseOtherMethods(app, expressPath(path), methods);
  }
}

/** Answers what an app doesn't take at a path with 405; where it takes GET, it takes HEAD. */
export function refuseOtherMethods(app: Express, path: string, methods: readonly string[]): void {
  const allowed = methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]));
  app.all(path, (req) => {
    throw new HttpProblem({
      status: 405,
      code: 'method-not-allowed',
      detail: `${req.path} takes ${allowed.join(', ')}.`,
      headers: { allow: allowed.join(', ') },
    });
  });
}

function expressPath(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ':$1');
}
