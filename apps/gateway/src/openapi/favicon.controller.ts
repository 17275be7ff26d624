import { Open, Unlisted } from '@herald/bootstrap';
import { Controller, Get, Header, StreamableFile } from '@nestjs/common';

const SVG = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">
  <rect width="32" height="32" rx="7" fill="#3346b8"/>
  <path d="M9 6v20" stroke="#fff" stroke-width="3" stroke-linecap="round"/>
  <path d="M11 7.5h15l-4.5 5 4.5 5H11z" fill="#ffd166"/>
</svg>`;

/** The same icon in 32 by 32 pixels, for browsers that request only this one. */
const ICO = Buffer.from(
  [
    'AAABAAEAICAAAAEAIAA/AgAAFgAAAIlQTkcNChoKAAAADUlIRFIAAAAgAAAAIAgGAAAAc3p69AAAAfRJREFUeJzslztI5EAYx//f',
    'XPZcrhDvuFu4g0OPgzuOQ4hPfIEK6ro2NtYqIlY2Vha22gkWWomdrSCCsL5AEWQFRdOsYuULBNcnKqKoGWcWFMFk1yyZiOAPQr5k',
    'Pvj/SCZDRsMT9IrZDPJddzDwIg7SiRCAC3COGIEbJmiR36T1GXOVpw9j9FDk1EyGiPMhEfoDChEye5yodXUqGH4UyK0KB4nRBDxE',
    'PI06KUHZZeOfP37SouLed3iIfBJXDNmaz681JQovzv8aP0eWD+Em8lX779DIwFBk11RREkB/T178kLXriGwx4bmtwJ/f6Za1a4hs',
    'jYgyX9rfVrOOVNg/8WNs6dez+zJbgwPaqp0LnF/60DxQbjvuSMApN7cM7UOl2D5I917ANAmdw4WI7n5J2KdMoGdEx/xa8kVViUBk',
    'I2A56axgUEDx3xjqCzZf1KtEQNLVYAiR/aR9ygQY4+htiuD/z+PEfVBIms/EQOsCMr+d2fY4moSD0/+QCnrWke1a4ExgKjWBRCh9',
    'Be8C7wJvRIAj+XqpCpEtFkxu2I1v7VxY1u7lc0MjkBQIWjXML8bQ3Rd9rN1GZpNeG85id7Qq/tMz4CFiY3JqfuA5zJgIbYnLFniM',
    'ydEss+Nfwcp0aFTu1eR2CYqRGTLLmKkdk9f0dPA1tuf3AAAA//+2KRKsAAAABklEQVQDAIpzrDRBN+xoAAAAAElFTkSuQmCC',
  ].join(''),
  'base64',
);

/** Serves the icon that browsers show beside the gateway's pages, to everyone. */
@Controller()
@Unlisted()
export class FaviconController {
  @Open()
  @Get('favicon.svg')
  @Header('Cache-Control', 'public, max-age=86400')
  svg(): StreamableFile {
    return new StreamableFile(Buffer.from(SVG), { type: 'image/svg+xml' });
  }

  @Open()
  @Get('favicon.ico')
  @Header('Cache-Control', 'public, max-age=86400')
  ico(): StreamableFile {
    return new StreamableFile(ICO, { type: 'image/vnd.microsoft.icon' });
  }
}
