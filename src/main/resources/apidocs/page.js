// Search, and trying operations out, for the page of the contract. Without it the page can still be
// read. The token stays in this tab's memory and goes nowhere but to this server.
const words = document.body.dataset;
const articles = [...document.querySelectorAll('article')];
const entries = new Map(
  [...document.querySelectorAll('nav a')].map((a) => [a.getAttribute('href').slice(1), a.parentElement]),
);
const token = document.querySelector('#token');
const search = document.querySelector('#search');
const found = document.querySelector('#found');
document.querySelector('.tools').hidden = false;

const plain = (text) => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
const texts = new Map(articles.map((article) => [article, plain(article.textContent)]));

search.addEventListener('input', () => {
  const wanted = plain(search.value).split(/\s+/).filter(Boolean);
  let count = 0;
  for (const article of articles) {
    const fits = wanted.every((word) => texts.get(article).includes(word));
    article.hidden = !fits;
    entries.get(article.dataset.id).hidden = !fits;
    count += fits ? 1 : 0;
  }
  for (const section of document.querySelectorAll('section')) {
    section.hidden = !section.querySelector('article:not([hidden])');
  }
  found.textContent = wanted.length ? words.found.replace('{0}', String(count)) : '';
});

let contract;
const load = async () => (contract ??= await (await fetch('/api/schema/?format=json')).json());
const at = (pointer) =>
  pointer
    .slice(2)
    .split('/')
    .reduce((node, part) => node[part.replaceAll('~1', '/').replaceAll('~0', '~')], contract);
const resolve = (node) => (node?.$ref ? at(node.$ref) : node);

function element(name, properties, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

function input(parameter) {
  const schema = resolve(parameter.schema) ?? {};
  const options = schema.enum ?? (schema.type === 'boolean' ? ['true', 'false'] : undefined);
  const field = options
    ? element('select', {}, element('option', { value: '' }, '—'), ...options.map((o) => element('option', {}, String(o))))
    : element('input', { type: 'text', autocomplete: 'off', spellcheck: false });
  field.required = parameter.required === true;
  if (parameter.required && parameter.example !== undefined) {
    field.value = String(parameter.example);
  }
  field.placeholder = schema.default === undefined ? '' : String(schema.default);
  return field;
}

function example(media) {
  const value = media.example ?? Object.values(media.examples ?? {})[0]?.value;
  return typeof value === 'string' ? value : JSON.stringify(value, null, 2) ?? '';
}

function form(article) {
  const { method, path } = article.dataset;
  const item = contract.paths[path];
  const operation = item[method];
  const parameters = [...(item.parameters ?? []), ...(operation.parameters ?? [])].map(resolve);
  const fields = parameters.map((parameter) => ({ parameter, field: input(parameter) }));
  const [type, media] = Object.entries(resolve(operation.requestBody)?.content ?? {})[0] ?? [];
  const body = media && element('textarea', { value: example(media), spellcheck: false });
  const send = element('button', { type: 'submit' }, words.send);
  const answer = element('div', {});
  answer.setAttribute('aria-live', 'polite');
  const made = element(
    'form',
    { className: 'try' },
    ...fields.map(({ parameter, field }) =>
      element('label', {}, `${parameter.name}${parameter.required ? ' *' : ''}`, field),
    ),
    ...(body ? [element('label', {}, `${words.body} (${type})`, body)] : []),
    element('div', { className: 'actions' }, send),
    answer,
  );
  made.addEventListener('submit', async (event) => {
    event.preventDefault();
    send.disabled = true;
    answer.replaceChildren(element('p', { className: 'soft' }, '…'));
    try {
      answer.replaceChildren(...(await call(method, path, fields, type, body?.value)));
    } catch (failure) {
      answer.replaceChildren(element('p', { className: 'status bad' }, String(failure)));
    } finally {
      send.disabled = false;
    }
  });
  return made;
}

async function call(method, path, fields, type, body) {
  const headers = {};
  const query = new URLSearchParams();
  let place = path;
  for (const { parameter, field } of fields) {
    if (field.value === '') {
      continue;
    }
    if (parameter.in === 'path') {
      place = place.replace(`{${parameter.name}}`, encodeURIComponent(field.value));
    } else if (parameter.in === 'query') {
      query.append(parameter.name, field.value);
    } else {
      headers[parameter.name] = field.value;
    }
  }
  if (token.value.trim()) {
    headers.Authorization = `Bearer ${token.value.trim()}`;
  }
  if (body !== undefined) {
    headers['Content-Type'] = type;
  }
  const address = `${place}${query.size ? `?${query}` : ''}`;
  const stop = new AbortController();
  const began = performance.now();
  const response = await fetch(address, {
    method: method.toUpperCase(),
    headers,
    body,
    signal: stop.signal,
    credentials: 'omit',
  });
  const text = await read(response, stop);
  const took = Math.round(performance.now() - began);
  return [
    element('p', {}, element('code', {}, `${method.toUpperCase()} ${address}`)),
    element(
      'p',
      { className: `status ${response.ok ? 'good' : 'bad'}` },
      `${response.status} ${response.statusText} · ${took} ms`,
    ),
    element('pre', { tabIndex: 0 }, shown(response, text)),
  ];
}

/// The beginning of the answer: streams have no end.
async function read(response, stop) {
  if (!response.body) {
    return '';
  }
  const most = 200_000;
  const end = setTimeout(() => stop.abort(), 5_000);
  const decoder = new TextDecoder();
  let text = '';
  try {
    for await (const piece of chunks(response.body.getReader())) {
      text += decoder.decode(piece, { stream: true });
      if (text.length > most) {
        stop.abort();
        break;
      }
    }
  } catch {
    text += '\n…';
  } finally {
    clearTimeout(end);
  }
  return text;
}

async function* chunks(reader) {
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    yield next.value;
  }
}

function shown(response, text) {
  if (!(response.headers.get('Content-Type') ?? '').startsWith('application/json')) {
    return text;
  }
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

for (const article of articles) {
  const button = element('button', { type: 'button', className: 'quiet' }, words.try);
  button.setAttribute('aria-expanded', 'false');
  button.setAttribute('aria-describedby', article.dataset.id);
  let made;
  button.addEventListener('click', async () => {
    if (!made) {
      await load();
      made = form(article);
      article.append(made);
      made.hidden = true;
    }
    made.hidden = !made.hidden;
    button.setAttribute('aria-expanded', String(!made.hidden));
    if (!made.hidden) {
      made.querySelector('input, select, textarea, button').focus();
    }
  });
  article.append(button);
}
