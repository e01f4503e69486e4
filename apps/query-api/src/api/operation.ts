import type { ByteBudget } from '@nexmdm/service';
import type { Request, Response } from 'express';
import type { z } from 'zod';
import type { JsonSchema } from './json-schema.ts';

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** A header of an answer. */
export interface HeaderDescription {
  description: string;
  /** Whether every such answer has it. */
  required: boolean;
  schema: JsonSchema;
}

/** What one status of an answer means. */
export interface AnswerDescription {
  description: string;
  /** What the body looks like; none for an empty body or for a media type other than JSON. */
  schema?: z.ZodType;
  /** The media type of the body where it isn't JSON. */
  contentType?: string;
  /** Its headers, but for those that every list by cursor has. */
  headers?: Readonly<Record<string, HeaderDescription>>;
}

export interface BodyDescription<Body extends z.ZodType> {
  schema: Body;
  maxBytes: number;
  /** Whether the body may be left out; it is then parsed as an empty object. */
  optional?: boolean;
}

/**
 * One operation of the API: the single source of how its request is checked and of what the OpenAPI
 * document says about it.
 */
export interface Operation<
  Query extends z.ZodType = z.ZodType,
  Body extends z.ZodType = z.ZodType,
> {
  method: Method;
  /** With parameters in braces, as in OpenAPI: `/v1/devices/{id}`. */
  path: string;
  operationId: string;
  tag: string;
  /** One line. */
  summary: string;
  /** Markdown. */
  description?: string;
  /** Strict, so that a parameter nobody knows is an error; without it every parameter is one. */
  query?: Query;
  /** The headers that the handler reads and checks. */
  headers?: z.ZodObject;
  /** A JSON body. */
  body?: BodyDescription<Body>;
  /** A body that the handler reads itself: its media types. */
  rawBody?: { contentTypes: readonly string[]; description: string };
  answers: Readonly<Record<number, AnswerDescription>>;
  /** The statuses of problem documents besides those that every operation has. */
  problems?: Readonly<Record<number, string>>;
}

/** What a handler gets. */
export interface OperationRequest<Query, Body> {
  query: Query;
  body: Body;
  /** A parameter of the path; the empty string for one that the path doesn't have. */
  param: (name: string) => string;
  /** For handlers that read the body themselves. */
  budget: ByteBudget;
  req: Request;
  res: Response;
}

/** What a handler answers; nothing when it has written the answer itself. */
export interface Answer {
  /** 200 unless said otherwise. */
  status?: number;
  body?: unknown;
}

/** An operation and what carries it out. */
export interface Endpoint {
  operation: Operation;
  /** Checks the request and answers it. */
  handle(req: Request, res: Response, budget: ByteBudget): Promise<void>;
}
