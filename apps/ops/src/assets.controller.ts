import { Open } from '@herald/bootstrap';
import { Controller, Get, Header } from '@nestjs/common';
import { ICON, ICON_PATH, STYLE_PATH } from './pages/layout.js';
import { STYLE } from './pages/style.js';

const FOR_A_DAY = 'public, max-age=86400';

/** The style sheet and the icon of the pages. They are public, because the login page needs them. */
@Controller()
export class AssetsController {
  @Open()
  @Get(STYLE_PATH)
  @Header('Content-Type', 'text/css; charset=utf-8')
  @Header('Cache-Control', FOR_A_DAY)
  style(): string {
    return STYLE;
  }

  @Open()
  @Get(ICON_PATH)
  @Header('Content-Type', 'image/svg+xml')
  @Header('Cache-Control', FOR_A_DAY)
  icon(): string {
    return ICON;
  }
}
