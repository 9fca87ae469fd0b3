// What query parameters of a click decide: the project, a pool of it, and the language.

import { select } from './dialog.js';
import { h, icon } from './dom.js';
import { keeping } from './linkform.js';

/** The rules in their order: { node, value() }. `poolsOf` gives a project's pools as choices. */
export function rulesField(link, projects, poolsOf) {
    const names = projects.map((each) => [each.id, each.name]);
    const list = h('ol.linkrules');
    const append = (rule) => list.append(row(rule, names, poolsOf));
    for (const rule of link.rules ?? []) append(rule);
    const add = h('button', {
        type: 'button',
        onclick: () => {
            append({ name: 'lang', value: '', project: link.project });
            list.lastElementChild.querySelector('input').focus();
        },
    }, icon('plus'), 'Add a rule');
    return {
        node: h('div.wide', h('p.hint', 'A click with this query parameter leads to that '
            + 'project’s bot, its pool and its language; the first that fits decides. What it '
            + 'says at the click holds.'), list, add),
        value: () => [...list.children].map(valueOf),
    };
}

function row(rule, names, poolsOf) {
    const pool = select([['', 'None']], '', { name: 'pool', 'aria-label': 'Pool' });
    const project = select(
        names.some(([id]) => id === rule.project) ? names
            : [...names, [rule.project, `project ${rule.project}`]],
        rule.project, { name: 'project', 'aria-label': 'Project', onchange: () => fill('') });
    async function fill(chosen) {
        const wanted = project.value;
        // A project that one does not manage shows no pools; what is chosen stays.
        const found = await poolsOf(wanted).catch(() => [['', 'None']]);
        if (project.value !== wanted) return;
        pool.replaceChildren(...keeping(found, chosen).map(([value, name]) =>
            h('option', { value }, name)));
        pool.value = chosen;
    }
    if (rule.pool) pool.append(h('option', { value: rule.pool }, `pool ${rule.pool}`));
    pool.value = rule.pool ?? '';
    fill(rule.pool ?? '');
    const node = h('li',
        h('input', {
            name: 'name', value: rule.name, required: true, maxlength: 100,
            'aria-label': 'Parameter', placeholder: 'lang', spellcheck: 'false',
        }),
        h('input', {
            name: 'value', value: rule.value, maxlength: 100, 'aria-label': 'Value',
            placeholder: 'zh', spellcheck: 'false',
        }),
        project, pool,
        h('input', {
            name: 'language', value: rule.language ?? '', maxlength: 35, size: 8,
            'aria-label': 'Language', placeholder: 'Language', spellcheck: 'false',
        }),
        h('button.bare', {
            type: 'button', 'aria-label': 'Remove the rule', onclick: () => node.remove(),
        }, icon('close')));
    return node;
}

function valueOf(node) {
    const of = (name) => node.querySelector(`[name="${name}"]`).value.trim();
    const rule = { name: of('name'), value: of('value'), project: of('project') };
    if (of('pool')) rule.pool = of('pool');
    if (of('language')) rule.language = of('language');
    return rule;
}
