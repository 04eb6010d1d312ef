import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';

import { ApiProblems, NeedsScope } from '../../http/index.js';
import { CountriesDto } from './countries.dto.js';
import { CountryDesk } from './country-desk.js';

@ApiTags('admin')
@Controller('v1/admin/countries')
@NeedsScope('admin')
export class CountriesController {
  constructor(private readonly desk: CountryDesk) {}

  @Get()
  @ApiOperation({ summary: 'What each country brought and cost in 24 hours, and what is blocked there' })
  @ApiOkResponse({ type: CountriesDto })
  @ApiProblems(403, 503)
  list(): Promise<CountriesDto> {
    return this.desk.list();
  }
}
