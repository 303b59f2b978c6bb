// The query explorer: an editor, a result, a history, and the schema beside them.
import { Schema } from '/graphiql/schema.js';

const HISTORY_KEY = 'linchpin.history';
const HISTORY_MAX = 30;
const TOKEN_KEY = 'linchpin.token';
const element = (id) => document.getElementById(id);
const [query, variables, result, status, token] = ['query', 'variables', 'result', 'status', 'token'].map(element);
let running = null;

function headers(accept) {
  const all = { 'content-type': 'application/json', accept };
  if (token.value) all.authorization = `Bearer ${token.value}`;
  return all;
}

async function ask(text, values) {
  const body = JSON.stringify({ query: text, variables: values });
  const accept = 'application/graphql-response+json, application/json;q=0.9';
  const response = await fetch('/graphql', { method: 'POST', headers: headers(accept), body });
  return { response, text: await response.text() };
}

function say(text, good) {
  status.textContent = text;
  status.className = good ? 'good' : 'bad';
}

function pretty(text) {
  try { return JSON.stringify(JSON.parse(text), null, 2); } catch { return text; }
}

function isSubscription(text) {
  return /^\s*(#[^\n]*\n\s*)*subscription\b/.test(text);
}

async function listen(text, values) {
  running = new AbortController();
  element('stop').hidden = false;
  const body = JSON.stringify({ query: text, variables: values });
  const response = await fetch('/graphql', { method: 'POST', headers: headers('text/event-stream'), body, signal: running.signal });
  if (!response.ok) { result.textContent = pretty(await response.text()); return say(`status ${response.status}`, false); }
  result.textContent = '';
  const decoder = new TextDecoder();
  const reader = response.body.getReader();
  let rest = '';
  let count = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return say(`${count} events, ended`, true);
    rest += decoder.decode(value, { stream: true });
    const events = rest.split('\n\n');
    rest = events.pop();
    for (const event of events) {
      const data = event.split('\n').filter((line) => line.startsWith('data:')).map((line) => line.slice(5).trim()).join('\n');
      if (!data) continue;
      count += 1;
      result.textContent = `${pretty(data)}\n\n${result.textContent}`.slice(0, 500000);
      say(`${count} events`, true);
    }
  }
}

async function run() {
  let values;
  try { values = variables.value.trim() ? JSON.parse(variables.value) : undefined; } catch (error) { return say(`variables: ${error.message}`, false); }
  running?.abort();
  sessionStorage.setItem(TOKEN_KEY, token.value);
  remember();
  say('running', true);
  const begin = performance.now();
  try {
    if (isSubscription(query.value)) return await listen(query.value, values);
    const { response, text } = await ask(query.value, values);
    const took = (performance.now() - begin).toFixed(1);
    result.textContent = pretty(text);
    say(`status ${response.status}, ${took} ms, ${text.length.toLocaleString()} characters`, response.ok);
    if (response.ok && !schema.loaded) schema.load();
  } catch (error) {
    say(error.name === 'AbortError' ? 'stopped' : error.message, error.name === 'AbortError');
  } finally {
    element('stop').hidden = true;
  }
}

function past() {
  try { return JSON.parse(localStorage.getItem(HISTORY_KEY)) ?? []; } catch { return []; }
}

function remember() {
  const entry = { query: query.value, variables: variables.value };
  const others = past().filter((one) => one.query !== entry.query || one.variables !== entry.variables);
  localStorage.setItem(HISTORY_KEY, JSON.stringify([entry, ...others].slice(0, HISTORY_MAX)));
  offer(element('history'), past().map((one) => ({ ...one, title: one.query.replace(/\s+/g, ' ').slice(0, 80) })));
}

/// Fills a list and puts what is chosen into the editor.
function offer(list, entries) {
  list.length = 1;
  for (const entry of entries) list.add(new Option(entry.title));
  list.onchange = () => {
    const entry = entries[list.selectedIndex - 1];
    if (!entry) return;
    query.value = entry.query;
    variables.value = typeof entry.variables === 'string' ? entry.variables : JSON.stringify(entry.variables ?? {}, null, 2);
    list.selectedIndex = 0;
    query.focus();
  };
}

const schema = new Schema(element('schema'), element('search'), ask);
token.value = sessionStorage.getItem(TOKEN_KEY) ?? '';
token.addEventListener('change', () => { sessionStorage.setItem(TOKEN_KEY, token.value); schema.load(); });
element('run').addEventListener('click', run);
element('stop').addEventListener('click', () => running?.abort());
document.addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) { event.preventDefault(); run(); }
});
offer(element('history'), past().map((one) => ({ ...one, title: one.query.replace(/\s+/g, ' ').slice(0, 80) })));
const examples = await (await fetch('/graphiql/examples.json')).json();
offer(element('examples'), examples);
const first = past()[0] ?? examples[0];
if (first) {
  query.value = first.query;
  variables.value = typeof first.variables === 'string' ? first.variables : JSON.stringify(first.variables ?? {}, null, 2);
}
schema.load();
