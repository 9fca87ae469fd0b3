// Formatting. What was written is a text and entities that say how stretches of it look, counted in
// UTF-16 units, which are what strings here have. Agents write it as a small markup:
//
//     **bold**  _italic_  ~~crossed out~~  ||hidden||  `code`  [words](https address)
//     ```language        > nothing else is markup; a backslash before a mark takes its meaning
//     lines of code
//     ```

import { h } from './dom.js';

/** The most entities of one message. */
const LIMIT = 100;
const MARKS = '\\*_~|`[';
const BLOCKS = ['pre', 'blockquote'];
const ADDRESS = /^https?:\/\//i;

const RULES = [
    { type: 'pre', form: /```(?:([\w+#-]{1,20})\n)?([\s\S]+?)```/y, isPlain: true },
    { type: 'code', form: /`()([^`\n]+)`/y, isPlain: true },
    { type: 'bold', form: /\*\*()(?=\S)([\s\S]*?\S)\*\*/y },
    { type: 'strikethrough', form: /~~()(?=\S)([\s\S]*?\S)~~/y },
    { type: 'spoiler', form: /\|\|()(?=\S)([\s\S]*?\S)\|\|/y },
    { type: 'italic', form: /(?<![\p{L}\p{N}_])_()(?=[^\s_])([\s\S]*?[^\s_])_(?![\p{L}\p{N}_])/uy },
];
const LINK = /\[([^[\]\n]+)\]\((https?:\/\/[^\s()]+)\)/iy;

/** What a written text says: { text, entities }. */
export function read(source) {
    const found = { text: '', entities: [] };
    walk(source, found);
    found.entities = found.entities.filter((each) => each.length > 0).slice(0, LIMIT);
    return found;
}

function walk(source, found) {
    let at = 0;
    while (at < source.length) {
        if (source[at] === '\\' && at + 1 < source.length && MARKS.includes(source[at + 1])) {
            found.text += source[at + 1];
            at += 2;
            continue;
        }
        const mark = markAt(source, at);
        if (!mark) {
            found.text += source[at];
            at += 1;
            continue;
        }
        const entity = { ...mark.entity, offset: found.text.length, length: 0 };
        found.entities.push(entity);
        if (mark.isPlain) found.text += mark.inner;
        else walk(mark.inner, found);
        entity.length = found.text.length - entity.offset;
        at += mark.size;
    }
}

function markAt(source, at) {
    if (!MARKS.includes(source[at])) return null;
    LINK.lastIndex = at;
    const link = LINK.exec(source);
    if (link) {
        return {
            entity: { type: 'text_link', url: link[2] }, inner: link[1], size: link[0].length,
        };
    }
    for (const { type, form, isPlain } of RULES) {
        form.lastIndex = at;
        const match = form.exec(source);
        if (!match) continue;
        const entity = match[1] ? { type, language: match[1] } : { type };
        return { entity, inner: match[2], size: match[0].length, isPlain };
    }
    return null;
}

const SIGNS = { bold: '**', italic: '_', strikethrough: '~~', spoiler: '||', code: '`' };

/** The markup of a text, to be changed; what the markup can't say is left out. */
export function written(text, entities = []) {
    const asItIs = read(text);
    if (!entities.length && !asItIs.entities.length && asItIs.text === text) return text;
    return tree(text, entities).map(source).join('');
}

function source(part) {
    if (typeof part === 'string') return part.replace(/[\\*_~|`[]/g, '\\$&');
    const { entity, parts } = part;
    if (entity.type === 'code' || entity.type === 'pre') {
        const inner = parts.map(plain).join('');
        return entity.type === 'code' ? `\`${inner}\``
            : `\`\`\`${entity.language ? `${entity.language}\n` : ''}${inner}\`\`\``;
    }
    const inner = parts.map(source).join('');
    if (entity.type === 'text_link') return `[${inner}](${entity.url})`;
    const sign = SIGNS[entity.type] ?? '';
    return `${sign}${inner}${sign}`;
}

const plain = (part) => (typeof part === 'string' ? part : part.parts.map(plain).join(''));

/** The nodes that show a text as its entities say. */
export function formatted(text, entities = []) {
    return all(tree(text, entities));
}

/** The break after a block ends its line, which is at its end anyhow. */
function all(parts) {
    return parts.map((part, at) => {
        const isAfterBlock = BLOCKS.includes(parts[at - 1]?.entity?.type);
        return isAfterBlock && typeof part === 'string' ? part.replace(/^\n/, '') : shown(part);
    });
}

function shown(part) {
    if (typeof part === 'string') return part;
    const { entity, parts } = part;
    const inner = all(parts);
    switch (entity.type) {
    case 'bold': return h('strong', inner);
    case 'italic': return h('em', inner);
    case 'underline': return h('u', inner);
    case 'strikethrough': return h('s', inner);
    case 'spoiler': return spoiler(inner);
    case 'code': return h('code', inner);
    case 'pre': return h('pre', h('code', inner));
    case 'blockquote': return h('blockquote', inner);
    case 'text_link': return link(entity.url, inner);
    case 'url': return link(completed(plain(part)), inner);
    default: return h('span', inner);
    }
}

function spoiler(inner) {
    const node = h('button.spoiler', {
        type: 'button', 'aria-label': 'Hidden words: show them',
        onclick: () => node.replaceWith(h('span', inner)),
    }, inner);
    return node;
}

const completed = (words) => (ADDRESS.test(words) ? words : `https://${words}`);

/** Other addresses than those of the web lead nowhere. */
function link(address, inner) {
    if (!ADDRESS.test(address ?? '')) return h('span', inner);
    return h('a', {
        href: address, target: '_blank', rel: 'noopener noreferrer', title: address,
    }, inner);
}

/** Texts, and { entity, parts } in them; entities that overlap are cut where the first one ends. */
function tree(text, entities) {
    const known = entities
        .filter((each) => each.length > 0 && each.offset + each.length <= text.length)
        .sort((a, b) => a.offset - b.offset || b.length - a.length);
    return branch(text, known, 0, text.length);
}

function branch(text, entities, from, to) {
    const parts = [];
    let at = from;
    let rest = entities;
    while (rest.length) {
        const [entity, ...others] = rest;
        const end = entity.offset + entity.length;
        if (entity.offset > at) parts.push(text.slice(at, entity.offset));
        const inside = others.filter((each) => each.offset < end)
            .map((each) => ({ ...each, length: Math.min(each.length, end - each.offset) }));
        parts.push({ entity, parts: branch(text, inside, entity.offset, end) });
        rest = others.filter((each) => each.offset + each.length > end).map((each) => {
            const offset = Math.max(each.offset, end);
            return { ...each, offset, length: each.offset + each.length - offset };
        }).sort((a, b) => a.offset - b.offset || b.length - a.length);
        at = end;
    }
    if (at < to) parts.push(text.slice(at, to));
    return parts;
}
