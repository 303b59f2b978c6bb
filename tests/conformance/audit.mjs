// Runs the GraphQL over HTTP audits and the checks of graphql-transport-ws against a server:
//   node audit.mjs URL
// The schema behind it needs a mutation and two subscriptions: `count(to)`, which counts and ends,
// and `forever`, which says nothing and does not end.
import { auditServer } from 'graphql-http';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';

const url = process.argv[2];
const socketUrl = url.replace(/^http/, 'ws');
let failures = 0;

function report(ok, name, detail) {
  if (!ok) failures += 1;
  console.log(`${ok ? 'ok  ' : 'FAIL'} ${name}${ok || !detail ? '' : `: ${detail}`}`);
}

for (const audit of await auditServer({ url, fetchFn: fetch })) {
  report(audit.status === 'ok', `${audit.id} ${audit.name}`, audit.reason);
}

/// Sends messages and returns the close code, or what `until` finds first.
function talk(messages, { until = () => undefined, protocol = 'graphql-transport-ws' } = {}) {
  return new Promise((resolve) => {
    const socket = new WebSocket(socketUrl, protocol);
    const send = () => messages.length > 0 && socket.send(typeof messages[0] === 'string' || Buffer.isBuffer(messages[0]) ? messages.shift() : JSON.stringify(messages.shift()));
    socket.on('open', () => { while (messages.length > 0) send(); });
    socket.on('message', (data) => {
      const found = until(JSON.parse(data.toString()));
      if (found !== undefined) { resolve(found); socket.close(); }
    });
    socket.on('unexpected-response', (_, response) => resolve(`status ${response.statusCode}`));
    socket.on('error', () => {});
    socket.on('close', (code) => resolve(code));
    setTimeout(() => resolve('nothing happened'), 15000).unref();
  });
}

async function expect(name, expected, messages, options) {
  const found = await talk(messages, options);
  report(found === expected, `ws ${name}`, `expected ${expected}, found ${found}`);
}

const init = { type: 'connection_init' };
const typename = { type: 'subscribe', id: '1', payload: { query: '{ __typename }' } };
const forever = { type: 'subscribe', id: '1', payload: { query: 'subscription { forever }' } };
await expect('refuses another subprotocol', 'status 400', [], { protocol: 'graphql-ws' });
await expect('subscribe before init', 4401, [typename]);
await expect('second init', 4429, [init, init]);
await expect('text that is no message', 4400, [init, 'not json']);
await expect('unknown type', 4400, [init, { type: 'start', id: '1', payload: { query: '{ __typename }' } }]);
await expect('binary', 4400, [init, Buffer.from('{}')]);
await expect('missing id', 4400, [init, { type: 'subscribe', payload: { query: '{ __typename }' } }]);
await expect('too big', 1009, [init, JSON.stringify({ type: 'ping', payload: { x: 'x'.repeat(100000) } })]);
await expect('same id twice', 4409, [init, forever, forever]);
await expect('no init', 4408, []);
await expect('ack', 'connection_ack', [init], { until: (m) => m.type });
await expect('pong with payload', '{"a":1}', [{ type: 'ping', payload: { a: 1 } }], { until: (m) => (m.type === 'pong' ? JSON.stringify(m.payload) : undefined) });
await expect('next then complete', 'complete', [init, typename], { until: (m) => (m.type === 'complete' ? m.type : undefined) });
await expect('invalid document is an error', 'GRAPHQL_VALIDATION_FAILED', [init, { type: 'subscribe', id: '1', payload: { query: '{ nothing_of_ours }' } }], { until: (m) => (m.type === 'error' ? m.payload[0].extensions.code : undefined) });
await expect('unparsable document is an error', 'GRAPHQL_VALIDATION_FAILED', [init, { type: 'subscribe', id: '1', payload: { query: '{' } }], { until: (m) => (m.type === 'error' ? m.payload[0].extensions.code : undefined) });

const client = createClient({ url: socketUrl, webSocketImpl: WebSocket, retryAttempts: 0 });
const results = [];
for await (const result of client.iterate({ query: '{ __typename }' })) results.push(result);
report(results.length === 1 && typeof results[0].data.__typename === 'string', 'ws client of graphql-ws reads a query');
const counted = [];
for await (const result of client.iterate({ query: 'subscription { count(to: 5000) }' })) counted.push(result.data.count);
report(counted.length === 5000 && counted[4999] === 5000, 'ws a long subscription arrives whole', `${counted.length} arrived`);
await client.dispose();

console.log(`${failures} failed`);
process.exit(failures === 0 ? 0 : 1);
