import type {
  OpenApiDocument,
  OperationObject,
  ParameterObject,
  Reference,
  ResponseObject,
} from '../api/openapi-types.ts';
import { curlExample } from './curl.ts';
import { html, joinHtml, type Html } from './html.ts';
import { inlineMarkdown, markdown } from './markdown.ts';
import { meaningOf, renderSchema, typeOf } from './schema-table.ts';
import { renderTable } from './table.ts';

const RESPONSES = '#/components/responses/';
const PROBLEM = 'application/problem+json';

export interface ListedOperation {
  method: string;
  path: string;
  operation: OperationObject;
}

/** Everything about one operation, with an anchor of its name. */
export function renderOperation(listed: ListedOperation, document: OpenApiDocument): Html {
  const { method, path, operation } = listed;
  const answers = Object.entries(operation.responses).map(([status, response]) => ({
    status,
    response: resolve(response, document),
  }));
  const isProblem = ({ response }: { response: ResponseObject }) =>
    response.content !== undefined && PROBLEM in response.content;
  return html`<section
    class="operation"
    id="${operation.operationId}"
    aria-labelledby="${operation.operationId}-title"
  >
    <h3 id="${operation.operationId}-title">
      <span class="method ${method}">${method.toUpperCase()}</span> <code>${path}</code>
    </h3>
    <p class="summary">${inlineMarkdown(operation.summary)}</p>
    ${operation.description === undefined ? undefined : markdown(operation.description)}
    ${renderParameters(operation.parameters ?? [], operation.operationId)} ${renderBody(operation)}
    ${answers.filter((answer) => !isProblem(answer)).map(({ status, response }) => renderAnswer(status, response))}
    ${renderProblems(answers.filter(isProblem))}
    <h4>Example</h4>
    <pre tabindex="0"><code>${curlExample(method, path, operation)}</code></pre>
    ${renderExample(answers[0]?.response)}
  </section>`;
}

function resolve(response: ResponseObject | Reference, document: OpenApiDocument): ResponseObject {
  if (!('$ref' in response)) return response;
  const found = document.components.responses[response.$ref.replace(RESPONSES, '')];
  if (found === undefined) throw new Error(`${response.$ref} is not in the document.`);
  return found;
}

function renderParameters(parameters: readonly ParameterObject[], id: string): Html | undefined {
  if (parameters.length === 0) return undefined;
  const rows = parameters.map(
    (parameter) =>
      html`<tr>
        <th scope="row">
          <code>${parameter.name}</code>
          <small>${placeOf(parameter)}</small>
        </th>
        <td>${typeOf(parameter.schema)}</td>
        <td>${meaningOf({ ...parameter.schema, ...describedAs(parameter.description) })}</td>
      </tr>`,
  );
  return html`<h4>Parameters</h4>
    ${renderTable(`Parameters of ${id}`, 'Parameter', rows)}`;
}

function placeOf({ in: place, required }: ParameterObject): string {
  // Those of the path always are.
  return required && place !== 'path' ? `${place}, required` : place;
}

function describedAs(description: string | undefined) {
  return description === undefined ? {} : { description };
}

function renderBody({ requestBody, operationId }: OperationObject): Html | undefined {
  if (requestBody === undefined) return undefined;
  const { description, required, content } = requestBody;
  return html`<h4>
      Body <small>${Object.keys(content).join(' or ')}${required ? '' : ', may be left out'}</small>
    </h4>
    ${description === undefined ? undefined : markdown(description)}
    ${Object.entries(content)
      .filter(([type]) => type === 'application/json')
      .map(([, { schema }]) => renderSchema(schema, `Body of ${operationId}`))}`;
}

function renderAnswer(
  status: string,
  { description, headers, content = {} }: ResponseObject,
): Html {
  const [type, media] = Object.entries(content)[0] ?? [];
  return html`<h4>Answer ${status} <small>${type ?? 'no body'}</small></h4>
    <p>${inlineMarkdown(description)}</p>
    ${Object.entries(headers ?? {}).map(
      ([name, header]) =>
        html`<p>
          Header <code>${name}</code> (${typeOf(header.schema)}):
          ${inlineMarkdown(header.description)}
        </p>`,
    )}
    ${type === 'application/json' && media !== undefined ? renderSchema(media.schema, `Answer ${status}`) : undefined}`;
}

function renderProblems(answers: readonly { status: string; response: ResponseObject }[]): Html {
  const items = answers.map(
    ({ status, response }) =>
      html`<dt>${status}</dt>
        <dd>${inlineMarkdown(response.description)}${headerNames(response)}</dd>`,
  );
  return html`<h4>
      Problems <small><a href="#schema-Problem">${PROBLEM}</a></small>
    </h4>
    <dl>${items}</dl>`;
}

function headerNames({ headers = {} }: ResponseObject): Html | undefined {
  const names = Object.keys(headers).map((name) => html`<code>${name}</code>`);
  return names.length === 0 ? undefined : html` <small>with ${joinHtml(names, ', ')}</small>`;
}

function renderExample(response: ResponseObject | undefined): Html | undefined {
  const example = Object.values(response?.content ?? {})[0]?.example;
  if (example === undefined) return undefined;
  return html`<pre tabindex="0"><code>${JSON.stringify(example, null, 2)}</code></pre>`;
}
