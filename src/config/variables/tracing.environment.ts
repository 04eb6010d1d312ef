import { IsBoolean, IsIn, IsNumber, IsOptional, IsString, Max, Min } from 'class-validator';

import { Env } from '../../kernel/index.js';
import { SAMPLERS } from '../../tracing/index.js';
import { isUrlOf, passes, saying, type Test } from './rules.js';

const isHttpUrl = isUrlOf('http:', 'https:');
/** As W3C Baggage writes them. */
const isPairs: Test = (value) =>
  typeof value === 'string' && value.split(',').every((pair) => /^\s*[^\s=,]+=[^,]*$/.test(pair));
const pairs = saying('must be like name=value,name=value');

/** The names are OpenTelemetry's own. */
export class TracingEnvironment {
  @Env({
    about: 'An OpenTelemetry collector (OTLP over HTTP), which gets traces at /v1/traces; unset: nothing is traced.',
    example: 'http://localhost:4318',
  })
  @IsOptional()
  @passes('isHttpUrl', isHttpUrl, saying('must be an http:// or https:// URL'))
  OTEL_EXPORTER_OTLP_ENDPOINT?: string;

  @Env({
    about: 'The whole address that traces are posted to, where it is another.',
    example: 'http://localhost:4318/v1/traces',
  })
  @IsOptional()
  @passes('isHttpUrl', isHttpUrl, saying('must be an http:// or https:// URL'))
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT?: string;

  @Env({ about: 'Headers for the collector, such as its key.', example: 'x-api-key=secret' })
  @IsOptional()
  @passes('isPairs', isPairs, pairs)
  OTEL_EXPORTER_OTLP_HEADERS?: string;

  @Env({ about: 'What traces call this program.', example: 'sixdigit' })
  @IsString()
  OTEL_SERVICE_NAME: string = 'sixdigit';

  @Env({ about: 'More of what traces say about it.', example: 'deployment.environment.name=production' })
  @IsOptional()
  @passes('isPairs', isPairs, pairs)
  OTEL_RESOURCE_ATTRIBUTES?: string;

  @Env({ about: `Which requests are traced: ${SAMPLERS.join(', ')}.`, example: 'parentbased_traceidratio' })
  @IsIn(SAMPLERS)
  OTEL_TRACES_SAMPLER: string = 'parentbased_always_on';

  @Env({ about: 'The part of them, 0 to 1, for the samplers by ratio.', example: '0.1' })
  @IsNumber()
  @Min(0)
  @Max(1)
  OTEL_TRACES_SAMPLER_ARG: number = 1;

  @Env({ about: 'true: nothing is traced, whatever else is set.', example: 'false' })
  @IsBoolean()
  OTEL_SDK_DISABLED: boolean = false;
}
