// The page against a stand-in server that breaks on purpose: what happens on bad days.
import { mkdtempSync, rmSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  eventually,
  expect,
  expectChart,
  logInByKeyboard,
  numberIn,
  openBrowser,
  openPage,
  run,
  screenshot,
  waitLive,
} from './browser.mjs';
import { startFakeServer } from './fake-server.mjs';

const web = new URL('..', import.meta.url).pathname;
const site = mkdtempSync(join(tmpdir(), 'vatio-site-'));

async function withPage(browser, serverOptions, pageOptions, story) {
  const fake = await startFakeServer(site, serverOptions);
  const { host, ...options } = pageOptions;
  const url = host ? fake.url.replace('127.0.0.1', host) : fake.url;
  const { page, context, witness } = await openPage(browser, url, options);
  try {
    await story({ fake, url, page, context, witness });
    witness.check();
  } finally {
    await context.close();
    await fake.close();
  }
}

const shown = (page) => page.textContent('[data-testid=power-now]').then(numberIn);
const asked = (fake, start) => fake.requests.filter((request) => request.startsWith(start)).length;

async function twoTabs({ page, context, witness, fake, url }) {
  witness.forgive.push(/status of 401/, /net::ERR_INCOMPLETE/);
  await page.goto(url);
  await page.fill('input[name=username]', 'admin');
  await page.fill('input[name=password]', 'admin123');
  await page.getByLabel('Mantener la sesión en este navegador').check();
  await page.keyboard.press('Enter');
  await waitLive(page);
  const second = await context.newPage();
  await second.goto(url);
  await waitLive(second);
  fake.accessTokens.clear();
  fake.dropStreams();
  await waitLive(page);
  await waitLive(second);
  await page.waitForTimeout(300);
  fake.accessTokens.clear();
  fake.dropStreams();
  fake.publish(5.55);
  for (const tab of [page, second]) {
    await eventually(async () => (await shown(tab)) === 5.55, 'A tab lost its session.');
  }
  await page.getByRole('button', { name: 'Cerrar sesión' }).click();
  await second.locator('input[name=username]').waitFor();
}

