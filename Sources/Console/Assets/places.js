// Places and people in messages of customers: a link to a map, a number to copy.

import { h } from './dom.js';
import { alertOf } from './notice.js';

const MAP = 'https://www.openstreetmap.org/';

/** The name of the place or the person in a message; empty: there is none. */
export function enclosureName({ location, contact }) {
    if (location) return location.title ?? '';
    return [contact?.firstName, contact?.lastName].filter(Boolean).join(' ');
}

/** The element for what a message consists of that is neither text nor file; null: nothing. */
export function enclosureOf({ location, contact }) {
    if (location) return placeOf(location);
    return contact ? personOf(contact) : null;
}

function placeOf({ latitude, longitude, title, address, live }) {
    const at = `${latitude.toFixed(5)}, ${longitude.toFixed(5)}`;
    const [lat, lon] = [latitude, longitude].map((each) => encodeURIComponent(each));
    return h('div.enclosure',
        title && h('p.name', { dir: 'auto' }, title),
        address && h('p', { dir: 'auto' }, address),
        h('p', h('span.figures', at), live ? ', follows the sender ' : ' ', h('a', {
            href: `${MAP}?mlat=${lat}&mlon=${lon}#map=16/${lat}/${lon}`,
            target: '_blank', rel: 'noopener noreferrer',
        }, 'Show on a map')));
}

function personOf(contact) {
    const { phoneNumber } = contact;
    const name = enclosureName({ contact });
    const copy = h('button.quiet', {
        type: 'button', onclick: async () => {
            try {
                await navigator.clipboard.writeText(phoneNumber);
                copy.textContent = 'Copied';
            } catch (problem) {
                alertOf(problem, 'Not copied: select the number and copy it');
            }
        },
    }, 'Copy');
    return h('div.enclosure',
        name && h('p.name', { dir: 'auto' }, name),
        phoneNumber && h('p', h('span.figures', phoneNumber), ' ', copy));
}
