import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { runnerImport } from 'vite';

// The series tells the screen once per frame; here a frame is whenever the test says so.
const frames = [];
globalThis.requestAnimationFrame = (callback) => frames.push(callback);

const load = async (name) =>
  (await runnerImport(fileURLToPath(new URL(`../src/${name}.ts`, import.meta.url)), { logLevel: 'error' })).module;
const { PowerSeries, summarise, tabulate } = await load('series');
const { backOff } = await load('back-off');

const at = (second, kw = 1) => ({ at: second * 1000, kw });

test('keeps the newest points up to its capacity and drops the oldest', () => {
  const series = new PowerSeries(3);
  for (let s = 0; s < 10; s++) series.add(at(s, s));
  assert.deepEqual(series.points.map((p) => p.kw), [7, 8, 9]);
});

test('puts a late point in its place and stores one moment once', () => {
  const series = new PowerSeries();
  series.addAll([at(3, 3), at(1, 1)]);
  series.add(at(2, 2));
  series.add(at(3, 3));
  assert.deepEqual(series.points.map((p) => p.kw), [1, 2, 3]);
});

test('ignores what is no measurement', () => {
  const series = new PowerSeries();
  series.addAll([{ at: NaN, kw: 1 }, { at: 5, kw: NaN }, { at: 5, kw: Infinity }]);
  assert.equal(series.points.length, 0);
});

test('shows a gap only where points are more than a minute apart', () => {
  const series = new PowerSeries();
  series.addAll([at(0), at(60), at(121)]);
  const [xs, ys] = series.columns();
  assert.deepEqual(xs, [0, 60, 90.5, 121]);
  assert.deepEqual(ys, [1, 1, null, 1]);
});

test('tells its listeners once however many points came', () => {
  const series = new PowerSeries();
  let told = 0;
  series.subscribe(() => told++);
  frames.length = 0;
  for (let s = 0; s < 100; s++) series.add(at(s));
  assert.equal(frames.length, 1);
  frames.pop()();
  assert.equal(told, 1);
});

test('summarises the points since a moment', () => {
  const series = new PowerSeries();
  series.addAll([at(1, 9), at(2, 1), at(3, 5)]);
  const { count, min, max, mean } = summarise(series.since(2000));
  assert.deepEqual({ count, min, max, mean }, { count: 2, min: 1, max: 5, mean: 3 });
  assert.equal(summarise([]), undefined);
});

test('tabulates few points one by one and many in round stretches that lose none', () => {
  assert.equal(tabulate([at(1), at(2)], 60).length, 2);
  const many = Array.from({ length: 3600 }, (_, s) => at(s, s));
  const rows = tabulate(many, 60);
  assert.ok(rows.length <= 60);
  assert.equal(rows.reduce((sum, row) => sum + row.count, 0), 3600);
  assert.equal(rows[0].at, 0);
});

test('waits one second at first and half a minute at most between attempts', () => {
  assert.equal(backOff(0, 0), 1000);
  for (let attempt = 0; attempt < 50; attempt++) {
    for (const random of [0, 0.5, 0.999]) {
      const wait = backOff(attempt, random);
      assert.ok(wait >= 1000 && wait <= 30_000, `${wait}`);
    }
  }
  assert.ok(backOff(9, 0) >= 15_000);
});
