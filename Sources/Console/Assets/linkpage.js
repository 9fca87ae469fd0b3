// One magic link: its settings, its address as a QR code, its report and its clicks.

import { pageHead } from './admin.js';
import { get } from './api.js';
import { h, icon } from './dom.js';
import { clickList } from './linkclicks.js';
import { linkForm } from './linkform.js';
import { reportCard } from './linkreport.js';
import { address, copy } from './links.js';

/** Shows a link. */
export async function openLink(page, id) {
    const link = (await get(`/links/${id}`)).data;
    const reload = () => openLink(page, id);
    page.replaceChildren(
        pageHead(link.name, address(link),
            h('a.button', { href: '#/admin/links' }, 'All links')),
        await linkForm(link, reload), symbol(link), reportCard(link), clickList(link));
    return null;
}

/** The address as a QR code, to be printed. */
function symbol(link) {
    const path = `/api/v1/links/${link.id}/qr.svg`;
    return h('section.card', h('h2', 'QR code'),
        h('div.qr', h('img', { src: path, alt: `QR code of ${address(link)}`, width: 148,
            height: 148 }),
        h('div', h('p', h('code', address(link))),
            h('p.actions',
                h('button', { type: 'button', onclick: () => copy(address(link)) }, icon('copy'),
                    'Copy the address'),
                h('a.button', { href: path, download: `${link.code}.svg` },
                    'Download as SVG')))));
}
