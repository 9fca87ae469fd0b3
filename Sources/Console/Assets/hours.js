// When a project is open: a zone, and spans of the week.

import { field, select } from './dialog.js';
import { h, icon } from './dom.js';

const DAYS = [['mon', 'Monday'], ['tue', 'Tuesday'], ['wed', 'Wednesday'], ['thu', 'Thursday'],
    ['fri', 'Friday'], ['sat', 'Saturday'], ['sun', 'Sunday']];
const OUTSIDE = [['route', 'Give sessions all the same'], ['hold', 'Hold them until it opens']];

/** The controls, filled in: { node, value() }; a value without a zone is "always open". */
export function hoursField(hours) {
    const zones = h('datalist', { id: 'zones' },
        (Intl.supportedValuesOf?.('timeZone') ?? []).map((value) => h('option', { value })));
    const zone = h('input', {
        value: hours?.zone ?? '', list: 'zones', spellcheck: 'false', autocapitalize: 'none',
        placeholder: 'Always open',
    });
    const outside = select(OUTSIDE, hours?.outside ?? 'route');
    const spans = h('ul.spans');
    for (const each of hours?.week ?? []) spans.append(row(each));
    const add = h('button', {
        type: 'button',
        onclick: () => {
            const next = row({ day: nextDay(spans), from: '09:00', to: '17:00' });
            spans.append(next);
            next.querySelector('select').focus();
        },
    }, icon('plus'), 'Add a span');
    return {
        node: h('div.hours',
            field('Time zone', zone, 'For example Europe/Vienna. Empty: always open.'),
            field('Outside the hours', outside), zones, spans, add),
        value: () => ({
            zone: zone.value.trim(), outside: outside.value,
            week: zone.value.trim() ? [...spans.children].map((each) => {
                const [from, to] = each.querySelectorAll('input');
                return { day: each.querySelector('select').value, from: from.value, to: to.value };
            }) : [],
        }),
    };
}

/** The day after the last one named. */
function nextDay(spans) {
    const last = spans.lastElementChild?.querySelector('select').value;
    const at = DAYS.findIndex(([day]) => day === last);
    return DAYS[(at + 1) % DAYS.length][0];
}

function row({ day, from, to }) {
    const node = h('li',
        select(DAYS, day, { 'aria-label': 'Day' }),
        time(from, 'Opens'), time(to, 'Closes'),
        h('button.bare', {
            type: 'button', 'aria-label': 'Remove the span', onclick: () => node.remove(),
        }, icon('close')));
    return node;
}

/** A browser's own field for times knows no 24:00, the end of the day. */
const time = (value, label) => h('input', {
    value, required: true, size: 5, inputmode: 'numeric', 'aria-label': label, placeholder: '17:30',
    pattern: '([01][0-9]|2[0-3]):[0-5][0-9]|24:00',
});
