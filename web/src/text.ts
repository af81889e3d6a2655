/**
 * Every sentence the page says, in Spanish and English, and the formats that go with the language.
 * The Spanish catalogue is the model: the compiler refuses an English one that lacks an entry.
 */
const es = {
  appHeading: 'Consumo eléctrico',
  skipToContent: 'Ir al contenido',
  switchLanguage: 'EN',
  switchLanguageLabel: 'English',
  switchLanguageTo: 'en',
  logIn: 'Iniciar sesión',
  logOut: 'Cerrar sesión',
  loading: 'Cargando…',
  retry: 'Reintentar',
  retryNow: 'Reintentar ahora',
  live: 'En directo',
  connecting: 'Conectando…',
  offline: 'Sin conexión',
  offlineBanner: 'Sin conexión con el servidor. Se muestra lo último recibido; la página vuelve a intentarlo sola.',
  serverUnreachable: 'No se puede contactar con el servidor. Comprueba que está en marcha y tu conexión.',
  serverTrouble: (status: number) => `El servidor no pudo responder (código ${status}).`,
  sessionEnded: 'Tu sesión ha terminado. Inicia sesión de nuevo.',

  loginTitle: 'Iniciar sesión',
  loginLead: 'Sensores, dispositivos y energía en un solo sitio.',
  username: 'Usuario',
  password: 'Contraseña',
  passwordAgain: 'Repite la contraseña',
  showPassword: 'Mostrar',
  hidePassword: 'Ocultar',
  keepSignedIn: 'Mantener la sesión en este navegador',
  enter: 'Entrar',
  entering: 'Entrando…',
  wrongCredentials: 'Usuario o contraseña incorrectos.',
  tooManyAttempts: 'Demasiados intentos. Espera antes de volver a probar.',
  waitFor: (wait: string) => `Espera ${wait}`,
  demoHint: 'Demostración. Entra con:',
  fillUsername: 'Escribe tu usuario.',
  fillPassword: 'Escribe tu contraseña.',

  setupTitle: 'Puesta en marcha',
  setupLead: 'Crea la primera cuenta. El código de un solo uso está en la salida del servidor, donde lo arrancaste.',
  setupCode: 'Código de un solo uso',
  email: 'Correo electrónico (opcional)',
  passwordHint: 'Al menos 8 caracteres; una frase larga es mejor.',
  createAccount: 'Crear la cuenta',
  creatingAccount: 'Creando la cuenta…',
  fillCode: 'Escribe el código.',
  passwordTooShort: 'La contraseña necesita al menos 8 caracteres.',
  passwordsDiffer: 'Las dos contraseñas no coinciden.',
  setupRefused: 'El servidor no aceptó los datos.',

  powerNow: 'Potencia ahora',
  noReadingYet: 'Sin lecturas todavía',
  stale: (age: string) => `Dato antiguo: ${age}`,
  justNow: 'ahora mismo',
  minimum: 'Mínimo',
  mean: 'Media',
  maximum: 'Máximo',
  todaySince: (time: string, count: string) => `Hoy desde las ${time}, ${count} lecturas`,
  nothingToday: 'Hoy no hay lecturas en lo mostrado',
  chartTitle: 'Potencia en el tiempo',
  unitKw: 'kW',
  span5: '5 min',
  span30: '30 min',
  spanAll: 'Todo',
  spanLabel: 'Tiempo mostrado',
  showTable: 'Ver como tabla',
  showChart: 'Ver como gráfica',
  chartSummary: (from: string, to: string, latest: string, min: string, max: string, mean: string) =>
    `Gráfica de potencia de ${from} a ${to}. Última ${latest}, mínimo ${min}, máximo ${max}, media ${mean}. Los mismos datos están en la tabla.`,
  chartEmpty: 'Aún no hay lecturas de energía. Aparecerán aquí en cuanto llegue la primera.',
  chartWaiting: 'Esperando lecturas en este intervalo.',
  columnTime: 'Hora',
  columnCount: 'Lecturas',
  tableCaption: 'Potencia en kW, lo más reciente primero',

  devices: 'Dispositivos',
  devicesEmpty: 'Aún no hay dispositivos. Aparecen solos cuando publican por MQTT.',
  devicesOnline: (online: string, all: string) => `${online} de ${all} en línea`,
  online: 'En línea',
  neverSeen: 'Sin señal aún',
  unclaimed: 'Sin reclamar',
  seen: (age: string) => `visto ${age}`,
  showAll: (count: string) => `Mostrar los ${count}`,
  showFewer: 'Mostrar menos',
  yes: 'sí',
  no: 'no',
  states: {
    activo: 'Activo',
    inactivo: 'Inactivo',
    mantenimiento: 'Mantenimiento',
    desconectado: 'Desconectado',
    desconocido: 'Desconocido',
  } as Record<string, string>,
  kinds: {
    generico: 'Genérico',
    aerogenerador: 'Aerogenerador',
    termometro: 'Termómetro',
    sensor_co2: 'Sensor de CO₂',
    sensor_luz: 'Sensor de luz',
    sensor_humo: 'Detector de humo',
    sensor_mov: 'Sensor de movimiento',
    sensor_ruido: 'Sensor de ruido',
    camara: 'Cámara',
  } as Record<string, string>,

  wind: 'Parque eólico',
  windMean: 'Producción media, última hora',
  windTotal: 'Total',
  windValid: 'Válidos',
  windErrors: 'Errores',
  ofTotal: (valid: string, all: string) => `${valid} de ${all}`,
  windPerMinute: 'Media por minuto',
  windBars: (count: string, min: string, max: string) =>
    `Producción media por minuto, ${count} minutos, entre ${min} y ${max} kWh`,
  turbines: 'Aerogeneradores',
  turbine: 'Aerogenerador',
  turbineUnits: 'kWh, viento en m/s',
  qualityGood: 'Correcto',
  windSpeed: 'viento',
  flags: {
    rango: 'fuera de rango',
    atascado: 'sensor atascado',
    potencia_sin_viento: 'potencia sin viento',
    fuera_de_curva: 'fuera de la curva',
    fuera_de_orden: 'llegó tarde',
    reloj: 'reloj desviado',
    error_dispositivo: 'error del equipo',
  } as Record<string, string>,

  deadLetters: 'Mensajes rechazados',
  deadLettersNone: 'Ninguno: todo lo recibido se entendió.',
  deadLettersLead: (count: number): string =>
    count === 1 ? 'mensaje que no se pudo entender' : 'mensajes que no se pudieron entender',
  reasons: {
    formato: 'Formato',
    valor: 'Valor no válido',
    tamano: 'Demasiado grande',
    topico_no_permitido: 'Tópico no permitido',
    dispositivo_ajeno: 'Dispositivo ajeno',
    dispositivo_desconocido: 'Dispositivo desconocido',
    limite: 'Límite alcanzado',
  } as Record<string, string>,
  payloadSize: (size: string) => `${size} bytes`,
  noPermission: 'Tu cuenta no tiene permiso para ver esto.',
};

