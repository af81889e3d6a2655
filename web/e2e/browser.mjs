// What every story of the page needs: a fresh Chromium, and a witness of everything it does.
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const CANDIDATES = [
  process.env.CHROMIUM,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
];

const LONGEST_STORY_MS = 150_000;

export class Failure extends Error {}

/** Fails the story with one plain sentence. */
export function expect(holds, sentence) {
  if (!holds) throw new Failure(sentence);
}

/** Asks until the answer is true; fails with the sentence after that time. */
export async function eventually(question, sentence, timeoutMs = 10_000) {
  const until = Date.now() + timeoutMs;
  while (Date.now() < until) {
    if (await question()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Failure(sentence);
}

export async function openBrowser() {
  const executablePath = CANDIDATES.find((path) => path && existsSync(path));
  expect(executablePath, 'No Chromium was found: set CHROMIUM to its path.');
  const profile = mkdtempSync(join(tmpdir(), 'vatio-browser-'));
  const browser = await chromium.launch({
    executablePath,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--disable-dev-shm-usage',
      // A name that is no secure context, as a server on a home network is.
      '--host-resolver-rules=MAP vatio.test 127.0.0.1',
    ],
    env: { ...process.env, HOME: profile, XDG_CONFIG_HOME: profile, XDG_CACHE_HOME: profile },
  });
  browser.on('disconnected', () => rmSync(profile, { recursive: true, force: true }));
  return browser;
}

/**
 * A page under watch. `witness.check()` fails when it asked another host for anything, wrote an
 * error to the console, threw, or broke its content policy; `witness.forgive` names console errors
 * that the story provokes on purpose.
 */
export async function openPage(browser, url, options = {}) {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 800 },
    locale: 'es-ES',
    colorScheme: 'light',
    serviceWorkers: 'block',
    ...options,
  });
  const page = await context.newPage();
  const host = new URL(url).host;
  const witness = {
    forgive: [],
    problems: [],
    requests: 0,
    check() {
      const kept = this.problems.filter((p) => !this.forgive.some((pattern) => pattern.test(p)));
      expect(kept.length === 0, `The page had problems: ${kept.join(' | ')}`);
    },
  };
  context.on('request', (request) => {
    witness.requests++;
    const asked = new URL(request.url());
    if (!['data:', 'blob:'].includes(asked.protocol) && asked.host !== host) {
      witness.problems.push(`request to another host: ${request.url()}`);
    }
  });
  page.on('websocket', (socket) => {
    if (new URL(socket.url()).host !== host) witness.problems.push(`socket to another host: ${socket.url()}`);
  });
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) {
      witness.problems.push(`console ${message.type()}: ${message.text()} (${message.location().url})`);
    }
  });
  page.on('pageerror', (failure) => witness.problems.push(`exception: ${failure.message}`));
  page.on('dialog', (dialog) => {
    witness.problems.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      console.error(`content policy broken: ${event.violatedDirective} ${event.blockedURI}`);
    });
  });
  return { page, context, witness };
}

/** Logs in as a person without a mouse would. */
export async function logInByKeyboard(page, url, username, password) {
  await page.goto(url);
  await page.locator('input[name=username]').waitFor({ timeout: 60_000 });
  await eventually(
    () => page.evaluate(() => document.activeElement?.getAttribute('name') === 'username'),
    'The user name field does not have the focus when the page opens.',
  );
  await page.keyboard.type(username);
  await page.keyboard.press('Tab');
  await page.keyboard.type(password);
  await page.keyboard.press('Enter');
}

export async function waitLive(page) {
  await page.locator('[data-testid=link][data-state=live]').waitFor({ timeout: 60_000 });
}

/** The chart is there when its canvas has been painted, not when its box exists. */
export async function expectChart(page) {
  await page.locator('[data-testid=chart] canvas').waitFor({ timeout: 60_000 });
  await eventually(
    () =>
      page.evaluate(() => {
        const canvas = document.querySelector('[data-testid=chart] canvas');
        if (!canvas || canvas.width === 0) return false;
        const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d');
        copy.drawImage(canvas, 0, 0);
        const pixels = copy.getImageData(0, 0, canvas.width, canvas.height).data;
        let painted = 0;
        for (let i = 3; i < pixels.length; i += 4) if (pixels[i] !== 0) painted++;
        return painted > 200;
      }),
    'The chart stays blank.',
  );
}

/** The figure shown as power now, as a number; NaN for a dash. */
export function numberIn(text) {
  const plain = text.trim().replace(/[\s\u00a0\u202f]/g, '');
  const decimal = Math.max(plain.lastIndexOf(','), plain.lastIndexOf('.'));
  if (decimal < 0) return Number(plain.replace('−', '-') || NaN);
  const whole = plain.slice(0, decimal).replace(/[.,]/g, '').replace('−', '-');
  return Number(`${whole}.${plain.slice(decimal + 1)}`);
}

export async function expectNoSidewaysScroll(page, name) {
  const over = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  expect(over <= 0, `The page is ${over} px wider than the window (${name}).`);
}

export async function screenshot(page, name) {
  const folder = process.env.VATIO_SCREENSHOTS;
  if (!folder) return;
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
}

/** Runs a story to its end, says how it went in plain sentences, and exits 0 or 1. */
export async function run(story) {
  setTimeout(() => {
    console.error('FAILED: The story took too long.');
    process.exit(1);
  }, LONGEST_STORY_MS).unref();
  try {
    await story();
    console.log('OK');
    process.exit(0);
  } catch (failure) {
    console.error(failure instanceof Failure ? `FAILED: ${failure.message}` : failure);
    process.exit(1);
  }
}