const stories = {
  async 'the first start asks for the code and makes the account'(browser) {
    await withPage(browser, { needed: true, empty: true }, {}, async ({ page, witness, fake }) => {
      witness.forgive.push(/status of 400/);
      await page.goto(fake.url);
      const fill = (name, value) => page.fill(`input[name=${name}]`, value);
      await page.locator('input[name=code]').waitFor();
      await fill('password', 'una frase larga');
      await fill('password-again', 'otra frase larga');
      await page.keyboard.press('Enter');
      await page.getByText('Las dos contraseñas no coinciden.').waitFor();
      expect(asked(fake, 'POST /api/setup') === 0, 'A faulty form was sent.');
      await fill('password-again', 'una frase larga');
      await fill('code', 'WRONG');
      await page.keyboard.press('Enter');
      await page.getByText('El código no es correcto.').waitFor();
      await screenshot(page, 'setup');
      await fill('code', 'ABCD-1234');
      await page.keyboard.press('Enter');
      await waitLive(page);
      await page.getByText('Aún no hay lecturas de energía.').waitFor();
      await page.getByText('Aún no hay dispositivos.').waitFor();
      await page.getByText('Ninguno: todo lo recibido se entendió.').waitFor();
      expect((await page.getByText('Parque eólico').count()) === 0, 'An empty wind park is shown.');
      await screenshot(page, 'empty');
      fake.publish(1.25);
      await eventually(async () => (await shown(page)) === 1.25, 'The first reading was not shown.');
      await expectChart(page);
    });
  },

  async 'wrong passwords are said, and so is how long to wait'(browser) {
    await withPage(browser, {}, {}, async ({ page, witness, fake }) => {
      witness.forgive.push(/status of 401/, /status of 429/);
      await logInByKeyboard(page, fake.url, 'admin', 'wrong');
      await page.getByText('No se puede iniciar sesión').waitFor();
      for (let i = 0; i < 3; i++) {
        await page.getByRole('button', { name: 'Entrar' }).click();
        await page.waitForTimeout(80);
      }
      await page.getByRole('button', { name: /Espera \d s/ }).waitFor();
      await page.getByRole('button', { name: 'Entrar' }).waitFor({ timeout: 5_000 });
    });
  },

  async 'a lost stream is said and healed with a new ticket and no hole'(browser) {
    await withPage(browser, {}, {}, async ({ page, witness, fake }) => {
      witness.forgive.push(/net::ERR_/);
      await logInByKeyboard(page, fake.url, 'admin', 'admin123');
      await waitLive(page);
      fake.publish(2.22);
      await eventually(async () => (await shown(page)) === 2.22, 'A live reading was not shown.');
      fake.down = true;
      fake.dropStreams();
      await page.getByText('Sin conexión con el servidor.').waitFor();
      await screenshot(page, 'offline');
      fake.publish(3.33);
      fake.down = false;
      await waitLive(page);
      await eventually(async () => (await shown(page)) === 3.33, 'A reading sent meanwhile was not fetched.');
      expect(
        fake.requests.some((r) => r.startsWith('GET /api/stream/?') && r.includes('last_event_id=')),
        'The last event seen was not told to the server.',
      );
      expect((await page.getByText('Sin conexión con el servidor.').count()) === 0, 'The banner stays.');
    });
  },

  async 'a resync reloads the history'(browser) {
    await withPage(browser, {}, {}, async ({ page, fake }) => {
      await logInByKeyboard(page, fake.url, 'admin', 'admin123');
      await waitLive(page);
      await eventually(() => asked(fake, 'GET /api/energy') >= 2, 'The history was not loaded.');
      const before = asked(fake, 'GET /api/energy');
      fake.energy.unshift({ id: 1, timestamp: new Date().toISOString(), consumption: 4.44 });
      fake.send('resync', {});
      await eventually(() => asked(fake, 'GET /api/energy') > before, 'The history was not loaded again.');
      await eventually(async () => (await shown(page)) === 4.44, 'What was dropped is not shown.');
    });
  },

  async 'a flood of events leaves the page quick and small'(browser) {
    await withPage(browser, {}, {}, async ({ page, fake }) => {
      await logInByKeyboard(page, fake.url, 'admin', 'admin123');
      await waitLive(page);
      const start = Date.now();
      for (let i = 0; i < 20_000; i++) {
        fake.send('energy', { id: i, timestamp: new Date(start + i).toISOString(), consumption: (i % 700) / 100 });
      }
      fake.send('energy', { id: -1, timestamp: new Date(start + 30_000).toISOString(), consumption: 6.66 });
      await eventually(async () => (await shown(page)) === 6.66, 'The page did not keep up with 20 000 events.');
      await page.getByRole('button', { name: 'Todo' }).click();
      await page.getByRole('button', { name: 'Ver como tabla' }).click();
      const counts = await page.$$eval('[data-testid=chart-table] tbody td:last-child', (cells) =>
        cells.map((cell) => cell.textContent),
      );
      const points = counts.map(numberIn).reduce((sum, n) => sum + n, 0);
      expect(points === 3600, `The page holds ${points} points instead of 3600.`);
    });
  },

  async 'an expired token is renewed once by two tabs, and both go on'(browser) {
    await withPage(browser, {}, {}, twoTabs);
  },

  async 'so it is on a plain home network, where browsers offer no locks'(browser) {
    await withPage(browser, {}, { host: 'vatio.test' }, async (story) => {
      await twoTabs(story);
      expect(!(await story.page.evaluate(() => 'locks' in navigator)), 'This was no plain network.');
    });
  },

  async 'the session is over when the server says so'(browser) {
    await withPage(browser, {}, {}, async ({ page, witness, fake }) => {
      witness.forgive.push(/status of 401/, /net::ERR_INCOMPLETE/);
      await logInByKeyboard(page, fake.url, 'admin', 'admin123');
      await waitLive(page);
      fake.accessTokens.clear();
      fake.refreshTokens.clear();
      fake.dropStreams();
      await page.getByText('Tu sesión ha terminado.').waitFor();
    });
  },

  async 'a trusted network needs no log-in'(browser) {
    await withPage(browser, { trusted: true }, { locale: 'en-GB' }, async ({ page, fake }) => {
      await page.goto(fake.url);
      await waitLive(page);
      await page.getByRole('heading', { name: 'Electricity use' }).waitFor();
      expect((await page.getAttribute('html', 'lang')) === 'en', 'The page does not say that it is in English.');
      expect(asked(fake, 'GET /api/dead-letters') === 0, 'Dead letters were asked for without a superuser.');
      await page.getByRole('button', { name: /Español/ }).click();
      await page.getByRole('heading', { name: 'Consumo eléctrico' }).waitFor();
      await page.reload();
      await page.getByRole('heading', { name: 'Consumo eléctrico' }).waitFor();
    });
  },

  async 'hostile names and payloads are only text, and old values are called old'(browser) {
    await withPage(browser, { history: 0 }, {}, async ({ page, fake }) => {
      fake.publish(0.07, Date.now() - 3 * 3600_000);
      await logInByKeyboard(page, fake.url, 'admin', 'admin123');
      await waitLive(page);
      await page.getByText('<img src=x onerror=alert(1)>').first().waitFor();
      await page.getByText('<script>alert(1)</script>').waitFor();
      expect((await page.locator('main img, main script').count()) === 0, 'A name became markup.');
      await page.getByText(/Dato antiguo: hace 3 h/).waitFor();
      fake.send('device_update', { ...fake.devices[1], nombre: 'Cocina', event: 'device_update' });
      await page.getByText('Cocina').waitFor();
      await screenshot(page, 'hostile');
    });
  },
};

await run(async () => {
  const built = spawnSync('sh', [join(web, 'build.sh'), site], { stdio: 'inherit' });
  expect(built.status === 0, 'The page does not build.');
  const browser = await openBrowser();
  try {
    for (const [name, story] of Object.entries(stories)) {
      if (process.argv[2] && !name.includes(process.argv[2])) continue;
      await story(browser).catch((failure) => {
        console.error(`In the story "${name}":`);
        throw failure;
      });
      console.log(`ok: ${name}`);
    }
  } finally {
    await browser.close();
    rmSync(site, { recursive: true, force: true });
  }
});