export type Catalogue = typeof es;

const en: Catalogue = {
  appHeading: 'Electricity use',
  skipToContent: 'Skip to content',
  switchLanguage: 'ES',
  switchLanguageLabel: 'Español',
  switchLanguageTo: 'es',
  logIn: 'Log in',
  logOut: 'Log out',
  loading: 'Loading…',
  retry: 'Try again',
  retryNow: 'Try again now',
  live: 'Live',
  connecting: 'Connecting…',
  offline: 'Offline',
  offlineBanner: 'No connection to the server. You see the last data received; the page keeps trying by itself.',
  serverUnreachable: 'The server cannot be reached. Check that it is running and that you are connected.',
  serverTrouble: (status) => `The server could not answer (code ${status}).`,
  sessionEnded: 'Your session has ended. Please log in again.',

  loginTitle: 'Log in',
  loginLead: 'Sensors, devices and energy in one place.',
  username: 'Username',
  password: 'Password',
  passwordAgain: 'Repeat the password',
  showPassword: 'Show',
  hidePassword: 'Hide',
  keepSignedIn: 'Keep me signed in on this browser',
  enter: 'Log in',
  entering: 'Logging in…',
  wrongCredentials: 'Wrong username or password.',
  tooManyAttempts: 'Too many attempts. Please wait before trying again.',
  waitFor: (wait) => `Wait ${wait}`,
  demoHint: 'Demonstration. Log in with:',
  fillUsername: 'Enter your username.',
  fillPassword: 'Enter your password.',

  setupTitle: 'First start',
  setupLead: 'Create the first account. The one-time code is in the output of the server, where you started it.',
  setupCode: 'One-time code',
  email: 'E-mail (optional)',
  passwordHint: 'At least 8 characters; a long phrase is better.',
  createAccount: 'Create the account',
  creatingAccount: 'Creating the account…',
  fillCode: 'Enter the code.',
  passwordTooShort: 'The password needs at least 8 characters.',
  passwordsDiffer: 'The two passwords differ.',
  setupRefused: 'The server did not accept the data.',

  powerNow: 'Power now',
  noReadingYet: 'No readings yet',
  stale: (age) => `Old value: ${age}`,
  justNow: 'just now',
  minimum: 'Minimum',
  mean: 'Mean',
  maximum: 'Maximum',
  todaySince: (time, count) => `Today since ${time}, ${count} readings`,
  nothingToday: 'No readings of today in view',
  chartTitle: 'Power over time',
  unitKw: 'kW',
  span5: '5 min',
  span30: '30 min',
  spanAll: 'All',
  spanLabel: 'Time shown',
  showTable: 'Show as table',
  showChart: 'Show as chart',
  chartSummary: (from, to, latest, min, max, mean) =>
    `Chart of power from ${from} to ${to}. Latest ${latest}, minimum ${min}, maximum ${max}, mean ${mean}. The same data are in the table.`,
  chartEmpty: 'No energy readings yet. They will appear here as soon as the first one arrives.',
  chartWaiting: 'Waiting for readings in this stretch of time.',
  columnTime: 'Time',
  columnCount: 'Readings',
  tableCaption: 'Power in kW, newest first',

  devices: 'Devices',
  devicesEmpty: 'No devices yet. They appear by themselves when they publish over MQTT.',
  devicesOnline: (online, all) => `${online} of ${all} online`,
  online: 'Online',
  neverSeen: 'No signal yet',
  unclaimed: 'Unclaimed',
  seen: (age) => `seen ${age}`,
  showAll: (count) => `Show all ${count}`,
  showFewer: 'Show fewer',
  yes: 'yes',
  no: 'no',
  states: {
    activo: 'Active',
    inactivo: 'Inactive',
    mantenimiento: 'Maintenance',
    desconectado: 'Disconnected',
    desconocido: 'Unknown',
  },
  kinds: {
    generico: 'Generic',
    medidor: 'Meter',
    aerogenerador: 'Wind turbine',
    termometro: 'Thermometer',
    enchufe: 'Plug',
    luz: 'Light',
    riego: 'Irrigation',
    persiana: 'Blind',
    ventilador: 'Fan',
    puerta: 'Door',
    sensor_co2: 'CO₂ sensor',
    sensor_luz: 'Light sensor',
    sensor_humo: 'Smoke detector',
    sensor_mov: 'Motion sensor',
    sensor_ruido: 'Noise sensor',
    camara: 'Camera',
  },

  wind: 'Wind park',
  windMean: 'Mean production, last hour',
  windTotal: 'Total',
  windValid: 'Valid',
  windErrors: 'Errors',
  ofTotal: (valid, all) => `${valid} of ${all}`,
  windPerMinute: 'Mean per minute',
  windBars: (count, min, max) => `Mean production per minute, ${count} minutes, between ${min} and ${max} kWh`,
  turbines: 'Turbines',
  turbine: 'Turbine',
  turbineUnits: 'kWh, wind in m/s',
  qualityGood: 'Good',
  windSpeed: 'wind',
  flags: {
    rango: 'out of range',
    atascado: 'stuck sensor',
    potencia_sin_viento: 'power without wind',
    fuera_de_curva: 'off the power curve',
    fuera_de_orden: 'came late',
    reloj: 'clock is off',
    error_dispositivo: 'device error',
  },

  deadLetters: 'Rejected messages',
  deadLettersNone: 'None: everything received was understood.',
  deadLettersLead: (count) =>
    count === 1 ? 'message that could not be understood' : 'messages that could not be understood',
  reasons: {
    formato: 'Format',
    valor: 'Invalid value',
    tamano: 'Too large',
    topico_no_permitido: 'Topic not allowed',
    dispositivo_ajeno: 'Not its device',
    dispositivo_desconocido: 'Unknown device',
    limite: 'Limit reached',
  },
  payloadSize: (size) => `${size} bytes`,
  noPermission: 'Your account may not see this.',
};

