// The agent's desk: the list at the left, the conversation, and why it is where it is.

import { openConversation } from './conversation.js';
import { h } from './dom.js';
import { pressed } from './keys.js';
import { openList } from './list.js';
import { loadTalk } from './load.js';
import { openPanel } from './panel.js';
import { state, watch } from './store.js';
import { choice, choose } from './theme.js';

/** Builds the desk inside `main`; gives { routed, close }. */
export function openDesk(main) {
    const list = openList();
    const panel = openPanel();
    const talk = openConversation({ togglePanel });
    const root = h('div.desk', list.node, talk.node, panel.node);
    root.dataset.panel = choice('panel');
    main.replaceChildren(root);

    function togglePanel() {
        const isNarrow = matchMedia('(max-width: 1120px)').matches;
        if (isNarrow) {
            root.dataset.drawer = root.dataset.drawer === 'yes' ? 'no' : 'yes';
            if (root.dataset.drawer === 'yes') panel.node.focus();
        } else {
            root.dataset.panel = root.dataset.panel === 'yes' ? 'no' : 'yes';
            choose('panel', root.dataset.panel);
        }
    }
    panel.onClose(() => { root.dataset.drawer = 'no'; });

    function routed() {
        const { id } = state.route;
        root.dataset.open = id ? 'yes' : 'no';
        root.dataset.drawer = 'no';
        list.routed();
        talk.routed();
        if (id) loadTalk(id);
    }

    const keys = (event) => pressed(event, { list, talk, togglePanel });
    document.addEventListener('keydown', keys);
    const unwatch = watch(() => { list.draw(); talk.draw(); panel.draw(); });
    routed();
    return {
        routed,
        close() {
            document.removeEventListener('keydown', keys);
            unwatch();
        },
    };
}
