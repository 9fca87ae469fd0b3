// The clicks on a link, one by one.

import { table } from './admin.js';
import { get } from './api.js';
import { full, h } from './dom.js';
import { trouble } from './notice.js';

const PAGE = 50;
const KINDS = { human: 'Person', head: 'HEAD request', prefetch: 'Prefetch', bot: 'Bot' };

/** The card; clicks are read when somebody wants to see them. */
export function clickList(link) {
    const body = h('div');
    const rows = [];
    let cursor = null;
    const more = h('button', { type: 'button', onclick: () => load() }, 'Show the clicks');

    async function load() {
        more.disabled = true;
        const query = new URLSearchParams({ limit: PAGE, ...(cursor ? { cursor } : {}) });
        try {
            const { data } = await get(`/links/${link.id}/clicks?${query}`);
            rows.push(...data.items.map(row));
            cursor = data.next;
            body.replaceChildren(table('Clicks', ['Time', 'Who', 'Source', 'Campaign', 'Referrer',
                'Address', 'Device', 'Language', 'Query', 'Node'], rows,
            cursor ? ['None on this page', 'There are more.']
                : ['No clicks yet', 'They are shown here once a node has passed them on.']));
            more.textContent = 'Show more clicks';
            more.hidden = !cursor;
        } catch (problem) {
            body.replaceChildren(trouble(problem, load));
        }
        more.disabled = false;
    }

    return h('section.card.report', h('h2', 'Clicks'),
        h('p.hint', 'In no order of time, as long as the project keeps them.'), body,
        h('footer', more));
}

function row(click) {
    return [
        full(click.at), KINDS[click.kind] ?? click.kind, click.utm.source || '—',
        click.utm.campaign || '—', click.referrer || '—', click.address || '—',
        `${click.device}, ${click.system}, ${click.browser}`, click.language || '—',
        h('code', click.query || '—'), click.node,
    ];
}
