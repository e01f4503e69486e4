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

/** Adds the endpoints to an app; another method on one of their paths is answered with 405. */
export function addEndpoints(app: Express, endpoints: readonly Endpoint[]): void {
  const budget = new ByteBudget(BODY_BYTES_MAX);
  for (const one of endpoints) {
    const { method, path } = one.operation;
    app[method](expressPath(path), (req, res) => one.handle(req, res, budget));
  }
  const methods = new Map<string, string[]>();
  for (const { operation } of endpoints) {
    const path = expressPath(operation.path);
    const allowed = operation.method === 'get' ? ['GET', 'HEAD'] : [operation.method.toUpperCase()];
    methods.set(path, [...(methods.get(path) ?? []), ...allowed]);
  }
  for (const [path, allowed] of methods) {
    app.all(path, (req) => {
      throw new HttpProblem({
        status: 405,
        code: 'method-not-allowed',
        detail: `${req.path} takes ${allowed.join(', ')}.`,
        headers: { allow: allowed.join(', ') },
      });
    });
  }
}

function expressPath(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ':$1');
}
