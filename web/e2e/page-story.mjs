// The page against a running server, in a real browser.
//   VATIO_URL, VATIO_USER, VATIO_PASSWORD  where and who
//   VATIO_EXPECT_KW       a value (7.31) that somebody else publishes once this prints READY; it must
//                         be seen as power now
//   VATIO_SCREENSHOTS     folder for pictures
import {
  eventually,
  expect,
  expectChart,
  expectNoSidewaysScroll,
  logInByKeyboard,
  numberIn,
  openBrowser,
  openPage,
  run,
  screenshot,
  waitLive,
} from './browser.mjs';

const WAIT_FOR_VALUE_MS = 30_000;

const { VATIO_URL: url, VATIO_USER: user, VATIO_PASSWORD: password, VATIO_EXPECT_KW: expected } = process.env;

await run(async () => {
  expect(url && user && password, 'Set VATIO_URL, VATIO_USER and VATIO_PASSWORD.');
  const browser = await openBrowser();
  const { page, context, witness } = await openPage(browser, url);

  await logInByKeyboard(page, url, user, password);
  await waitLive(page);
  expect((await page.title()) === 'Vatio', 'The title of the page is not Vatio.');
  expect((await page.getAttribute('html', 'lang')) === 'es', 'The page does not say that it is in Spanish.');
  console.log('Logged in with the keyboard; the stream is up.');

  if (expected) {
    // Looked at in every frame: the next reading may replace the value soon.
    await page.evaluate(() => {
      window.__shown = [];
      const look = () => {
        const text = document.querySelector('[data-testid=power-now]')?.textContent ?? '';
        if (window.__shown.at(-1) !== text) window.__shown.push(text);
        requestAnimationFrame(look);
      };
      look();
    });
    console.log('READY');
    await eventually(
      async () => (await page.evaluate(() => window.__shown)).some((text) => numberIn(text) === Number(expected)),
      `${expected} kW was never shown as power now.`,
      WAIT_FOR_VALUE_MS,
    );
    console.log(`${expected} kW was shown as power now.`);
  }

  await expectChart(page);
  const summary = await page.getAttribute('[data-testid=chart]', 'aria-label');
  expect(/\d/.test(summary ?? ''), 'The chart has no spoken summary.');

  await page.getByRole('button', { name: 'Ver como tabla' }).press('Enter');
  const rows = await page.locator('[data-testid=chart-table] tbody tr').count();
  expect(rows > 0, 'The table beside the chart is empty.');
  await page.getByRole('button', { name: 'Ver como gráfica' }).press('Enter');
  await expectChart(page);
  console.log('The chart is drawn, and its table has the same data.');

  for (const [width, height] of [
    [1280, 800],
    [390, 844],
    [320, 640],
  ]) {
    for (const colorScheme of ['light', 'dark']) {
      await page.setViewportSize({ width, height });
      await page.emulateMedia({ colorScheme });
      await expectChart(page);
      await expectNoSidewaysScroll(page, `${width} px, ${colorScheme}`);
      await screenshot(page, `dashboard-${width}-${colorScheme}`);
    }
  }
  console.log('It fits 1280, 390 and 320 px, light and dark.');

  await page.setViewportSize({ width: 390, height: 844 });
  const small = await page.$$eval('button, a[href]:not(.skip), input', (controls) =>
    controls
      .map((control) => [control.textContent || control.name, control.getBoundingClientRect()])
      .filter(([, box]) => box.width > 0 && (box.height < 44 || box.width < 44))
      .map(([name]) => name),
  );
  expect(small.length === 0, `Too small to touch: ${small.join(', ')}.`);

  await page.setViewportSize({ width: 1280, height: 800 });
  await page.reload();
  await waitLive(page);
  console.log('A reload keeps the session.');

  const copy = await context.newPage();
  await copy.goto(url);
  await copy.locator('input[name=username]').waitFor();
  await copy.close();
  await page.getByRole('button', { name: 'Cerrar sesión' }).click();
  await page.locator('input[name=username]').waitFor();
  for (const [width, colorScheme] of [
    [1280, 'light'],
    [390, 'dark'],
  ]) {
    await page.setViewportSize({ width, height: 800 });
    await page.emulateMedia({ colorScheme });
    await expectNoSidewaysScroll(page, `log-in, ${width} px`);
    await screenshot(page, `login-${width}-${colorScheme}`);
  }
  await page.reload();
  await page.locator('input[name=username]').waitFor();
  console.log('Logging out really ends the session.');

  expect(witness.requests > 0, 'No request was seen, so nothing was proved about other hosts.');
  witness.check();
  console.log(`${witness.requests} requests, none to another host; no error in the console.`);
  await browser.close();
});
