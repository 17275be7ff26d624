/** The reference page: Swagger UI for this gateway's own document. It loads nothing from other hosts. */
export const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>Herald: API reference</title>
    <link rel="icon" href="/favicon.svg" />
    <link rel="stylesheet" href="/docs/swagger-ui.css" />
    <link rel="stylesheet" href="/docs/page.css" />
  </head>
  <body>
    <div id="reference"></div>
    <script src="/docs/swagger-ui-bundle.js"></script>
    <script src="/docs/page.js"></script>
  </body>
</html>
`;

export const SCRIPT = `SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#reference',
  deepLinking: true,
  displayRequestDuration: true,
  tryItOutEnabled: true,
  defaultModelsExpandDepth: 0,
  docExpansion: 'list',
});
`;

/** Hides the list of servers, which has one entry, and the headers of refusals, which are all alike. */
export const STYLE = `body { margin: 0; background: #fff; }
.swagger-ui .wrapper { max-width: 1100px; }
.swagger-ui .info { margin: 32px 0 16px; }
.swagger-ui .scheme-container { padding: 12px 0; box-shadow: none; border-bottom: 1px solid #e4e6ea; }
.swagger-ui .servers-title, .swagger-ui .servers { display: none; }
.swagger-ui .opblock .opblock-section-header { box-shadow: none; min-height: 42px; }
.swagger-ui .markdown code, .swagger-ui .renderedMarkdown code { color: #3b4151; font-weight: 600; }
.swagger-ui .responses-table .col_header.response-col_links,
.swagger-ui .responses-table .response-col_links { display: none; }
.swagger-ui .responses-table .response:not([data-code^='2']) .headers-wrapper { display: none; }
.swagger-ui .responses-table .response .example.microlight { max-height: 22em; }
.swagger-ui textarea.body-param__text { min-height: 190px; }
.swagger-ui .dialog-ux .modal-ux { max-height: 92vh; }
.swagger-ui .dialog-ux .modal-ux-content { max-height: 82vh; }
.swagger-ui .auth-container, .swagger-ui .auth-container:last-of-type { margin: 0; padding: 4px 8px; }
.swagger-ui .auth-container input { width: 100%; max-width: 520px; }
.swagger-ui .auth-btn-wrapper { justify-content: flex-start; padding: 4px 0 10px; }
`;

/** Allows only scripts and requests of this gateway; Swagger UI draws its icons from data URLs. */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');
