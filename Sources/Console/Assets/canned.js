// Canned replies: a choice that ends up in the answer's box, filled in and still to be edited.

import { get } from './api.js';
import { dialog } from './dialog.js';
import { h } from './dom.js';
import { alertOf } from './notice.js';

/** Shows the canned replies of a session's project; `take` gets the text of the chosen one. */
export async function chooseCanned(id, take) {
    let items;
    try {
        items = (await get(`/sessions/${id}/canned`)).data.items;
    } catch (problem) {
        alertOf(problem, 'The canned replies were not loaded');
        return;
    }
    const node = dialog('Canned replies', items.length
        ? h('ul.canned', items.map((each) => h('li', h('button', {
            type: 'button',
            onclick: () => {
                node.close();
                take(each.text);
            },
        }, h('strong', each.name), h('span', { dir: 'auto' }, each.text)))))
        : h('p', 'This project has none yet. A manager writes them in the project\'s settings.'));
}
