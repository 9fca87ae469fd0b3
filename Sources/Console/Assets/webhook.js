// A project's webhook: where Telegram delivers, who pointed it there, and how to point it here.

import { call } from './api.js';
import { field } from './dialog.js';
import { full, h } from './dom.js';
import { explain, tell } from './notice.js';

/** The card: where the webhook is, and a form that registers another address. */
export function webhookCard(id, found) {
    const path = found.webhookPath ?? `/telegram/${id}`;
    const url = h('input', {
        type: 'url', required: true, value: location.origin, spellcheck: 'false',
    });
    const said = h('p.said', { role: 'alert' });
    const facts = h('dl.facts');
    show(id, facts);
    return h('form.card', {
        onsubmit: async (event) => {
            event.preventDefault();
            said.textContent = '';
            try {
                await call('POST', `/projects/${id}/webhook`, { url: url.value.trim() },
                    { timeout: 40_000 });
                tell('Webhook registered', { detail: 'Telegram delivers to this address now.' });
                show(id, facts);
            } catch (problem) {
                said.textContent = problem.status === 404
                    ? `This node does not register webhooks. Call setWebhook with ${path} behind `
                        + 'the public address, and with the secret.'
                    : explain(problem);
            }
        },
    }, h('h2', 'Webhook'), facts, field('Public address of the nodes', url,
        'Telegram needs HTTPS on port 443, 80, 88 or 8443; '
            + `${path} is added to the address.`),
    said, h('footer', h('button', { type: 'submit' }, 'Register with Telegram')));
}

/** Fills in what Telegram says; it may take a while, and the page does not wait. */
async function show(id, facts) {
    try {
        const { data } = await call('GET', `/projects/${id}/webhook`, undefined,
            { timeout: 40_000 });
        facts.replaceChildren(...rows(data).map(([name, text]) =>
            h('div', h('dt', name), h('dd', text))));
    } catch {
        facts.replaceChildren(); // The form works without it.
    }
}

function rows(data) {
    const shown = [['Delivered to', place(data)]];
    if (data.pending !== null) shown.push(['Waiting at Telegram', String(data.pending)]);
    if (data.lastError) shown.push(['Last error', `${data.lastError}, ${full(data.lastErrorAt)}`]);
    if (data.pointed) shown.push(['Registered', registered(data.pointed)]);
    return shown;
}

function place(data) {
    if (data.url === null) return `Not known: ${data.problem}`;
    if (!data.url) return 'Nowhere yet';
    const nodes = data.nodes.map((each) => `node ${each}`).join(', ');
    return nodes ? `${data.url} (${nodes})` : data.url;
}

function registered(point) {
    const who = point.by ? `by ${point.by.name}`
        : `by the cluster, because node ${point.gone} was gone`;
    const where = point.node === null ? point.url : `node ${point.node}`;
    return `${where}, ${who}, ${full(point.at)}${point.confirmed ? '' : ' (not confirmed yet)'}`;
}
