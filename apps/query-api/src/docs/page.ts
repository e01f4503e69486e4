import type { OpenApiDocument } from '../api/openapi-types.ts';
import { html, Html } from './html.ts';
import { inlineMarkdown, markdown } from './markdown.ts';
import { renderOperation, type ListedOperation } from './operation-section.ts';
import { renderSchema } from './schema-table.ts';

/**
 * The document as one page to read: without scripts, and without anything from elsewhere.
 *
 * @param style the CSS of the page
 */
export function renderPage(document: OpenApiDocument, style: string): string {
  const { info, tags } = document;
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method, path, operation })),
  );
  const groups = tags
    .map(({ name, description }) => ({
      name,
      description,
      operations: operations.filter(({ operation }) => operation.tags.includes(name)),
    }))
    .filter((group) => group.operations.length > 0);
  // As it is, to the last blank: the policy of the page has its hash.
  const styleElement = new Html(`<style>${style}</style>`);
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${info.title} ${info.version}</title>
        ${styleElement}
      </head>
      <body>
        <a class="skip" href="#content">Skip to the content</a>
        <nav aria-label="Operations">
          <p class="brand">${info.title} <small>${info.version}</small></p>
          <ul>
            <li><a href="#access">Access</a></li>
            ${groups.map(
              (group) =>
                html`<li>
                  ${group.name}
                  <ul>
                    ${group.operations.map(renderLink)}
                  </ul>
                </li>`,
            )}
            <li><a href="#schemas">Schemas</a></li>
          </ul>
        </nav>
        <main id="content">
          <h1>${info.title}</h1>
          ${markdown(info.description)}
          <p>
            The same as a document for programs: <a href="/openapi.json">/openapi.json</a> (OpenAPI
            ${document.openapi}).
          </p>
          ${renderAccess(document)}
          ${groups.map(
            (group) =>
              html`<section id="tag-${group.name}" aria-labelledby="tag-${group.name}-title">
                <h2 id="tag-${group.name}-title">${group.name}</h2>
                <p>${inlineMarkdown(group.description)}.</p>
                ${group.operations.map((operation) => renderOperation(operation, document))}
              </section>`,
          )}
          ${renderSchemas(document)}
        </main>
      </body>
    </html> `;
  return page.text;
}

function renderLink({ method, path, operation }: ListedOperation): Html {
  return html`<li>
    <a href="#${operation.operationId}"
      ><span class="method ${method}">${method.toUpperCase()}</span> ${path}</a
    >
  </li>`;
}

function renderAccess({ components }: OpenApiDocument): Html {
  const ways = Object.values(components.securitySchemes).map((scheme) =>
    scheme.type === 'apiKey'
      ? html`<li><code>${scheme.name}: &lt;key&gt;</code>: ${scheme.description}</li>`
      : html`<li><code>Authorization: Bearer &lt;key&gt;</code>: ${scheme.description}</li>`,
  );
  return html`<section id="access" aria-labelledby="access-title">
    <h2 id="access-title">Access</h2>
    <p>
      Every request under <code>/v1</code> and <code>/ops</code> carries the admin key, in one of
      these headers:
    </p>
    <ul>
      ${ways}
    </ul>
    <p>The examples take the key and the address of the service from the shell:</p>
    <pre tabindex="0"><code>KEY=$(cat .nexmdm/admin-key)
QUERY=http://localhost:4001</code></pre>
  </section>`;
}

function renderSchemas({ components }: OpenApiDocument): Html {
  const schemas = Object.entries(components.schemas).map(
    ([name, schema]) =>
      html`<section class="schema" id="schema-${name}" aria-labelledby="schema-${name}-title">
        <h3 id="schema-${name}-title">${name}</h3>
        ${schema.description === undefined ? undefined : markdown(schema.description)}
        ${renderSchema(schema, name)}
      </section>`,
  );
  return html`<section id="schemas" aria-labelledby="schemas-title">
    <h2 id="schemas-title">Schemas</h2>
    ${schemas}
  </section>`;
}
