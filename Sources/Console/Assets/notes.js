// What is written about a session: tags, remarks for the team, notes for oneself.

import { post } from './api.js';
import { h, icon } from './dom.js';
import { alertOf } from './notice.js';
import { absorbSession, isWritable, may, project, talk } from './store.js';

/** The card's row in the panel; it is kept while one types. */
export function aboutRow(each) {
    const tags = each.tags ?? [];
    return {
        key: 'about', each, part: aboutPart,
        stamp: JSON.stringify([each.id, tags, project(each.project).tags, isWritable()]),
    };
}

function aboutPart({ each }) {
    return h('section.card', h('h2', 'Tags and notes'), tagList(each), writing(each));
}

function tagList(each) {
    const set = each.tags ?? [];
    const mayTag = may(each.project, 'reply', 'manage');
    const known = project(each.project).tags ?? [];
    const others = mayTag ? known.filter((tag) => !set.includes(tag)) : [];
    if (!set.length && !others.length) return null;
    const toggle = (tag, isSet) => h(isSet ? 'button.tag.set' : 'button.tag', {
        type: 'button', 'aria-pressed': String(isSet), disabled: !mayTag || !isWritable(),
        onclick: async (click) => {
            click.currentTarget.disabled = true;
            try {
                const change = isSet ? { remove: [tag] } : { add: [tag] };
                const { data, index } = await post(`/sessions/${each.id}/tags`, change);
                if (data) absorbSession(data, index);
            } catch (problem) {
                alertOf(problem, 'Not tagged');
            }
        },
    }, isSet && icon('check'), tag);
    return h('div.tagset', { role: 'group', 'aria-label': 'Tags' },
        set.map((tag) => toggle(tag, true)), others.map((tag) => toggle(tag, false)));
}

function writing(each) {
    const one = talk(each.id);
    const text = h('textarea', {
        rows: 2, maxlength: 1000, dir: 'auto', 'aria-label': 'About this session',
        placeholder: 'The customer sees nothing of this',
        oninput: () => { one.about = text.value; },
    });
    text.value = one.about ?? '';
    const write = (kind) => async (click) => {
        const words = text.value.trim();
        if (!words) {
            text.focus();
            return;
        }
        const button = click.currentTarget;
        button.disabled = true;
        try {
            await post(`/sessions/${each.id}/${kind}`, { text: words });
            text.value = '';
            one.about = '';
        } catch (problem) {
            alertOf(problem, 'Not written');
        } finally {
            button.disabled = !isWritable();
        }
    };
    const isOff = !isWritable();
    return h('div.about', text, h('footer',
        h('button', {
            type: 'button', disabled: isOff, onclick: write('notes'),
            title: 'Nobody else can ever read it; others see that there is a note',
        }, 'Note for me'),
        h('button', {
            type: 'button', disabled: isOff, onclick: write('remarks'),
            title: 'All who see the session can read it',
        }, 'Remark for the team')));
}
