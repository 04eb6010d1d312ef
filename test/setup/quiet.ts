import { Logger } from '@nestjs/common';

// What tests are about is asserted; the lines in between would only hide a failure.
Logger.overrideLogger(false);
