/* The API's page: Swagger UI over our own document. Requests go out with the reader's session and its CSRF token;
   an API key typed into "Authorize" wins over the session, as it does everywhere. Nothing leaves for another host. */
const place = document.querySelector("[data-api-docs]");
const token = document.querySelector('meta[name="csrf-token"]').content;

window.SwaggerUIBundle({
  url: place.dataset.apiDocs,
  domNode: place,
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  docExpansion: "list",
  displayRequestDuration: true,
  persistAuthorization: false,
  validatorUrl: null,
  requestInterceptor: request => {
    if (request.method && request.method !== "GET") request.headers["X-CSRFToken"] = token;
    return request;
  },
});
