import { Injectable } from '@nestjs/common';

import type { CountriesDto } from './countries.dto.js';

@Injectable()
export class CountryDesk {
  list(): Promise<CountriesDto> {
    return Promise.resolve({ since: new Date(), countries: [] });
  }
}
