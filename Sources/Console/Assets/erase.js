// Erasing what is kept of a customer, for managers.

import { call } from './api.js';
import { formDialog } from './dialog.js';
import { h } from './dom.js';
import { tell } from './notice.js';
import { isErased, isWritable, may } from './store.js';

/** The button that begins it; nothing for others and for who is erased already. */
export function eraseButton(session) {
    if (isErased(session) || !may(session.project, 'manage')) return null;
    return h('button', { type: 'button', onclick: () => ask(session) }, 'Erase customer');
}

function ask(session) {
    if (!isWritable()) return;
    const { id, name } = session.customer;
    formDialog(`Erase ${name}`, [
        h('p', 'Name, messages, files, notes, remarks and tags of all their sessions with this '
            + 'project go, on every node, and cannot be had again. An open session is completed.'),
        h('p.hint', 'Times, owners and decisions stay, without anything of the customer. What '
            + 'they write from then on comes from somebody new. Messages in Telegram stay there.'),
    ], {
        verb: 'Erase',
        isDanger: true,
        submit: async () => {
            await call('DELETE', `/projects/${session.project}/customers/${id}`);
            tell('The customer is being erased', {
                detail: 'The rows are done in a moment; files follow at each node by itself.',
            });
        },
    });
}
