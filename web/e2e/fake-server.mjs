// A stand-in for the server that speaks just enough of its API for the page's own tests: it can be
// told to break in ways a real one should not. Acceptance runs against the real server.
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { extname, join, normalize } from 'node:path';

const TYPES = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' };
const POLICY =
  "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
  "object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'";

/**
 * @param site folder of the built page
 * @param options.needed first start, code "ABCD-1234"; options.trusted no log-in needed;
 *   options.empty an installation without any data; options.history number of energy readings
 */
export async function startFakeServer(site, options = {}) {
  const fake = new FakeServer(site, options);
  await new Promise((resolve) => fake.http.listen(options.port ?? 0, '127.0.0.1', resolve));
  fake.url = `http://127.0.0.1:${fake.http.address().port}`;
  return fake;
}

class FakeServer {
  constructor(site, options) {
    this.site = site;
    this.options = { history: 400, ...options };
    this.http = createServer((request, response) => {
      this.#answer(request, response).catch((failure) => {
        console.error(failure);
        response.destroy();
      });
    });
    this.streams = new Set();
    this.tickets = new Set();
    this.refreshTokens = new Set();
    this.accessTokens = new Set();
    this.requests = [];
    this.failedLogins = 0;
    this.down = false;
    this.nextEvent = 1;
    this.energy = this.options.empty ? [] : history(this.options.history, Date.now());
    this.devices = this.options.empty ? [] : devices();
  }

  publish(kw, at = Date.now()) {
    const point = { id: 100000 + this.nextEvent, timestamp: new Date(at).toISOString(), consumption: kw };
    this.energy.unshift(point);
    this.send('energy', point);
  }

  send(event, data) {
    const id = this.nextEvent++;
    for (const stream of this.streams) stream.write(`id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  dropStreams() {
    for (const stream of this.streams) stream.destroy();
    this.streams.clear();
  }

  async close() {
    this.dropStreams();
    this.http.closeAllConnections();
    await new Promise((resolve) => this.http.close(resolve));
  }

  async #answer(request, response) {
    const url = new URL(request.url, 'http://x');
    const path = url.pathname.replace(/\/$/, '') || '/';
    this.requests.push(`${request.method} ${request.url}`);
    if (this.down) return response.destroy();
    const body = request.method === 'POST' ? await json(request) : undefined;
    const reply = (status, value, headers = {}) => {
      response.writeHead(status, { 'Content-Type': 'application/json', ...headers });
      response.end(value === undefined ? '' : JSON.stringify(value));
    };
    const log = (user) => {
      const answer = { ...this.#tokens(), user, message: 'Login exitoso' };
      return answer;
    };

    switch (`${request.method} ${path}`) {
      case 'GET /api/setup':
        return reply(200, { needed: !!this.options.needed, demo: !!this.options.demo, trusted: !!this.options.trusted });
      case 'POST /api/setup':
        if (body.code !== 'ABCD-1234') return reply(400, { code: ['El código no es correcto.'] });
        this.options.needed = false;
        return reply(201, log(user(body.username)));
      case 'POST /api/auth/login':
        if (this.failedLogins >= 3) {
          return reply(429, { detail: 'Demasiados intentos.' }, { 'Retry-After': '2' });
        }
        if (body.username !== 'admin' || body.password !== 'admin123') {
          this.failedLogins++;
          return reply(401, { detail: 'No se puede iniciar sesión con las credenciales proporcionadas.' });
        }
        return reply(200, log(user('admin')));
      case 'POST /api/auth/refresh':
        if (!this.refreshTokens.delete(body.refresh)) {
          this.refreshTokens.clear();
          return reply(401, { detail: 'El token es inválido o ha expirado', code: 'token_not_valid' });
        }
        return reply(200, this.#tokens());
    }
    if (path === '/api/stream') {
      if (!this.tickets.delete(url.searchParams.get('ticket'))) return reply(401, { detail: 'ticket' });
      return this.#stream(request, response);
    }
    if (!path.startsWith('/api') && request.method === 'GET') {
      const served = await this.#file(path, response);
      if (served) return;
    }
    const bearer = request.headers.authorization?.replace('Bearer ', '');
    if (!this.options.trusted && !this.accessTokens.has(bearer)) {
      return reply(401, { detail: 'Las credenciales de autenticación no se proveyeron.' });
    }
    switch (`${request.method} ${path}`) {
      case 'POST /api/auth/logout':
        this.refreshTokens.delete(body.refresh);
        return reply(200, {});
      case 'POST /api/stream/ticket': {
        const ticket = `t${Math.random()}`;
        this.tickets.add(ticket);
        return reply(201, { ticket, expires_in: 30 });
      }
      case 'GET /api/energy':
        return reply(200, this.energy.slice(0, Number(url.searchParams.get('limit') ?? 100)));
      case 'GET /dispositivos':
        return reply(200, this.devices);
      case 'GET /datos-generadores':
        return reply(200, this.options.empty ? [] : turbines());
      case 'GET /agregados':
        return reply(200, aggregates());
      case 'GET /api/dead-letters':
        return reply(200, this.options.empty ? { count: 0, next: null, previous: null, results: [] } : deadLetters());
      default:
        return reply(404, { detail: 'No encontrado.' });
    }
  }

  #tokens() {
    const access = `a${Math.random()}`;
    const refresh = `r${Math.random()}`;
    this.accessTokens.add(access);
    this.refreshTokens.add(refresh);
    return { access, refresh };
  }

  #stream(request, response) {
    response.writeHead(200, { 'Content-Type': 'text/event-stream; charset=utf-8', 'Cache-Control': 'no-cache' });
    response.write('event: hello\ndata: {}\n\n');
    this.streams.add(response);
    request.on('close', () => this.streams.delete(response));
  }

  async #file(path, response) {
    const file = join(this.site, normalize(path === '/' ? '/index.html' : path));
    let content;
    try {
      content = await readFile(file);
    } catch {
      return false;
    }
    response.writeHead(200, {
      'Content-Type': TYPES[extname(file)] ?? 'application/octet-stream',
      'Content-Security-Policy': POLICY,
      'X-Content-Type-Options': 'nosniff',
    });
    response.end(content);
    return true;
  }
}

async function json(request) {
  let text = '';
  for await (const chunk of request) text += chunk;
  return text ? JSON.parse(text) : {};
}

function user(username) {
  return { id: 1, username, is_superuser: true, rol_detail: { id: 1, nombre: 'superusuario' } };
}

/** A household's afternoon, newest first, with a gap of three minutes in it. */
function history(count, now) {
  const rows = [];
  for (let i = 0; i < count; i++) {
    const ago = i * 4 + (i > count / 2 ? 180 : 0);
    const kettle = i > 60 && i < 85 ? 1.9 : 0;
    const oven = i > 130 && i < 175 ? 2.2 * (i % 9 < 5 ? 1 : 0.2) : 0;
    const kw = 0.42 + 0.16 * Math.sin(i / 19) + 0.05 * Math.sin(i * 2.3) + kettle + oven;
    rows.push({
      id: 100000 - i,
      timestamp: new Date(now - 2000 - ago * 1000).toISOString(),
      consumption: Math.round(kw * 1000) / 1000,
    });
  }
  return rows;
}

function devices() {
  const device = (id, serial, nombre, tipo, estado, parametros, more = {}) => ({
    id,
    serial_number: serial,
    nombre,
    tipo,
    modelo: 'M1',
    descripcion: '',
    estado,
    parametros,
    configuracion: {},
    reclamado: true,
    ...more,
  });
  const seen = (secondsAgo) => new Date(Date.now() - secondsAgo * 1000).toISOString();
  return [
    device(1, 'medidor-principal', 'Medidor principal', 'medidor', 'activo', {}, { last_seen: seen(2) }),
    device(2, 'TMP-0007', 'Salón', 'termometro', 'activo', { temperatura: 21.4, humedad: 47 }, { last_seen: seen(14) }),
    device(3, 'PLG-0031', 'Lavadora', 'enchufe', 'inactivo', { potencia_w: 0, voltaje: 231.2 }, { last_seen: seen(31) }),
    device(4, 'LGT-0102', 'Luz del pasillo', 'luz', 'activo', { brillo: 80 }, { last_seen: seen(7200) }),
    device(5, 'CO2-0009', 'Oficina', 'sensor_co2', 'activo', { co2_ppm: 742, bateria: 88 }, { last_seen: seen(9) }),
    device(6, 'X-77', 'No definido', 'generico', 'desconocido', {}, { reclamado: false }),
    device(7, 'EVIL-1', '<img src=x onerror=alert(1)>', '<b>x</b>', '"><script>', { '<i>a</i>': '<u>b</u>' }, { last_seen: seen(90000) }),
  ];
}

function turbines() {
  const winds = ['N', 'NE', 'E', 'SE', 'S', 'SW', 'W', 'NW'];
  return Array.from({ length: 10 }, (_, i) => ({
    id: i + 1,
    valor_produccion: i === 3 ? 163.2 : 41.5 + ((i * 13) % 37),
    velocidad_viento: i === 3 ? 64 : 9.1 + ((i * 7) % 8),
    direccion_viento: winds[i % 8],
    temperatura: 12.5,
    error: i === 3,
    timestamp: new Date().toISOString(),
    calidad: i === 3 ? ['rango', 'error_dispositivo'] : i === 8 ? ['potencia_sin_viento'] : [],
  }));
}

function aggregates() {
  const minute = Math.floor(Date.now() / 60000) * 60000;
  return {
    media_produccion: 56.42,
    total_produccion: 31482.5,
    numero_errores: 57,
    intervalos: Array.from({ length: 60 }, (_, i) => ({
      inicio: new Date(minute - (59 - i) * 60000).toISOString(),
      fin: new Date(minute - (58 - i) * 60000).toISOString(),
      media_produccion: i === 20 ? null : 52 + 14 * Math.sin(i / 9) + 3 * Math.sin(i * 1.7),
      n_generadores: 10,
      n_validos: 9,
      n_errores: 1,
      completitud: 0.9,
    })),
  };
}

function deadLetters() {
  const letter = (id, reason, detail, payload, address = 'energy/consumption') => ({
    id,
    received_at: new Date(Date.now() - id * 61000).toISOString(),
    origin: 'mqtt',
    address,
    reason,
    detail,
    payload,
    size: payload.length,
  });
  const results = [
    letter(1, 'formato', 'El mensaje no es un número: abc', 'abc'),
    letter(2, 'valor', 'NaN no es una medida', 'NaN'),
    letter(3, 'formato', '<img src=x onerror=alert(1)>', '<script>alert(1)</script>'),
    letter(4, 'tamano', 'El mensaje pasa de 256 KiB', 'x'.repeat(300), 'dispositivos/estado'),
  ];
  return { count: results.length, next: null, previous: null, results };
}