export type Language = 'es' | 'en';

/** The texts and formats of one language. */
export class Speech {
  readonly t: Catalogue;
  readonly language: Language;
  readonly #locale: string;
  readonly #numbers = new Map<number, Intl.NumberFormat>();
  readonly #relative: Intl.RelativeTimeFormat;
  readonly #clock: Intl.DateTimeFormat;
  readonly #clockSeconds: Intl.DateTimeFormat;
  readonly #day: Intl.DateTimeFormat;
  readonly #moment: Intl.DateTimeFormat;

  constructor(language: Language) {
    this.language = language;
    this.t = language === 'es' ? es : en;
    // A regional preference of the same language (es-MX, en-GB) decides the formats.
    this.#locale = navigator.languages.find((tag) => tag.startsWith(language)) ?? language;
    this.#relative = new Intl.RelativeTimeFormat(this.#locale, { style: 'short' });
    this.#clock = this.#format({ hour: '2-digit', minute: '2-digit' });
    this.#clockSeconds = this.#format({ hour: '2-digit', minute: '2-digit', second: '2-digit' });
    this.#day = this.#format({ day: 'numeric', month: 'short' });
    this.#moment = this.#format({
      day: 'numeric',
      month: 'short',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    });
  }

  #format(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
    return new Intl.DateTimeFormat(this.#locale, { hourCycle: 'h23', ...options });
  }

  /** A number with that many decimals, or with fewer when `atMost` and they would be zeros. */
  number(value: number, digits = 0, atMost = false): string {
    const key = atMost ? -digits : digits;
    let format = this.#numbers.get(key);
    if (!format) {
      format = new Intl.NumberFormat(this.#locale, {
        minimumFractionDigits: atMost ? 0 : digits,
        maximumFractionDigits: digits,
      });
      this.#numbers.set(key, format);
    }
    return format.format(value);
  }

  /** Kilowatts with about three digits that mean something. */
  kilowatts(kw: number): string {
    const size = Math.abs(kw);
    return this.number(kw, size >= 1000 ? 0 : size >= 100 ? 1 : size < 0.1 && size > 0 ? 3 : 2);
  }

  /** A measured value of unknown kind: as many decimals as it has, three at most. */
  measured(value: number): string {
    const size = Math.abs(value);
    return this.number(value, size >= 1000 ? 0 : size >= 100 ? 1 : size >= 1 ? 2 : 3, true);
  }

  clock(at: number): string {
    return this.#clock.format(at);
  }

  clockSeconds(at: number): string {
    return this.#clockSeconds.format(at);
  }

  day(at: number): string {
    return this.#day.format(at);
  }

  /** Day and time, to the second. */
  moment(at: number): string {
    return this.#moment.format(at);
  }

  /** How long ago, in the largest unit that fits: "hace 2 s". */
  age(ms: number): string {
    const seconds = Math.max(0, Math.round(ms / 1000));
    if (seconds < 1) return this.t.justNow;
    if (seconds < 120) return this.#relative.format(-seconds, 'second');
    if (seconds < 7200) return this.#relative.format(-Math.round(seconds / 60), 'minute');
    if (seconds < 172_800) return this.#relative.format(-Math.round(seconds / 3600), 'hour');
    return this.#relative.format(-Math.round(seconds / 86_400), 'day');
  }

  /** A waiting time: "42 s" or "3:05". */
  wait(seconds: number): string {
    if (seconds < 60) return `${seconds} s`;
    return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
  }

  state(name: string): string {
    return this.t.states[name.toLowerCase()] ?? name;
  }

  kind(name: string): string {
    return this.t.kinds[name.toLowerCase()] ?? capitalised(name.replaceAll('_', ' '));
  }

  flag(name: string): string {
    return this.t.flags[name] ?? name.replaceAll('_', ' ');
  }

  reason(name: string): string {
    return this.t.reasons[name] ?? capitalised(name.replaceAll('_', ' '));
  }
}

function capitalised(text: string): string {
  return text.charAt(0).toLocaleUpperCase() + text.slice(1);
}

const REMEMBERED = 'vatio.language';

/** The user's own choice, else the browser's first language that we speak, else Spanish. */
export function preferredLanguage(): Language {
  let chosen: string | null = null;
  try {
    chosen = localStorage.getItem(REMEMBERED);
  } catch {
    // Storage may be forbidden: then the choice lasts as long as the page.
  }
  for (const tag of [chosen, ...navigator.languages]) {
    if (tag?.startsWith('es')) return 'es';
    if (tag?.startsWith('en')) return 'en';
  }
  return 'es';
}

export function rememberLanguage(language: Language): void {
  try {
    localStorage.setItem(REMEMBERED, language);
  } catch {
    // As above.
  }
}
