import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';

import { API_KEY_SECURITY, PUBLIC_EXTENSION, SESSION_SECURITY } from './api-key.guard.js';

interface Operation {
  [PUBLIC_EXTENSION]?: true;
  security?: object[];
}

/** The contract as OpenAPI 3, made from the controllers. */
export function openApi(app: INestApplication, version: string): OpenAPIObject {
  const builder = new DocumentBuilder()
    .setTitle('Sixdigit')
    .setDescription('Self-hosted phone verification: one call sends a code, a second call checks it.')
    .setVersion(version)
    .setLicense('Apache-2.0', 'https://www.apache.org/licenses/LICENSE-2.0')
    .addBearerAuth(
      { type: 'http', scheme: 'bearer', description: 'A key of API_KEYS, or one that an operator made.' },
      API_KEY_SECURITY,
    )
    .addBearerAuth(
      { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'An access token of /v1/auth.' },
      'accessToken',
    )
    .addCookieAuth(
      '__Host-sixdigit-admin',
      {
        type: 'apiKey',
        in: 'cookie',
        description:
          'An operator who signed in. What changes something also needs the header X-CSRF-Token. Without TLS, in development, the ' +
          'cookie is called sixdigit-admin.',
      },
      SESSION_SECURITY,
    )
    .addSecurityRequirements(API_KEY_SECURITY);
  const document = SwaggerModule.createDocument(app, builder.build());
  for (const operation of Object.values(document.paths).flatMap((path) => Object.values(path) as Operation[])) {
    if (operation[PUBLIC_EXTENSION]) operation.security = [];
    delete operation[PUBLIC_EXTENSION];
  }
  return document;
}

/** `/openapi.json`, and a reference page at `/docs` whose every file comes from this origin. */
export function serveDocs(app: INestApplication, version: string): void {
  // Made when somebody first asks for it.
  SwaggerModule.setup('docs', app, () => openApi(app, version), {
    jsonDocumentUrl: 'openapi.json',
    yamlDocumentUrl: 'openapi.yaml',
    customSiteTitle: 'Sixdigit API',
  });
}
